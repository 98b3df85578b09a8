import test from "node:test";
import assert from "node:assert/strict";
import { JSDOM } from "jsdom";
import { renderHeatmap } from "./heatmap.mjs";

const { window } = new JSDOM("<!doctype html><main></main>");
const { document } = window;

function draw({ title = "Load", rows = ["Mon", "Tue"], columns = ["a", "b", "c"], values = [[0, 5, 10], [null, 2.5, 7.5]] } = {}, options) {
  const container = document.createElement("div");
  container.innerHTML = "<p>old</p>";
  document.querySelector("main").replaceChildren(container);
  const map = renderHeatmap(container, { title, rows, columns, values }, options);
  return { container, map, cells: [...container.querySelectorAll("td[role=gridcell]")] };
}
const texts = (elements) => [...elements].map((each) => each.textContent);
const colours = (elements) => [...elements].map((each) => each.style.backgroundColor);
function press(key, more = {}) {
  const event = new window.KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more });
  document.activeElement.dispatchEvent(event);
  return event.defaultPrevented;
}

test("is a grid with caption and headers in the place of the old content", () => {
  const { container, cells } = draw();
  const table = container.querySelector("table");
  assert.equal(container.querySelector("p"), null);
  assert.equal(table.getAttribute("role"), "grid");
  assert.equal(table.querySelector("caption").textContent, "Load");
  assert.deepEqual(texts(table.querySelectorAll("thead th[scope=col]")), ["a", "b", "c"]);
  assert.equal(table.querySelector("thead tr").firstElementChild.localName, "td");
  assert.equal(table.querySelector("thead tr").firstElementChild.textContent, "");
  assert.deepEqual(texts(table.querySelectorAll("tbody > tr > th[scope=row]:first-child")), ["Mon", "Tue"]);
  assert.equal(cells.length, 6);
});

test("names are text, never HTML", () => {
  const evil = '<img src="x">&amp;"';
  const { container, cells } = draw({ title: evil, rows: [evil], columns: [evil], values: [[1]] }, { unit: "<b>" });
  assert.equal(container.querySelector("img, b"), null);
  assert.equal(container.querySelector("caption").textContent, evil);
  assert.equal(cells[0].getAttribute("aria-label"), `${evil}, ${evil}: 1<b>`);
});

test("cells tell their values", () => {
  const { cells } = draw({}, { digits: 1, unit: " %" });
  assert.deepEqual(texts(cells), ["0.0 %", "5.0 %", "10.0 %", "n/a", "2.5 %", "7.5 %"]);
  assert.deepEqual(cells.slice(2, 4).map((each) => each.getAttribute("aria-label")), ["Mon, c: 10.0 %", "Tue, a: no data"]);
  assert.deepEqual(cells.map((each) => each.classList.contains("missing")), [false, false, false, true, false, false]);
});

test("colours are interpolated over the values shown", () => {
  const { cells } = draw({}, { palette: ["#000000", "#c80a64"] });
  assert.deepEqual(colours(cells), ["rgb(0, 0, 0)", "rgb(100, 5, 50)", "rgb(200, 10, 100)", "", "rgb(50, 3, 25)", "rgb(150, 8, 75)"]);
  assert.equal(cells[3].style.color, "");
});

test("palettes may have many colours, domains cut", () => {
  const { cells } = draw({ values: [[-5, 0, 5], [10, 15, 99]] }, { palette: ["#ff0000", "#00ff00", "#0000ff"], domain: [0, 20] });
  assert.deepEqual(colours(cells), ["rgb(255, 0, 0)", "rgb(255, 0, 0)", "rgb(128, 128, 0)", "rgb(0, 255, 0)", "rgb(0, 128, 128)", "rgb(0, 0, 255)"]);
});

test("equal values have the middle colour", () => {
  const { cells, container } = draw({ values: [[7, 7, 7], [7, null, 7]] }, { palette: ["#000000", "#646464"] });
  assert.deepEqual(colours(cells), ["rgb(50, 50, 50)", "rgb(50, 50, 50)", "rgb(50, 50, 50)", "rgb(50, 50, 50)", "", "rgb(50, 50, 50)"]);
  assert.deepEqual(texts(container.querySelectorAll("li")), ["7", "7"]);
});

test("the text has the greater contrast", () => {
  const on = (colour) => draw({ rows: ["r"], columns: ["c"], values: [[1]] }, { palette: [colour, colour] }).cells[0].style.color;
  assert.deepEqual(["#ffffff", "#000000", "#ff0000", "#0000ff", "#757575", "#767676"].map(on), ["black", "white", "black", "white", "white", "black"]);
  assert.deepEqual(["#008000", "#00a000", "#aa4400"].map(on), ["white", "black", "white"]);
});

test("the legend has one item for each colour", () => {
  const { container } = draw({}, { palette: ["#ff0000", "#00ff00", "#0000ff"], domain: [10, 30], unit: "°" });
  const legend = container.querySelector('ul[aria-label="Legend"]');
  assert.deepEqual(texts(legend.querySelectorAll("li")), ["10°", "20°", "30°"]);
  assert.deepEqual(colours(legend.querySelectorAll("li")), ["rgb(255, 0, 0)", "rgb(0, 255, 0)", "rgb(0, 0, 255)"]);
  assert.ok(container.querySelector("table").compareDocumentPosition(legend) & window.Node.DOCUMENT_POSITION_FOLLOWING);
  assert.equal(draw({ values: [[null, null, null], [null, null, null]] }).container.querySelector("ul"), null);
});

test("arrows move the focus and stop at the edges", () => {
  const { cells } = draw();
  const stops = () => cells.map((each) => each.getAttribute("tabindex")).indexOf("0");
  assert.deepEqual(cells.map((each) => each.getAttribute("tabindex")), ["0", "-1", "-1", "-1", "-1", "-1"]);
  cells[0].focus();
  const walk = [];
  for (const key of ["ArrowUp", "ArrowLeft", "ArrowRight", "ArrowDown", "ArrowDown", "ArrowRight", "ArrowRight", "ArrowUp", "ArrowLeft"]) {
    assert.equal(press(key), true, key);
    walk.push(cells.indexOf(document.activeElement));
    assert.equal(stops(), walk.at(-1));
  }
  assert.deepEqual(walk, [0, 0, 1, 4, 4, 5, 5, 2, 1]);
  assert.equal(cells.filter((each) => each.getAttribute("tabindex") === "0").length, 1);
});

test("Home and End, with and without Ctrl, and keys that are left alone", () => {
  const { cells } = draw();
  cells[4].focus();
  assert.equal(cells[4].getAttribute("tabindex"), "0");
  assert.equal(cells[0].getAttribute("tabindex"), "-1");
  const at = (key, more) => [press(key, more), cells.indexOf(document.activeElement)];
  assert.deepEqual(at("Home"), [true, 3]);
  assert.deepEqual(at("End"), [true, 5]);
  assert.deepEqual(at("Home", { ctrlKey: true }), [true, 0]);
  assert.deepEqual(at("End", { ctrlKey: true }), [true, 5]);
  assert.deepEqual(at("ArrowLeft", { altKey: true }), [false, 5]);
  assert.deepEqual(at("Home", { metaKey: true }), [false, 5]);
  for (const key of ["Tab", "a", "Escape"]) assert.deepEqual(at(key), [false, 5]);
});

test("selects by click and keys, one at a time", () => {
  const { container, cells } = draw();
  const seen = [];
  document.querySelector("main").addEventListener("heatmapselect", (event) => seen.push([event.target === container, event.detail]));
  const selected = () => cells.map((each) => each.getAttribute("aria-selected"));
  assert.deepEqual(selected(), new Array(6).fill("false"));
  cells[1].click();
  assert.deepEqual(selected(), ["false", "true", "false", "false", "false", "false"]);
  cells[3].focus();
  assert.equal(press("Enter"), true);
  assert.deepEqual(selected(), ["false", "false", "false", "true", "false", "false"]);
  assert.equal(press(" "), true);
  assert.deepEqual(selected(), new Array(6).fill("false"));
  assert.deepEqual(seen, [
    [true, { row: 0, column: 1, value: 5, selected: true }],
    [true, { row: 1, column: 0, value: null, selected: true }],
    [true, { row: 1, column: 0, value: null, selected: false }],
  ]);
});

test("update keeps cells, focus and selection", () => {
  const { container, map, cells } = draw({}, { palette: ["#000000", "#ffffff"] });
  cells[3].focus();
  cells[3].click();
  map.update([[null, 1, 2], [4, 3, 0]]);
  assert.deepEqual([...container.querySelectorAll("td[role=gridcell]")], cells);
  assert.deepEqual(texts(cells), ["n/a", "1", "2", "4", "3", "0"]);
  assert.deepEqual([cells[0].style.backgroundColor, cells[0].style.color, cells[0].classList.contains("missing")], ["", "", true]);
  assert.deepEqual([cells[3].style.backgroundColor, cells[3].style.color, cells[3].classList.contains("missing")], ["rgb(255, 255, 255)", "black", false]);
  assert.equal(cells[3].getAttribute("aria-label"), "Tue, a: 4");
  assert.equal(document.activeElement, cells[3]);
  assert.deepEqual([cells[3].getAttribute("tabindex"), cells[3].getAttribute("aria-selected")], ["0", "true"]);
  assert.deepEqual(texts(container.querySelectorAll("ul li")), ["0", "4"]);
  map.update(new Array(2).fill([null, null, null]));
  assert.equal(container.querySelector("ul"), null);
  map.update([[1, 1, 1], [1, 1, 9]]);
  assert.deepEqual(texts(container.querySelectorAll("ul li")), ["1", "9"]);
});

test("values of another size change nothing", () => {
  const { container, map } = draw();
  const before = container.innerHTML;
  const expected = { name: "RangeError", message: "values must be 2 x 3" };
  for (const values of [[[1, 2, 3]], [[1, 2, 3], [1, 2]], []]) {
    assert.throws(() => map.update(values), expected);
    assert.throws(() => renderHeatmap(container, { title: "x", rows: ["r", "s"], columns: ["a", "b", "c"], values }), expected);
  }
  assert.equal(container.innerHTML, before);
});

test("destroy empties the container, for good", () => {
  const { container, map } = draw();
  map.destroy();
  assert.equal(container.childNodes.length, 0);
  map.update([[1, 2, 3], [4, 5, 6]]);
  assert.equal(container.childNodes.length, 0);
});

test("given arrays are neither changed nor looked at again", () => {
  const values = [[1, 2], [3, 4]], rows = ["r", "s"], columns = ["a", "b"];
  const { map, cells, container } = draw({ rows, columns, values });
  const seen = [];
  container.addEventListener("heatmapselect", (event) => seen.push(event.detail.value));
  values[0][0] = 100;
  rows[0] = columns[0] = "changed";
  cells[0].click();
  const next = [[5, 6], [7, 8]];
  map.update(next);
  next[0][1] = 100;
  cells[1].click();
  assert.deepEqual(seen, [1, 6]);
  assert.equal(cells[0].getAttribute("aria-label"), "r, a: 5");
  assert.deepEqual(next, [[5, 100], [7, 8]]);
});

test("a grid without cells is no error", () => {
  const { container, cells } = draw({ rows: [], columns: ["a"], values: [] });
  assert.equal(cells.length, 0);
  assert.deepEqual(texts(container.querySelectorAll("th")), ["a"]);
  assert.equal(draw({ rows: ["r"], columns: [], values: [[]] }).container.querySelectorAll("tbody tr").length, 1);
});
