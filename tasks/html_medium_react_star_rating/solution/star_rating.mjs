import { createElement, useRef, useState } from "react";

/** Stars to choose a rating with. */
export function StarRating({ label, max = 5, value, defaultValue = 0, onChange, readOnly = false }) {
  const [own, setOwn] = useState(defaultValue);
  const [preview, setPreview] = useState(null);
  const buttons = useRef([]);
  const rating = value ?? own;
  const numbers = Array.from({ length: max }, (_, at) => at + 1);

  if (readOnly) {
    const stars = numbers.map((number) => createElement("span", { key: number, "aria-hidden": "true" }, star(number, rating)));
    return createElement("div", { role: "img", "aria-label": `${label}: ${rating} of ${max}` }, stars);
  }

  function choose(next) {
    if (next === rating) return;
    if (value === undefined) setOwn(next);
    onChange?.(next);
  }

  function onKeyDown(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const up = rating === max ? 1 : rating + 1;
    const down = rating <= 1 ? max : rating - 1;
    const targets = { ArrowRight: up, ArrowUp: up, ArrowLeft: down, ArrowDown: down, Home: 1, End: max, Delete: 0, Backspace: 0 };
    const next = targets[event.key];
    if (next === undefined) return;
    event.preventDefault();
    choose(next);
    buttons.current[Math.max(next, 1)].focus();
  }

  const stars = numbers.map((number) => createElement("button", {
    key: number,
    ref: (element) => { buttons.current[number] = element; },
    type: "button",
    role: "radio",
    "aria-label": number === 1 ? "1 star" : `${number} stars`,
    "aria-checked": number === rating,
    tabIndex: number === Math.max(rating, 1) ? 0 : -1,
    onClick: () => choose(number === rating ? 0 : number),
    onMouseEnter: () => setPreview(number),
    onKeyDown,
  }, star(number, preview ?? rating)));
  return createElement("div", { role: "radiogroup", "aria-label": label, onMouseLeave: () => setPreview(null) }, stars);
}

const star = (number, rating) => (number <= rating ? "★" : "☆");
