/** Returns (request) => response with bookmarks of its own. */
export function createApp({ newId }) {
  throw new Error("not implemented");
}
