/** The order, layers, times and the critical chain of a build. */
export function buildPlan(targets, wanted) {
  const needs = neededBy(targets, wanted);
  const users = new Map([...needs.keys()].map((name) => [name, []]));
  for (const [name, all] of needs) for (const need of all) users.get(need).push(name);
  const order = smallestOrder(needs, users);
  if (order.length < needs.size) throw new Error(`circle: ${findCircle(needs, new Set(order)).join(" -> ")}`);

  const start = new Map(), layers = [], layerOf = new Map();
  let length = 0;
  const end = (name) => start.get(name) + targets.get(name).cost;
  for (const name of order) {
    let earliest = 0, layer = 0;
    for (const need of needs.get(name)) {
      earliest = Math.max(earliest, end(need));
      layer = Math.max(layer, layerOf.get(need) + 1);
    }
    start.set(name, earliest);
    layerOf.set(name, layer);
    (layers[layer] ??= []).push(name);
    length = Math.max(length, end(name));
  }
  for (const layer of layers) layer.sort(compare);
  const critical = criticalChain({ order, needs, users, start, end, length });
  return { order, layers, start, length, critical };
}

const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

/** The plan's names with the needs of each, without repetitions. */
function neededBy(targets, wanted) {
  const unknown = wanted.find((name) => !targets.has(name));
  if (unknown !== undefined) throw new Error(`unknown target ${unknown}`);
  const needs = new Map();
  const open = [...wanted];
  while (open.length) {
    const name = open.pop();
    if (needs.has(name) || !targets.has(name)) continue;
    needs.set(name, new Set(targets.get(name).needs));
    for (const need of needs.get(name)) open.push(need);
  }
  for (const name of [...needs.keys()].sort(compare)) {
    const missing = [...needs.get(name)].filter((need) => !targets.has(need)).sort(compare);
    if (missing.length) throw new Error(`${name} needs unknown ${missing[0]}`);
  }
  return needs;
}

function smallestOrder(needs, users) {
  const left = new Map([...needs].map(([name, all]) => [name, all.size]));
  const ready = new Heap();
  for (const [name, count] of left) if (count === 0) ready.push(name);
  const order = [];
  while (ready.size) {
    const name = ready.pop();
    order.push(name);
    for (const user of users.get(name)) {
      left.set(user, left.get(user) - 1);
      if (left.get(user) === 0) ready.push(user);
    }
  }
  return order;
}

/** Each target that is left needs another one that is left: walking on must come round. */
function findCircle(needs, done) {
  let name = [...needs.keys()].find((each) => !done.has(each));
  const path = [], place = new Map();
  while (!place.has(name)) {
    place.set(name, path.length);
    path.push(name);
    name = [...needs.get(name)].find((need) => !done.has(need));
  }
  const circle = path.slice(place.get(name));
  let least = 0;
  circle.forEach((each, at) => {
    if (each < circle[least]) least = at;
  });
  return [...circle.slice(least), ...circle.slice(0, least), circle[least]];
}

function criticalChain({ order, needs, users, start, end, length }) {
  if (order.length === 0) return [];
  const reaches = new Set(); // targets from which a chain leads to the end
  const follows = (name, user) => start.get(user) === end(name) && reaches.has(user);
  for (const name of [...order].reverse()) {
    if (end(name) === length || users.get(name).some((user) => follows(name, user))) reaches.add(name);
  }
  let name = smallest(order.filter((each) => needs.get(each).size === 0 && reaches.has(each)));
  const chain = [name];
  while (end(name) !== length) {
    name = smallest(users.get(name).filter((user) => follows(name, user)));
    chain.push(name);
  }
  return chain;
}

const smallest = (names) => names.reduce((least, name) => (name < least ? name : least));

class Heap {
  #items = [];

  get size() {
    return this.#items.length;
  }

  push(item) {
    const items = this.#items;
    let at = items.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (items[parent] <= item) break;
      items[at] = items[parent];
      at = parent;
    }
    items[at] = item;
  }

  pop() {
    const items = this.#items, top = items[0], item = items.pop();
    if (items.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && items[child + 1] < items[child]) child += 1;
      if (items[child] >= item) break;
      items[at] = items[child];
      at = child;
    }
    items[at] = item;
    return top;
  }
}
