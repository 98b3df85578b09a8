import test from "node:test";
import assert from "node:assert/strict";
import { buildPlan } from "./build_plan.mjs";

/** "app: lib util = 5" -> app needs lib and util and takes 5. */
function parse(text) {
  return new Map(text.trim().split("\n").map((line) => {
    const [, name, needs, cost] = /^\s*(\S+?):(.*)=\s*(\d+)\s*$/.exec(line);
    return [name, { needs: needs.trim() ? needs.trim().split(/\s+/) : [], cost: Number(cost) }];
  }));
}

const SHOP = parse(`
  shop: web api = 2
  web: ui = 4
  api: db core = 3
  ui: core = 5
  db: = 6
  core: = 1
  docs: missing = 1
`);

test("plans what is wanted and needed, and nothing else", () => {
  const plan = buildPlan(SHOP, ["shop"]);
  assert.deepEqual(plan.order, ["core", "db", "api", "ui", "web", "shop"]);
  assert.deepEqual(plan.layers, [["core", "db"], ["api", "ui"], ["web"], ["shop"]]);
  assert.deepEqual(buildPlan(SHOP, ["ui", "ui", "core"]).order, ["core", "ui"]);
});

test("start times, length and the critical chain", () => {
  const plan = buildPlan(SHOP, ["shop"]);
  assert.deepEqual([...plan.start].sort(), [["api", 6], ["core", 0], ["db", 0], ["shop", 10], ["ui", 1], ["web", 6]]);
  assert.equal(plan.length, 12);
  assert.deepEqual(plan.critical, ["core", "ui", "web", "shop"]);
});

test("an empty plan is empty", () => {
  assert.deepEqual(buildPlan(SHOP, []), { order: [], layers: [], start: new Map(), length: 0, critical: [] });
});

test("the order takes the smallest name at each place, not layer by layer", () => {
  const targets = parse("z: = 1\na: b = 1\nb: c = 1\nc: = 1\nd: z = 1");
  assert.deepEqual(buildPlan(targets, ["d", "a", "z"]).order, ["c", "b", "a", "z", "d"]);
  const letters = parse("B: = 1\na: = 1\nb10: = 1\nb9: = 1");
  assert.deepEqual(buildPlan(letters, ["b9", "b10", "a", "B"]).order, ["B", "a", "b10", "b9"]);
});

test("repeated needs count once", () => {
  const plan = buildPlan(parse("a: b b b = 2\nb: = 3"), ["a"]);
  assert.deepEqual(plan.order, ["b", "a"]);
  assert.equal(plan.length, 5);
});

test("layers go by the longest way down", () => {
  const targets = parse("top: a deep = 1\ndeep: mid = 1\nmid: a = 1\na: = 1\nside: a = 1");
  assert.deepEqual(buildPlan(targets, ["top", "side"]).layers, [["a"], ["mid", "side"], ["deep"], ["top"]]);
});

test("equal chains: the smallest from the front", () => {
  const targets = parse("end: y2 x2 = 1\ny2: a = 2\nx2: b = 2\na: = 3\nb: = 3");
  assert.deepEqual(buildPlan(targets, ["end"]).critical, ["a", "y2", "end"]);
  const meet = parse("end: p q = 1\np: m = 2\nq: m = 2\nm: = 1");
  assert.deepEqual(buildPlan(meet, ["end"]).critical, ["m", "p", "end"]);
});

test("a chain needs direct needs and exact times", () => {
  // b ends when d starts, but d does not need b.
  const targets = parse("d: c = 4\nc: = 3\nb: = 3\na: b = 1");
  assert.deepEqual(buildPlan(targets, ["a", "d"]).critical, ["c", "d"]);
});

test("targets without cost: the shorter of two chains", () => {
  const targets = parse("z: y = 0\ny: x = 5\nx: w = 0\nw: = 0");
  assert.deepEqual(buildPlan(targets, ["z"]).critical, ["w", "x", "y"]);
  assert.equal(buildPlan(targets, ["z"]).length, 5);
  assert.deepEqual(buildPlan(parse("b: a = 0\na: = 0"), ["b"]).critical, ["a"]);
});

test("a chain begins with a target that needs nothing", () => {
  const targets = parse("b: a = 5\na: = 0\nc: = 5");
  assert.deepEqual(buildPlan(targets, ["b", "c"]).critical, ["a", "b"]);
  const other = parse("a: z = 5\nz: = 0\nc: = 5");
  assert.deepEqual(buildPlan(other, ["a", "c"]).critical, ["c"]);
});

test("unknown names", () => {
  assert.throws(() => buildPlan(SHOP, ["shop", "nix", "nada"]), { message: "unknown target nix" });
  assert.throws(() => buildPlan(SHOP, ["docs"]), { message: "docs needs unknown missing" });
  const targets = parse("a: b = 1\nb: y x = 1\nc: w = 1");
  assert.throws(() => buildPlan(targets, ["c", "a"]), { message: "b needs unknown x" });
  assert.throws(() => buildPlan(targets, ["c", "no"]), { message: "unknown target no" });
});

function circleOf(targets, wanted) {
  let message = "";
  assert.throws(() => buildPlan(targets, wanted), (error) => {
    message = error.message;
    return true;
  });
  assert.match(message, /^circle: /);
  const names = message.slice("circle: ".length).split(" -> ");
  const inner = names.slice(0, -1);
  assert.equal(names[0], names.at(-1));
  assert.equal(new Set(inner).size, inner.length);
  assert.equal(names[0], [...inner].sort()[0]);
  inner.forEach((name, at) => assert.ok(targets.get(name).needs.includes(names[at + 1]), message));
  return message;
}

test("circles are told from their smallest name", () => {
  assert.equal(circleOf(parse("m: z = 1\nz: b = 1\nb: m = 1\ntop: m = 1"), ["top"]), "circle: b -> m -> z -> b");
  assert.equal(circleOf(parse("a: a = 1"), ["a"]), "circle: a -> a");
});

test("any of several circles may be told, but a real one", () => {
  circleOf(parse("a: b leaf = 1\nb: c d = 1\nc: a = 1\nd: e = 1\ne: d b = 1\nleaf: = 1\nin: a leaf = 1"), ["in"]);
});

test("circles elsewhere do not matter, unknown names come first", () => {
  const targets = parse("ok: = 1\na: b = 1\nb: a = 1\nc: a nix = 1");
  assert.deepEqual(buildPlan(targets, ["ok"]).order, ["ok"]);
  assert.throws(() => buildPlan(targets, ["c"]), { message: "c needs unknown nix" });
});

test("names that every object has, and nothing given is changed", () => {
  const needs = Object.freeze(["constructor", "__proto__"]);
  const targets = new Map([
    ["toString", Object.freeze({ needs, cost: 1 })],
    ["constructor", Object.freeze({ needs: Object.freeze([]), cost: 2 })],
    ["__proto__", Object.freeze({ needs: Object.freeze([]), cost: 3 })],
  ]);
  const plan = buildPlan(targets, Object.freeze(["toString"]));
  assert.deepEqual(plan.order, ["__proto__", "constructor", "toString"]);
  assert.equal(plan.start.get("toString"), 3);
  assert.equal(targets.size, 3);
});

test("manages a long chain and a wide fan", { timeout: 20000 }, () => {
  const size = 20000;
  const name = (number) => `t${String(number).padStart(6, "0")}`;
  const chain = new Map();
  for (let at = 0; at < size; at += 1) chain.set(name(at), { needs: at ? [name(at - 1)] : [], cost: 1 });
  const plan = buildPlan(chain, [name(size - 1)]);
  assert.equal(plan.length, size);
  assert.equal(plan.layers.length, size);
  assert.equal(plan.critical.length, size);
  const fan = new Map();
  for (let at = 0; at < size; at += 1) fan.set(name(at), { needs: [], cost: 1 });
  fan.set("all", { needs: [...fan.keys()].reverse(), cost: 1 });
  assert.deepEqual(buildPlan(fan, ["all"]).critical, [name(0), "all"]);
  chain.set(name(0), { needs: [name(size - 1)], cost: 1 });
  assert.throws(() => buildPlan(chain, [name(7)]), /^Error: circle: t000000 -> t019999 -> /);
});
