/** Draws a heat map into the container; returns { update, destroy }. */
export function renderHeatmap(container, data, options = {}) {
  throw new Error("not implemented");
}
