import test from "node:test";
import assert from "node:assert/strict";
import { createLimiter } from "./limiter.mjs";

/** Plays a script of lines "time call -> result" against one limiter. */
function play(limit, windowMs, script) {
  let time = 0;
  const limiter = createLimiter({ limit, windowMs, now: () => time });
  for (const line of script.trim().split("\n").map((each) => each.trim())) {
    const [, at, call, expected] = /^(\d+) (.+) -> (.+)$/.exec(line);
    time = Number(at);
    const [name, key, cost] = call.split(" ");
    let result;
    if (name === "take") {
      try {
        const { ok, remaining, retryAfter } = limiter.take(key, cost === undefined ? undefined : Number(cost));
        result = `${ok ? "yes" : "no"} ${remaining} ${retryAfter}`;
      } catch (error) {
        result = `${error.name}: ${error.message}`;
      }
    } else if (name === "reset") {
      result = key === undefined ? limiter.reset() : limiter.reset(key);
      result = "done";
    } else {
      result = String(limiter.size());
    }
    assert.equal(result, expected, line);
  }
}

test("window and waiting times", () => play(4, 1000, `
  0 take a 2 -> yes 2 0
  300 take a -> yes 1 0
  300 take a 2 -> no 1 700
  400 take a 3 -> no 1 600
  400 take a 4 -> no 1 900
  500 take a -> yes 0 0
  999 take a -> no 0 1
  1000 take a 2 -> yes 0 0
  1299 take a -> no 0 1
  1300 take a -> yes 0 0
`));

test("keys, reset and size", () => play(1, 10, `
  5 size -> 0
  5 take a -> yes 0 0
  6 take b -> yes 0 0
  6 size -> 2
  7 reset a -> done
  7 take b -> no 0 9
  7 size -> 1
  7 take a -> yes 0 0
  7 reset -> done
  7 size -> 0
  8 take b -> yes 0 0
  18 size -> 0
`));

test("time never runs back", () => play(1, 10, `
  100 take a -> yes 0 0
  105 take b -> yes 0 0
  90 take a -> no 0 5
  90 take c -> yes 0 0
  110 take c -> no 0 5
  110 take a -> yes 0 0
`));

test("costs", () => play(3, 10, `
  0 take a 0 -> RangeError: bad cost
  0 take a 0.5 -> RangeError: bad cost
  0 take a 4 -> RangeError: cost above the limit
  0 size -> 0
  0 take a 3 -> yes 0 0
`));
