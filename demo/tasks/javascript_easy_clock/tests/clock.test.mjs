import assert from "node:assert/strict";
import test from "node:test";

import { clock, minutes } from "./clock.mjs";

test("one digit", () => {
  assert.equal(clock(125), "2:05");
});

test("two digits", () => {
  assert.equal(clock(179), "2:59");
});

test("whole hour", () => {
  assert.equal(clock(600), "10:00");
});

test("midnight", () => {
  assert.equal(clock(0), "0:00");
});

test("negative", () => {
  assert.throws(() => clock(-1), RangeError);
});

test("minutes", () => {
  assert.equal(minutes("2:05"), 125);
});

test("minutes of midnight", () => {
  assert.equal(minutes("0:00"), 0);
});

test("there and back", () => {
  for (let each = 0; each < 1440; each += 1) assert.equal(minutes(clock(each)), each);
});
