/** Works with numbers in the place of names: number n is the n-th name in sorted order. */
export function buildPlan(targets, wanted) {
  for (const name of wanted) if (!targets.has(name)) throw new Error("unknown target " + name);
  const reached = new Set(wanted);
  for (const name of reached) for (const need of targets.get(name)?.needs ?? []) reached.add(need);
  const names = [...reached].filter((name) => targets.has(name)).sort((a, b) => (a < b ? -1 : 1));
  const number = new Map(names.map((name, at) => [name, at]));
  const nodes = names.map((name) => {
    const needs = [...new Set(targets.get(name).needs)];
    const lost = needs.filter((need) => !number.has(need)).sort((a, b) => (a < b ? -1 : 1));
    if (lost.length > 0) throw new Error(`${name} needs unknown ${lost[0]}`);
    return { name, needs: needs.map((need) => number.get(need)), users: [], cost: targets.get(name).cost, start: 0, layer: 0, tail: false };
  });
  nodes.forEach((node, at) => node.needs.forEach((need) => nodes[need].users.push(at)));

  const order = topological(nodes);
  let length = 0;
  const layers = [];
  for (const at of order) {
    const node = nodes[at];
    for (const need of node.needs) {
      node.start = Math.max(node.start, nodes[need].start + nodes[need].cost);
      node.layer = Math.max(node.layer, nodes[need].layer + 1);
    }
    length = Math.max(length, node.start + node.cost);
  }
  for (const node of nodes) (layers[node.layer] ??= []).push(node.name);

  const next = (node) => node.users.filter((user) => nodes[user].tail && nodes[user].start === node.start + node.cost);
  for (const at of order.toReversed()) {
    const node = nodes[at];
    node.tail = node.start + node.cost === length || next(node).length > 0;
  }
  const critical = [];
  let node = nodes.find((each) => each.needs.length === 0 && each.tail);
  while (node) {
    critical.push(node.name);
    if (node.start + node.cost === length) break;
    node = nodes[next(node).reduce((a, b) => Math.min(a, b))];
  }
  return {
    order: order.map((at) => names[at]),
    layers,
    start: new Map(nodes.map((each) => [each.name, each.start])),
    length,
    critical,
  };
}

/** The smallest order, with a tree of minima over all numbers for what is ready. */
function topological(nodes) {
  let width = 1;
  while (width < nodes.length) width *= 2;
  const least = new Array(2 * width).fill(Infinity);
  const set = (at, value) => {
    let spot = at + width;
    least[spot] = value;
    for (spot >>= 1; spot >= 1; spot >>= 1) least[spot] = Math.min(least[2 * spot], least[2 * spot + 1]);
  };
  const open = nodes.map((node) => node.needs.length);
  open.forEach((count, at) => count === 0 && set(at, at));
  const order = [];
  while (nodes.length && least[1] !== Infinity) {
    const at = least[1];
    set(at, Infinity);
    order.push(at);
    for (const user of nodes[at].users) if (--open[user] === 0) set(user, user);
  }
  if (order.length < nodes.length) {
    let at = open.findIndex((count) => count > 0);
    const seen = new Map();
    while (!seen.has(at)) {
      seen.set(at, seen.size);
      at = nodes[at].needs.find((need) => open[need] > 0);
    }
    const round = [...seen.keys()].slice(seen.get(at));
    const first = round.indexOf(round.reduce((a, b) => Math.min(a, b)));
    const turned = [...round.slice(first), ...round.slice(0, first + 1)];
    throw new Error("circle: " + turned.map((each) => nodes[each].name).join(" -> "));
  }
  return order;
}
