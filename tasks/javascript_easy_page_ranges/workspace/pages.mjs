/** [9, 1, 2, 3] -> "1-3, 9" */
export function formatPages(pages) {
  throw new Error("not implemented");
}

/** "1-3, 9" -> [1, 2, 3, 9] */
export function parsePages(text, last) {
  throw new Error("not implemented");
}
