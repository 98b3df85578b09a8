import { describe, it } from "node:test";
import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { splitAmount } from "./split.mjs";

const EXAMPLES = [
  [9, [2, 1], [6, 3]],
  [2, [1, 1, 1], [1, 1, 0]],
  [10, [16, 60, 24], [2, 6, 2]],
  [10, [55, 18, 27], [5, 2, 3]], // 5.5, 1.8, 2.7
  [-4, [0, 1, 2], [0, -1, -3]],
  [1, [0, 0, 4], [0, 0, 1]],
];

describe("splitAmount", () => {
  for (const [total, weights, shares] of EXAMPLES) {
    it(`splits ${total} by ${weights}`, () => {
      const given = [...weights];
      deepStrictEqual(splitAmount(total, given), shares);
      deepStrictEqual(given, weights);
    });
  }

  it("keeps the sum, the length and whole numbers", () => {
    for (let total = -30; total <= 30; total += 1) {
      for (const weights of [[1], [1, 1], [3, 1, 1, 0], [1, 2, 4, 8, 16]]) {
        const shares = splitAmount(total, weights);
        strictEqual(shares.length, weights.length);
        strictEqual(shares.reduce((a, b) => a + b), total);
        ok(shares.every((share) => Number.isInteger(share) && !Object.is(share, -0)));
      }
    }
  });

  for (const total of [0.25, -0.5, "3", null, undefined, -Infinity]) {
    it(`refuses the total ${total}`, () => throws(() => splitAmount(total, [1, 2]), /^TypeError: total must be a whole number$/));
  }
  for (const weights of [[], [0, 0], [-1, 2], [1, NaN], [Infinity, 1], ["1", 2], [1, true]]) {
    it(`refuses the weights [${weights}]`, () => throws(() => splitAmount(8, weights), /^RangeError: weights must be 0 or more/));
  }
});
