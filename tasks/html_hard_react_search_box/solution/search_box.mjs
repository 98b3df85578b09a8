import { createElement as h, useEffect, useId, useRef, useState } from "react";

const CLOSED = { items: [], active: -1, status: "" };

/** An input that suggests what it could load. */
export function SearchBox({ label, load, onSelect, delay = 200, clock = globalThis }) {
  const id = useId();
  const [text, setText] = useState("");
  const [{ items, active, status }, setView] = useState(CLOSED);
  const drop = useRef(() => {}); // drops what is planned or under way
  const isOpen = items.length > 0;
  const optionId = (at) => `${id}-option-${at}`;

  useEffect(() => () => drop.current(), []);

  function close() {
    drop.current();
    drop.current = () => {};
    setView(CLOSED);
  }

  function change(next) {
    setText(next);
    close();
    const query = next.trim();
    if (!query) return;
    const controller = new AbortController();
    const timer = clock.setTimeout(async () => {
      setView({ ...CLOSED, status: "Loading…" });
      let view;
      try {
        const found = await load(query, controller.signal);
        view = { items: found, active: -1, status: inWords(found.length) };
      } catch {
        view = { ...CLOSED, status: "Could not load" };
      }
      if (!controller.signal.aborted) setView(view);
    }, delay);
    drop.current = () => {
      clock.clearTimeout(timer);
      controller.abort();
    };
  }

  function select(item) {
    setText(item.name);
    close();
    onSelect(item);
  }

  function onKeyDown(event) {
    const move = (next) => setView((view) => ({ ...view, active: next }));
    const actions = isOpen
      ? {
          ArrowDown: () => move((active + 1) % items.length),
          ArrowUp: () => move(active <= 0 ? items.length - 1 : active - 1),
          Enter: active >= 0 && (() => select(items[active])),
          Escape: () => close(),
        }
      : { Escape: text !== "" && (() => change("")) };
    const action = Object.hasOwn(actions, event.key) && actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  }

  const options = items.map((item, at) => h("li", {
    key: item.id, id: optionId(at), role: "option", "aria-selected": at === active, onClick: () => select(item),
  }, item.name));
  return h("div", null,
    h("label", { htmlFor: id }, label),
    h("input", {
      id,
      role: "combobox",
      autoComplete: "off",
      "aria-autocomplete": "list",
      "aria-expanded": isOpen,
      "aria-controls": isOpen ? `${id}-list` : undefined,
      "aria-activedescendant": active >= 0 ? optionId(active) : undefined,
      value: text,
      onChange: (event) => change(event.target.value),
      onKeyDown,
      onBlur: close,
    }),
    isOpen && h("ul", { id: `${id}-list`, role: "listbox", "aria-label": label, onMouseDown: (event) => event.preventDefault() }, options),
    h("div", { role: "status" }, status));
}

function inWords(count) {
  if (count === 0) return "No results";
  return count === 1 ? "1 result" : `${count} results`;
}
