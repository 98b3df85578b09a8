/** The order, layers, times and the critical chain of a build. */
export function buildPlan(targets, wanted) {
  throw new Error("not implemented");
}
