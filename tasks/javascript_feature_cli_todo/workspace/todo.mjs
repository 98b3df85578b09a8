/** Carries out one command on the list in the store; returns the exit code. */
export function main(argv, { stdout, stderr, store, today }) {
  throw new Error("not implemented");
}
