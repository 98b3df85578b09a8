import test from "node:test";
import assert from "node:assert/strict";
import { ZONES, createQuoter, quote } from "./quote.mjs";

const zone = (changes = {}) => ({
  maxGrams: null, steps: [[100, 200], [1000, 500]], perStarted: null, freeFrom: null, freeIncludesExpress: false,
  express: null, insurance: [10, 0], rounding: "nearest", ...changes,
});
const one = (changes) => createQuoter({ moon: zone(changes) });
const base = (name, grams) => quote({ zone: name, grams }).base;
const refuses = (order, message) => assert.throws(() => quote(order), { name: "RangeError", message });

test("base prices are as before at every step", () => {
  assert.deepEqual([1, 500, 501, 2000, 2001, 5000, 5001, 31500].map((grams) => base("domestic", grams)),
    [390, 390, 549, 549, 749, 749, 1049, 1049]);
  assert.deepEqual([1000, 1001, 5000, 5001, 6000, 6001, 20000].map((grams) => base("union", grams)),
    [890, 1390, 1390, 1510, 1510, 1630, 3190]);
});

test("the world's first step is as before, fractions of a gram included", () => {
  assert.deepEqual([249, 250, 2000, 2000.5, 2500, 2501, 50000].map((grams) => base("world", grams)),
    [1490, 2490, 2490, 2945, 2945, 3400, 2490 + 96 * 455]);
  assert.equal(base("world", 249.5), 1490);
  assert.equal(base("world", 249.99), 1490);
});

test("weights are checked first, then zones, then limits", () => {
  for (const order of [null, undefined, {}, { zone: "mars", grams: 0 }, { zone: "union", grams: "5" }, { zone: "union", grams: NaN }]) {
    refuses(order, "weight must be above 0");
  }
  refuses({ zone: "mars", grams: 5 }, "no such zone: mars");
  refuses({ grams: 5 }, "no such zone: undefined");
  refuses({ zone: "domestic", grams: 31501, express: true }, "too heavy for domestic");
  refuses({ zone: "union", grams: 20000.1 }, "too heavy for union");
  refuses({ zone: "world", grams: 5, express: true }, "no express to world");
});

test("names that every object has are no zones", () => {
  refuses({ zone: "constructor", grams: 5 }, "no such zone: constructor");
  refuses({ zone: "toString", grams: 5 }, "no such zone: toString");
});

test("domestic express is rounded up and free with the goods", () => {
  assert.deepEqual(quote({ zone: "domestic", grams: 2000, express: true }),
    { zone: "domestic", base: 549, express: 412, insurance: 0, total: 961 });
  assert.deepEqual(quote({ zone: "domestic", grams: 2000, express: true, worth: 5000 }),
    { zone: "domestic", base: 0, express: 0, insurance: 0, total: 0 });
  assert.equal(quote({ zone: "domestic", grams: 2000, worth: 4999 }).base, 549);
});

test("union express is rounded to the nearest and paid with free goods, too", () => {
  assert.equal(quote({ zone: "union", grams: 5000, express: true }).express, 702);
  assert.equal(quote({ zone: "union", grams: 900, express: true }).express, 449);
  assert.deepEqual(quote({ zone: "union", grams: 5000, express: true, worth: 15000 }),
    { zone: "union", base: 0, express: 702, insurance: 0, total: 702 });
});

test("insurance has each zone's share, least price and rounding", () => {
  const insurance = (name, worth) => quote({ zone: name, grams: 100, insured: true, worth }).insurance;
  assert.deepEqual([0, 20000, 20001, 20200].map((worth) => insurance("domestic", worth)), [100, 100, 101, 101]);
  assert.deepEqual([0, 20000, 20200, 20198].map((worth) => insurance("union", worth)), [150, 150, 152, 151]);
  assert.deepEqual([0, 80, 99999].map((worth) => insurance("world", worth)), [0, 0, 1199]);
  assert.equal(insurance("world", undefined), 0);
  assert.equal(insurance("domestic", null), 100);
});

test("goods are never free of charge to the world", () => {
  assert.deepEqual(quote({ zone: "world", grams: 100, worth: 1e9, insured: true }),
    { zone: "world", base: 1490, express: 0, insurance: 12000000, total: 12001490 });
});

test("orders stay as they are, and results have the same five properties", () => {
  const order = Object.freeze({ zone: "union", grams: 10, express: true, insured: true });
  assert.deepEqual(Object.keys(quote(order)).sort(), ["base", "express", "insurance", "total", "zone"]);
});

test("the table describes today's zones and is frozen to the ground", () => {
  assert.deepEqual(Object.keys(ZONES).sort(), ["domestic", "union", "world"]);
  const frozen = (value) => typeof value !== "object" || value === null
    || (Object.isFrozen(value) && Object.values(value).every(frozen));
  assert.ok(frozen(ZONES));
  assert.equal(ZONES.union.rounding, "nearest");
  assert.deepEqual(ZONES.domestic.steps.map(([, cents]) => cents), [390, 549, 749, 1049]);
  assert.equal(ZONES.world.express, null);
  assert.equal(createQuoter(ZONES)({ zone: "union", grams: 5001 }).total, 1510);
});

test("a quoter knows the zones of its table only", () => {
  const other = one({});
  assert.deepEqual(other({ zone: "moon", grams: 100 }), { zone: "moon", base: 200, express: 0, insurance: 0, total: 200 });
  assert.throws(() => other({ zone: "union", grams: 100 }), { name: "RangeError", message: "no such zone: union" });
  assert.throws(() => other({ zone: "moon", grams: -1 }), { message: "weight must be above 0" });
});

test("limits and missing express name the zone", () => {
  assert.throws(() => one({ maxGrams: 900 })({ zone: "moon", grams: 901 }), { name: "RangeError", message: "too heavy for moon" });
  assert.throws(() => one({})({ zone: "moon", grams: 1, express: true }), { name: "RangeError", message: "no express to moon" });
});

test("parcels above the last step cost its price, or more for each started unit", () => {
  assert.equal(one({})({ zone: "moon", grams: 90000 }).base, 500);
  const quoteMoon = one({ perStarted: [300, 7] });
  assert.deepEqual([1000, 1001, 1300, 1301].map((grams) => quoteMoon({ zone: "moon", grams }).base), [500, 507, 507, 514]);
});

test("rounding is the zone's own for express and insurance", () => {
  const prices = (rounding, percent, permille, worth) => {
    const { express, insurance } = one({ rounding, express: percent, insurance: [permille, 3] })({
      zone: "moon", grams: 100, express: true, insured: true, worth });
    return [express, insurance];
  };
  assert.deepEqual(prices("up", 10.25, 10, 410), [21, 5]);
  assert.deepEqual(prices("down", 10.75, 10, 490), [21, 4]);
  assert.deepEqual(prices("nearest", 10.25, 10, 449), [21, 4]);
  assert.deepEqual(prices("nearest", 10, 10, 450), [20, 5]);
});

test("free goods take the express surcharge with them only where the zone says so", () => {
  const order = { zone: "moon", grams: 100, express: true, worth: 1000 };
  const rules = { freeFrom: 1000, express: 50 };
  assert.equal(one({ ...rules, freeIncludesExpress: true })(order).total, 0);
  assert.equal(one({ ...rules, freeIncludesExpress: false })(order).total, 100);
  assert.equal(one({ ...rules, freeFrom: 0 })({ zone: "moon", grams: 100 }).total, 0);
});

test("a quoter keeps its own copy of the table", () => {
  const table = { moon: zone() };
  const quoteMoon = createQuoter(table);
  table.moon.steps[0][1] = 1;
  table.moon.maxGrams = 1;
  table.mars = zone();
  assert.equal(quoteMoon({ zone: "moon", grams: 100 }).base, 200);
  assert.throws(() => quoteMoon({ zone: "mars", grams: 100 }), { message: "no such zone: mars" });
  assert.ok(!Object.isFrozen(table.moon));
});

test("a zone that lacks a property is refused", () => {
  for (const name of ["maxGrams", "steps", "perStarted", "freeFrom", "freeIncludesExpress", "express", "insurance", "rounding"]) {
    const { [name]: _, ...rest } = zone();
    assert.throws(() => createQuoter({ sun: zone(), moon: rest }), { name: "TypeError", message: `zone moon lacks ${name}` });
  }
  assert.throws(() => createQuoter({ moon: { express: null } }), { message: "zone moon lacks maxGrams" });
});
