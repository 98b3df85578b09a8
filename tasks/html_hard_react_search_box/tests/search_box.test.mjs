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
const { SearchBox } = await import("./search_box.mjs");

const FRUIT = ["Apple", "Apricot", "Avocado"].map((name, at) => ({ id: at + 1, name }));

function setup(count = 1) {
  const host = document.createElement("div");
  document.querySelector("main").replaceChildren(host);
  const root = createRoot(host);
  const timers = new Map(), calls = [], chosen = [];
  let handles = 0;
  const clock = {
    setTimeout: (fn, ms) => { timers.set(++handles, { fn, ms }); return handles; },
    clearTimeout: (handle) => { timers.delete(handle); },
  };
  const load = (query, signal) => new Promise((resolve, reject) => calls.push({ query, signal, resolve, reject }));
  const props = { label: "Fruit", load, clock, onSelect: (item) => chosen.push(item) };
  act(() => root.render(createElement("div", null, ...new Array(count).fill(0).map((_, key) => createElement(SearchBox, { ...props, key })))));
  const input = host.querySelector("input");
  const fire = (target, event) => {
    act(() => { target.dispatchEvent(event); });
    return event.defaultPrevented;
  };
  const type = (text) => {
    Object.getOwnPropertyDescriptor(window.HTMLInputElement.prototype, "value").set.call(input, text);
    fire(input, new window.Event("input", { bubbles: true }));
  };
  const press = (key) => fire(input, new window.KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  const mouse = (kind, target) => fire(target, new window.MouseEvent(kind, { bubbles: true, cancelable: true }));
  const tick = () => act(async () => {
    for (const [handle, { fn }] of [...timers]) { timers.delete(handle); fn(); }
  });
  const answer = (call, items) => act(async () => { if (Array.isArray(items)) call.resolve(items); else call.reject(items); });
  const options = () => [...host.querySelectorAll("[role=option]")];
  const status = () => host.querySelector("[role=status]").textContent;
  const open = () => {
    const list = host.querySelector("[role=listbox]");
    assert.equal(input.getAttribute("aria-expanded"), String(list !== null));
    return list !== null;
  };
  const active = () => {
    const at = options().findIndex((option) => option.getAttribute("aria-selected") === "true");
    assert.equal(input.getAttribute("aria-activedescendant"), at < 0 ? null : options()[at].id);
    return at;
  };
  const show = async (text = "a", items = FRUIT) => {
    type(text);
    await tick();
    await answer(calls.at(-1), items);
  };
  const unmount = () => act(() => root.unmount());
  return { host, input, timers, calls, chosen, type, press, mouse, tick, answer, options, status, open, active, show, unmount, fire };
}

test("is a combobox with a label and an empty status", () => {
  const { input, status, open } = setup();
  assert.equal(input.getAttribute("role"), "combobox");
  assert.equal(input.getAttribute("aria-autocomplete"), "list");
  assert.equal(input.labels[0].textContent, "Fruit");
  assert.deepEqual([status(), open(), input.hasAttribute("aria-controls")], ["", false, false]);
});

test("loads after the delay, once for the last text", async () => {
  const { type, tick, calls, timers, status } = setup();
  type("a");
  type(" ap ");
  assert.deepEqual([[...timers.values()].map(({ ms }) => ms), calls.length, status()], [[200], 0, ""]);
  await tick();
  assert.deepEqual([calls.map(({ query }) => query), status()], [["ap"], "Loading…"]);
});

test("shows the items with their roles and ids", async () => {
  const { show, host, input, options, open, status, active } = setup();
  await show();
  const list = host.querySelector("ul[role=listbox]");
  assert.equal(input.getAttribute("aria-controls"), list.id);
  assert.deepEqual(options().map((option) => [option.localName, option.textContent]), FRUIT.map(({ name }) => ["li", name]));
  assert.equal(new Set(options().map((option) => option.id).filter(Boolean)).size, 3);
  assert.deepEqual([open(), status(), active()], [true, "3 results", -1]);
});

test("counts results in words", async () => {
  const { show, status, open } = setup();
  await show("a", FRUIT.slice(0, 1));
  assert.deepEqual([status(), open()], ["1 result", true]);
  await show("b", []);
  assert.deepEqual([status(), open()], ["No results", false]);
  await show("c", new Error("offline"));
  assert.deepEqual([status(), open()], ["Could not load", false]);
});

test("a change drops what came before", async () => {
  const { show, type, tick, calls, answer, options, status, open } = setup();
  await show();
  type("ab");
  assert.deepEqual([open(), status()], [false, ""]);
  await tick();
  type("abc");
  assert.equal(calls[1].signal.aborted, true);
  await tick();
  await answer(calls[2], FRUIT.slice(2));
  await answer(calls[1], FRUIT);
  assert.deepEqual([options().map((option) => option.textContent), status(), calls[2].signal.aborted], [["Avocado"], "1 result", false]);
});

test("late failures and empty texts", async () => {
  const { type, tick, calls, answer, status, timers } = setup();
  type("a");
  await tick();
  type("  ");
  assert.deepEqual([calls[0].signal.aborted, timers.size, status()], [true, 0, ""]);
  await answer(calls[0], new Error("aborted"));
  assert.equal(status(), "");
});

test("arrows go round", async () => {
  const { show, press, active } = setup();
  assert.equal(press("ArrowDown"), false);
  await show();
  const walk = ["ArrowUp", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowUp"].map((key) => {
    assert.equal(press(key), true);
    return active();
  });
  assert.deepEqual(walk, [2, 0, 1, 2, 0, 2]);
  await show("ap");
  press("ArrowDown");
  assert.equal(active(), 0, "new items begin without an active one");
});

test("Enter selects the active item and loads nothing", async () => {
  const { show, press, input, chosen, open, status, timers } = setup();
  await show();
  assert.equal(press("Enter"), false);
  assert.equal(open(), true);
  press("ArrowDown");
  press("ArrowDown");
  assert.equal(press("Enter"), true);
  assert.deepEqual([input.value, chosen, open(), status(), timers.size], ["Apricot", [FRUIT[1]], false, "", 0]);
  assert.equal(press("Enter"), false);
});

test("a click selects, and mousedown keeps the focus", async () => {
  const { show, mouse, options, input, chosen, open } = setup();
  await show();
  assert.equal(mouse("mousedown", options()[2]), true);
  mouse("click", options()[2]);
  assert.deepEqual([input.value, chosen, open()], ["Avocado", [FRUIT[2]], false]);
});

test("Escape closes first, then empties", async () => {
  const { show, press, input, open, calls, type, tick } = setup();
  await show();
  assert.deepEqual([press("Escape"), open(), input.value], [true, false, "a"]);
  assert.deepEqual([press("Escape"), input.value], [true, ""]);
  assert.equal(press("Escape"), false);
  type("b");
  await tick();
  press("Escape");
  assert.equal(calls.at(-1).signal.aborted, true);
  for (const key of ["a", "Tab", "Home"]) assert.equal(press(key), false);
});

test("losing the focus closes and drops", async () => {
  const { show, input, open, status, type, tick, calls, timers, fire } = setup();
  act(() => input.focus());
  await show();
  const leave = () => fire(input, new window.FocusEvent("focusout", { bubbles: true }));
  leave();
  assert.deepEqual([open(), status(), input.value], [false, "", "a"]);
  type("b");
  leave();
  assert.equal(timers.size, 0);
  type("c");
  await tick();
  leave();
  assert.deepEqual([calls.at(-1).signal.aborted, status()], [true, ""]);
});

test("unmounting drops what is planned or under way", async () => {
  const one = setup();
  one.type("a");
  one.unmount();
  assert.equal(one.timers.size, 0);
  const two = setup();
  two.type("a");
  await two.tick();
  two.unmount();
  assert.equal(two.calls[0].signal.aborted, true);
});

test("boxes on one page share no ids", async () => {
  const { host, show } = setup(2);
  await show();
  const ids = [...host.querySelectorAll("[id]")].map((each) => each.id);
  assert.equal(new Set(ids).size, ids.length);
  const inputs = [...host.querySelectorAll("input")];
  assert.deepEqual(inputs.map((each) => each.labels.length), [1, 1]);
});
