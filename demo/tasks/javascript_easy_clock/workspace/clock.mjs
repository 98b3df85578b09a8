export function clock(minutes) {
  throw new Error("not implemented");
}

export function minutes(text) {
  throw new Error("not implemented");
}
