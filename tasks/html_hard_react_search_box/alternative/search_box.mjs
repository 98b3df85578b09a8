import { Component, createElement } from "react";

let boxes = 0;

/** A class component; every request has a number, and only the latest one may change anything. */
export class SearchBox extends Component {
  name = `search-box-${++boxes}`;
  state = { text: "", phase: "quiet", items: [], at: null };
  request = 0;

  componentWillUnmount() {
    this.forget();
  }

  forget() {
    this.request += 1;
    const clock = this.props.clock ?? globalThis;
    if (this.timer !== undefined) clock.clearTimeout(this.timer);
    this.timer = undefined;
    this.controller?.abort();
    this.controller = null;
  }

  quiet(more = {}) {
    this.forget();
    this.setState({ phase: "quiet", items: [], at: null, ...more });
  }

  edit(text) {
    this.quiet({ text });
    const query = text.trim();
    if (query === "") return;
    const number = this.request;
    const settle = (state) => number === this.request && this.setState(state);
    this.timer = (this.props.clock ?? globalThis).setTimeout(() => {
      this.timer = undefined;
      this.controller = new AbortController();
      this.setState({ phase: "loading" });
      this.props.load(query, this.controller.signal).then(
        (items) => settle({ phase: "loaded", items, at: null }),
        () => settle({ phase: "failed" }),
      );
    }, this.props.delay ?? 200);
  }

  take(item) {
    this.quiet({ text: item.name });
    this.props.onSelect(item);
  }

  /** Carries out what a key does; false where it does nothing. */
  key(key) {
    const { items, at, text } = this.state;
    if (items.length === 0) return key === "Escape" && text !== "" ? (this.edit(""), true) : false;
    if (key === "ArrowDown") this.setState({ at: at === null || at + 1 === items.length ? 0 : at + 1 });
    else if (key === "ArrowUp") this.setState({ at: (at || items.length) - 1 });
    else if (key === "Enter" && at !== null) this.take(items[at]);
    else if (key === "Escape") this.quiet();
    else return false;
    return true;
  }

  status() {
    const { phase, items } = this.state;
    if (phase === "loaded") return items.length ? `${items.length} result${items.length > 1 ? "s" : ""}` : "No results";
    return { quiet: "", loading: "Loading…", failed: "Could not load" }[phase];
  }

  render() {
    const { text, items, at } = this.state;
    const shown = items.length > 0;
    const box = {
      role: "combobox",
      value: text,
      "aria-autocomplete": "list",
      "aria-expanded": shown ? "true" : "false",
      onChange: ({ target }) => this.edit(target.value),
      onBlur: () => this.quiet(),
      onKeyDown: (event) => this.key(event.key) && event.preventDefault(),
    };
    if (shown) box["aria-controls"] = this.name;
    if (at !== null) box["aria-activedescendant"] = `${this.name}-${at}`;
    const rows = items.map((item, row) => createElement("li", {
      key: item.id,
      id: `${this.name}-${row}`,
      role: "option",
      "aria-selected": row === at ? "true" : "false",
      onClick: () => this.take(item),
    }, item.name));
    return createElement("section", null,
      createElement("label", { htmlFor: `${this.name}-input` }, this.props.label),
      createElement("input", { ...box, id: `${this.name}-input` }),
      shown ? createElement("ul", { id: this.name, role: "listbox", onMouseDown: (event) => event.preventDefault() }, rows) : null,
      createElement("p", { role: "status" }, this.status()));
  }
}
