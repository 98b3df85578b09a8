import test from "node:test";
import assert from "node:assert/strict";
import { JSDOM } from "jsdom";

const { window } = new JSDOM("<!doctype html><main></main>");
globalThis.window = window;
globalThis.document = window.document;
Object.defineProperty(globalThis, "navigator", { value: window.navigator, configurable: true });
globalThis.IS_REACT_ACT_ENVIRONMENT = true;
const { act, createElement } = await import("react");
const { createRoot } = await import("react-dom/client");
const { StarRating } = await import("./star_rating.mjs");

function show(props) {
  const host = document.createElement("div");
  document.querySelector("main").replaceChildren(host);
  const root = createRoot(host);
  const chosen = [];
  const render = (more = {}) => act(() => root.render(createElement(StarRating, { label: "Taste", onChange: (rating) => chosen.push(rating), ...props, ...more })));
  render();
  const stars = () => [...host.querySelectorAll("[role=radio]")];
  const fire = (element, event) => {
    act(() => { element.dispatchEvent(event); });
    return event.defaultPrevented;
  };
  const click = (number) => fire(stars()[number - 1], new window.MouseEvent("click", { bubbles: true, cancelable: true }));
  const press = (key, more = {}) => fire(document.activeElement, new window.KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }));
  const focus = (number) => act(() => stars()[number - 1].focus());
  const move = (from, to) => {
    if (from) fire(from, new window.MouseEvent("mouseout", { bubbles: true, relatedTarget: to }));
    if (to) fire(to, new window.MouseEvent("mouseover", { bubbles: true, relatedTarget: from }));
  };
  const text = () => host.textContent;
  const checked = () => stars().findIndex((star) => star.getAttribute("aria-checked") === "true") + 1;
  const focused = () => stars().indexOf(document.activeElement) + 1;
  return { host, render, chosen, stars, click, press, focus, move, text, checked, focused };
}

test("is a named group of named radio buttons", () => {
  const { host, stars } = show({ max: 3 });
  const group = host.querySelector("div[role=radiogroup]");
  assert.equal(group.getAttribute("aria-label"), "Taste");
  assert.deepEqual(stars().map((star) => [star.localName, star.type, star.getAttribute("aria-label"), star.getAttribute("aria-checked")]),
    ["1 star", "2 stars", "3 stars"].map((name) => ["button", "button", name, "false"]));
});

test("shows its first rating", () => {
  const { text, checked } = show({ defaultValue: 2 });
  assert.deepEqual([text(), checked()], ["★★☆☆☆", 2]);
  assert.equal(show({}).text(), "☆☆☆☆☆");
});

test("clicks choose, and take the choice back", () => {
  const { click, text, checked, chosen } = show({ defaultValue: 1 });
  click(4);
  assert.deepEqual([text(), checked()], ["★★★★☆", 4]);
  click(4);
  assert.deepEqual([text(), checked()], ["☆☆☆☆☆", 0]);
  assert.deepEqual(chosen, [4, 0]);
});

test("a controlled rating shows its value only", () => {
  const { click, render, text, chosen, press, focus, focused } = show({ value: 2, defaultValue: 3 });
  click(5);
  assert.equal(text(), "★★☆☆☆");
  focus(2);
  press("ArrowRight");
  assert.deepEqual([text(), focused()], ["★★☆☆☆", 3]);
  render({ value: 4 });
  assert.equal(text(), "★★★★☆");
  render({ value: 0 });
  assert.equal(text(), "☆☆☆☆☆");
  assert.deepEqual(chosen, [5, 3]);
});

test("works without onChange", () => {
  const { click, checked } = show({ onChange: undefined });
  click(3);
  assert.equal(checked(), 3);
});

test("one star can be reached with Tab", () => {
  const { stars, click } = show({});
  const reachable = () => stars().map((star) => star.tabIndex);
  assert.deepEqual(reachable(), [0, -1, -1, -1, -1]);
  click(3);
  assert.deepEqual(reachable(), [-1, -1, 0, -1, -1]);
});

test("arrow keys go round", () => {
  const { press, focus, checked, focused, chosen } = show({ max: 3 });
  focus(1);
  const walk = [];
  for (const key of ["ArrowRight", "ArrowUp", "ArrowRight", "ArrowRight", "ArrowLeft", "ArrowDown"]) {
    assert.equal(press(key), true);
    walk.push(checked());
    assert.equal(focused(), checked());
  }
  assert.deepEqual(walk, [1, 2, 3, 1, 3, 2]);
  assert.deepEqual(chosen, walk);
});

test("back from no rating leads to the highest", () => {
  const { press, focus, checked, focused } = show({});
  focus(1);
  press("ArrowLeft");
  assert.deepEqual([checked(), focused()], [5, 5]);
});

test("Home, End and removing", () => {
  const { press, focus, checked, focused, chosen } = show({ defaultValue: 3 });
  focus(3);
  assert.deepEqual([press("End"), checked(), focused()], [true, 5, 5]);
  assert.deepEqual([press("Home"), checked(), focused()], [true, 1, 1]);
  assert.deepEqual([press("Home"), press("End"), press("Delete"), checked(), focused()], [true, true, true, 0, 1]);
  assert.deepEqual([press("Backspace"), checked()], [true, 0]);
  assert.deepEqual(chosen, [5, 1, 5, 0], "no call without a change");
});

test("other keys are left alone", () => {
  const { press, focus, chosen } = show({ defaultValue: 3 });
  focus(3);
  for (const key of ["Tab", "a", "Enter", "5"]) assert.equal(press(key), false, key);
  for (const modifier of ["ctrlKey", "altKey", "metaKey"]) assert.equal(press("End", { [modifier]: true }), false, modifier);
  assert.deepEqual(chosen, []);
});

test("the mouse shows what a click would choose", () => {
  const { stars, move, text, checked, chosen, click } = show({ defaultValue: 2 });
  move(document.body, stars()[3]);
  assert.deepEqual([text(), checked()], ["★★★★☆", 2]);
  move(stars()[3], stars()[0]);
  assert.deepEqual([text(), checked()], ["★☆☆☆☆", 2]);
  move(stars()[0], document.body);
  assert.equal(text(), "★★☆☆☆");
  move(document.body, stars()[4]);
  click(5);
  move(stars()[4], document.body);
  assert.equal(text(), "★★★★★");
  assert.deepEqual(chosen, [5]);
});

test("a rating to read is an image with a name", () => {
  const { host, text, stars } = show({ readOnly: true, defaultValue: 3 });
  const image = host.querySelector("div[role=img]");
  assert.equal(image.getAttribute("aria-label"), "Taste: 3 of 5");
  assert.equal(text(), "★★★☆☆");
  assert.deepEqual([...image.children].map((each) => [each.localName, each.getAttribute("aria-hidden")]), new Array(5).fill(["span", "true"]));
  assert.equal(stars().length, 0);
  assert.equal(host.querySelector("button, [tabindex], [role=radiogroup]"), null);
  assert.equal(show({ readOnly: true, value: 1, max: 4 }).host.querySelector("[role=img]").getAttribute("aria-label"), "Taste: 1 of 4");
});
