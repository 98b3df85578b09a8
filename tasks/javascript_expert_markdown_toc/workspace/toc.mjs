/** All headings of a document: [{ level, text, slug, line }]. */
export function listHeadings(markdown) {
  throw new Error("not implemented");
}

/** The document with its tables of contents rewritten. */
export function updateToc(markdown, { min = 2, max = 3 } = {}) {
  throw new Error("not implemented");
}
