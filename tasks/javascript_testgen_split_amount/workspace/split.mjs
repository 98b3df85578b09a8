/** Splits a number of cents by weights; see the description. */
export function splitAmount(total, weights) {
  throw new Error("not implemented");
}
