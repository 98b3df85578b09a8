/** Runs tasks, at most `concurrency` at a time. */
export function createPool({ concurrency, clock = globalThis }) {
  throw new Error("not implemented");
}
