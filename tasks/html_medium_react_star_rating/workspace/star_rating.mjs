import { createElement } from "react";

/** Stars to choose a rating with. */
export function StarRating(props) {
  throw new Error("not implemented");
}
