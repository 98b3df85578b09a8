/** Where the moment `then` lies, seen from `now`, in words. */
export function relativeTime(then, now) {
  throw new Error("not implemented");
}
