import assert from "node:assert/strict";
import test from "node:test";

import { clamp, total } from "./clamp.mjs";

test("below", () => {
  assert.equal(clamp(1, 2, 5), 2);
});

test("above", () => {
  assert.equal(clamp(9, 2, 5), 5);
});

test("within", () => {
  assert.equal(clamp(3, 2, 5), 3);
});

test("at_bounds", () => {
  assert.equal(clamp(5, 5, 5), 5);
});

test("negative", () => {
  assert.equal(clamp(-9, -5, -2), -5);
});

test("bounds the wrong way round", () => {
  assert.throws(() => clamp(1, 3, 2), RangeError);
});

test("total", async () => {
  assert.equal(total([1, 2, 3]), 6);
});

test("total of nothing", () => {
  assert.equal(total([]), 0);
});
