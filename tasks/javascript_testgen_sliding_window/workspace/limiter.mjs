/** Returns { take(key, cost), reset(key), size() }; see the description. */
export function createLimiter({ limit, windowMs, now }) {
  throw new Error("not implemented");
}
