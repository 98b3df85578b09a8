import test from "node:test";
import assert from "node:assert/strict";
import { splitAmount } from "./split.mjs";

test("splits evenly where it can", () => {
  assert.deepEqual(splitAmount(100, [1, 3]), [25, 75]);
  assert.deepEqual(splitAmount(7, [5]), [7]);
  assert.deepEqual(splitAmount(0, [1, 2]), [0, 0]);
});

test("equal fractions go to the earlier places", () => {
  assert.deepEqual(splitAmount(100, [1, 1, 1]), [34, 33, 33]);
  assert.deepEqual(splitAmount(101, [1, 1, 1]), [34, 34, 33]);
});

test("left-over cents go to the largest fractions", () => {
  assert.deepEqual(splitAmount(10, [60, 16, 24]), [6, 2, 2]); // 6, 1.6, 2.4
  assert.deepEqual(splitAmount(10, [62, 19, 19]), [6, 2, 2]); // 6.2, 1.9, 1.9
});

test("weights of 0 keep their place and get nothing", () => {
  assert.deepEqual(splitAmount(5, [0, 1, 0, 1]), [0, 3, 0, 2]);
});

test("weights may be fractions", () => assert.deepEqual(splitAmount(100, [0.5, 1.5]), [25, 75]));

test("negative totals give negated shares", () => {
  assert.deepEqual(splitAmount(-100, [1, 1, 1]), [-34, -33, -33]);
});

test("no share is a negative zero", () => {
  assert.deepEqual(splitAmount(-5, [0, 1]), [0, -5]);
});

test("weights stay as they are", () => {
  const weights = [1, 3, 2];
  assert.deepEqual(splitAmount(6, weights), [1, 3, 2]);
  assert.deepEqual(weights, [1, 3, 2]);
});

test("refuses other totals", () => {
  for (const total of [1.5, NaN, Infinity, "7"]) {
    assert.throws(() => splitAmount(total, [1]), { name: "TypeError", message: "total must be a whole number" });
  }
});

test("refuses other weights", () => {
  for (const weights of [[], [0], [0, 0], [3, -1], [NaN], [1, Infinity]]) {
    assert.throws(() => splitAmount(5, weights), { name: "RangeError", message: "weights must be 0 or more, and one above 0" });
  }
});

test("the total is checked first", () => assert.throws(() => splitAmount(0.5, []), TypeError));
