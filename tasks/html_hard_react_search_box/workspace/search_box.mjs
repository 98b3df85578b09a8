import { createElement } from "react";

/** An input that suggests what it could load. */
export function SearchBox(props) {
  throw new Error("not implemented");
}
