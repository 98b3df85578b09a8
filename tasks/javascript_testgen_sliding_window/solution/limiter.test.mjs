import test from "node:test";
import assert from "node:assert/strict";
import { createLimiter } from "./limiter.mjs";

function setup(limit = 3, windowMs = 100) {
  const clock = { time: 1000 };
  return { clock, limiter: createLimiter({ limit, windowMs, now: () => clock.time }) };
}
const granted = (remaining) => ({ ok: true, remaining, retryAfter: 0 });
const refused = (remaining, retryAfter) => ({ ok: false, remaining, retryAfter });

test("grants up to the limit", () => {
  const { limiter } = setup();
  for (const left of [2, 1, 0]) assert.deepEqual(limiter.take("a"), granted(left));
  assert.deepEqual(limiter.take("a"), refused(0, 100));
});

test("units are free again exactly after the window, each for itself", () => {
  const { clock, limiter } = setup(2);
  limiter.take("a");
  clock.time = 1060;
  limiter.take("a");
  clock.time = 1099;
  assert.deepEqual(limiter.take("a"), refused(0, 1));
  clock.time = 1100;
  assert.deepEqual(limiter.take("a"), granted(0));
  clock.time = 1159;
  assert.deepEqual(limiter.take("a"), refused(0, 1));
  clock.time = 1160;
  assert.deepEqual(limiter.take("a"), granted(0));
});

test("costs count as they are, and refusals do not count", () => {
  const { clock, limiter } = setup(5);
  assert.deepEqual(limiter.take("a", 2), granted(3));
  clock.time = 1030;
  assert.deepEqual(limiter.take("a", 2), granted(1));
  clock.time = 1040;
  assert.deepEqual(limiter.take("a", 3), refused(1, 60));
  assert.deepEqual(limiter.take("a", 5), refused(1, 90));
  assert.deepEqual(limiter.take("a", 1), granted(0));
});

test("keys are apart", () => {
  const { limiter } = setup(1);
  for (const key of ["a", "b", "__proto__", ""]) assert.deepEqual(limiter.take(key), granted(0));
  assert.equal(limiter.size(), 4);
});

test("reset forgets one key or all", () => {
  const { limiter } = setup(1);
  for (const key of ["a", "b"]) limiter.take(key);
  limiter.reset("a");
  assert.equal(limiter.size(), 1);
  assert.deepEqual(limiter.take("a"), granted(0));
  assert.equal(limiter.take("b").ok, false);
  limiter.reset();
  assert.equal(limiter.size(), 0);
  assert.deepEqual(limiter.take("b"), granted(0));
});

test("size counts keys with used units", () => {
  const { clock, limiter } = setup();
  assert.equal(limiter.size(), 0);
  limiter.take("a");
  clock.time = 1050;
  limiter.take("b");
  assert.equal(limiter.size(), 2);
  clock.time = 1100;
  assert.equal(limiter.size(), 1);
});

test("a clock that goes back stands still", () => {
  const { clock, limiter } = setup(1);
  limiter.take("a");
  clock.time = 1099;
  limiter.take("b");
  clock.time = 500;
  assert.deepEqual(limiter.take("a"), refused(0, 1));
  assert.deepEqual(limiter.take("c"), granted(0));
  clock.time = 1198;
  assert.equal(limiter.take("c").ok, false);
});

test("refuses bad costs", () => {
  const { limiter } = setup();
  for (const cost of [0, -1, 1.5, NaN]) assert.throws(() => limiter.take("a", cost), { name: "RangeError", message: "bad cost" });
  assert.throws(() => limiter.take("a", 4), { name: "RangeError", message: "cost above the limit" });
  assert.equal(limiter.size(), 0);
});
