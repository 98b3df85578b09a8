import test from "node:test";
import assert from "node:assert/strict";
import { JSDOM } from "jsdom";
import { setupTabs } from "./tabs.mjs";

const { window } = new JSDOM("<!doctype html><main></main>");
const { document } = window;
const tabsHtml = (names, inner = "") => `<div class="tabs"><div class="tab-list">${names.map((name) =>
  (name.startsWith("!") ? `<button disabled>${name.slice(1)}</button>` : `<button><b>${name}</b></button>`)).join("")}</div>${
  names.map((name) => `<div class="panel"><input>${name}${inner}</div>`).join("")}</div>`;

function follow(root) {
  const tabs = [...root.firstElementChild.children];
  const panels = [...root.children].slice(1);
  const events = [];
  root.addEventListener("tabchange", (event) => { if (event.target === root) events.push(event.detail.index); });
  const api = setupTabs(root);
  const selected = () => {
    const index = tabs.findIndex((tab) => tab.getAttribute("aria-selected") === "true");
    assert.deepEqual(tabs.map((tab) => tab.getAttribute("aria-selected")), tabs.map((_, at) => String(at === index)));
    assert.deepEqual(tabs.map((tab) => tab.getAttribute("tabindex")), tabs.map((_, at) => (at === index ? "0" : "-1")));
    assert.deepEqual(panels.map((panel) => panel.hasAttribute("hidden")), panels.map((_, at) => at !== index));
    return index;
  };
  return { root, tabs, panels, events, api, selected };
}
function setup(names = ["A", "B", "C"], html = tabsHtml(names)) {
  document.querySelector("main").innerHTML = html;
  return follow(document.querySelector(".tabs"));
}
function press(target, key, more = {}) {
  const event = new window.KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more });
  target.dispatchEvent(event);
  return event.defaultPrevented;
}

test("roles and relations", () => {
  const { root, tabs, panels, events, selected } = setup();
  assert.equal(root.firstElementChild.getAttribute("role"), "tablist");
  for (const [at, tab] of tabs.entries()) {
    assert.deepEqual([tab.getAttribute("role"), panels[at].getAttribute("role")], ["tab", "tabpanel"]);
    assert.equal(tab.getAttribute("aria-controls"), panels[at].id);
    assert.equal(panels[at].getAttribute("aria-labelledby"), tab.id);
    assert.ok(tab.id && panels[at].id);
  }
  assert.equal(selected(), 0);
  assert.deepEqual(events, []);
});

test("ids are kept, and new ones belong to nobody else", () => {
  document.querySelector("main").innerHTML = `<p id="tab-0"></p><p id="panel-1"></p>${tabsHtml(["A", "B"])}${tabsHtml(["C", "D"])}`;
  const [one, two] = document.querySelectorAll(".tabs");
  one.querySelector("button").id = "mine";
  two.querySelectorAll(".panel")[1].id = "yours";
  const all = [follow(one), follow(two)];
  assert.equal(all[0].tabs[0].id, "mine");
  assert.equal(all[0].panels[0].getAttribute("aria-labelledby"), "mine");
  assert.equal(all[1].tabs[1].getAttribute("aria-controls"), "yours");
  const ids = [...document.querySelectorAll("[id]")].map((each) => each.id);
  assert.equal(new Set(ids).size, ids.length);
  assert.equal(ids.length, 10);
});

test("clicks select, also on what a tab holds", () => {
  const { tabs, panels, selected, events } = setup();
  tabs[2].click();
  assert.equal(selected(), 2);
  tabs[0].querySelector("b").click();
  assert.equal(selected(), 0);
  panels[0].click();
  panels[0].querySelector("input").click();
  assert.equal(selected(), 0);
  assert.deepEqual(events, [2, 0]);
});

test("selecting the selected tab does nothing", () => {
  const { tabs, events, api } = setup(["A"]);
  tabs[0].click();
  api.select(0);
  press(tabs[0], "ArrowRight");
  press(tabs[0], "End");
  assert.deepEqual(events, []);
});

test("arrows go round and take the focus along", () => {
  const { tabs, selected, events } = setup();
  tabs[0].focus();
  for (const [key, index] of [["ArrowLeft", 2], ["ArrowRight", 0], ["ArrowRight", 1], ["End", 2], ["Home", 0]]) {
    assert.equal(press(document.activeElement, key), true, key);
    assert.equal(selected(), index);
    assert.equal(document.activeElement, tabs[index]);
  }
  assert.deepEqual(events, [2, 0, 1, 2, 0]);
});

test("disabled tabs are passed over", () => {
  const { tabs, selected, api } = setup(["!A", "B", "!C", "D", "!E"]);
  assert.equal(selected(), 1);
  tabs[1].focus();
  const walk = ["ArrowRight", "ArrowRight", "ArrowLeft", "Home", "End"].map((key) => {
    press(document.activeElement, key);
    return selected();
  });
  assert.deepEqual(walk, [3, 1, 3, 1, 3]);
  api.select(2);
  assert.equal(selected(), 3);
});

test("what counts is whether a tab is disabled now", () => {
  const { tabs, selected } = setup(["A", "!B", "C"]);
  tabs[1].disabled = false;
  tabs[2].disabled = true;
  press(tabs[0], "End");
  assert.equal(selected(), 1);
  press(tabs[1], "ArrowRight");
  assert.equal(selected(), 0);
});

test("other keys and keys with modifiers are left alone", () => {
  const { tabs, selected } = setup();
  for (const key of ["Tab", "ArrowDown", "ArrowUp", "Enter", " ", "a"]) assert.equal(press(tabs[0], key), false, key);
  for (const modifier of ["ctrlKey", "altKey", "shiftKey", "metaKey"]) assert.equal(press(tabs[0], "ArrowRight", { [modifier]: true }), false, modifier);
  assert.equal(selected(), 0);
});

test("keys within panels are left alone", () => {
  const { panels, selected } = setup();
  const input = panels[0].querySelector("input");
  input.focus();
  for (const key of ["ArrowRight", "Home", "x"]) assert.equal(press(input, key), false);
  assert.equal(document.activeElement, input);
  assert.equal(selected(), 0);
});

test("tabs within a panel live their own life", () => {
  const outer = setup(["A", "B"], tabsHtml(["A", "B"], tabsHtml(["x", "y", "z"])));
  const inner = follow(outer.panels[0].querySelector(".tabs"));
  assert.equal(outer.selected(), 0);
  inner.tabs[2].click();
  assert.deepEqual([outer.selected(), inner.selected()], [0, 2]);
  press(inner.tabs[2], "ArrowRight");
  assert.deepEqual([outer.selected(), inner.selected()], [0, 0]);
  outer.api.select(1);
  assert.deepEqual([outer.selected(), inner.selected()], [1, 0]);
  assert.deepEqual([outer.events, inner.events], [[1], [2, 0]]);
});

test("the event does not bubble", () => {
  const { tabs } = setup();
  let heard = 0;
  document.querySelector("main").addEventListener("tabchange", () => { heard += 1; });
  tabs[1].click();
  assert.equal(heard, 0);
});

test("select works from outside and leaves the focus", () => {
  const { panels, api, selected, events } = setup();
  panels[0].querySelector("input").focus();
  const before = document.activeElement;
  api.select(1);
  assert.equal(selected(), 1);
  for (const index of [-1, 3, NaN, undefined]) api.select(index);
  assert.equal(selected(), 1);
  assert.deepEqual(events, [1]);
  assert.equal(document.activeElement, before);
});

test("destroy ends it and shows all panels", () => {
  const { root, tabs, panels, api, events } = setup();
  tabs[1].click();
  api.destroy();
  assert.ok(root.isConnected);
  assert.deepEqual(panels.map((panel) => panel.hasAttribute("hidden")), [false, false, false]);
  tabs[2].click();
  assert.equal(press(tabs[2], "ArrowRight"), false);
  assert.deepEqual(events, [1]);
});
