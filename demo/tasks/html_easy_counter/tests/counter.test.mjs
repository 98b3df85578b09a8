import assert from "node:assert/strict";
import fs from "node:fs";
import { test, beforeEach } from "node:test";
import { JSDOM } from "jsdom";

let document;
const byId = (id) => document.getElementById(id);
beforeEach(() => {
  document = new JSDOM(fs.readFileSync("index.html", "utf8"), { runScripts: "dangerously" }).window.document;
});

test("begins at zero", () => assert.equal(byId("count").textContent.trim(), "0"));
test("counts", () => {
  byId("more").click();
  byId("more").click();
  assert.equal(byId("count").textContent.trim(), "2");
});
test("resets", () => {
  byId("more").click();
  byId("reset").click();
  assert.equal(byId("count").textContent.trim(), "0");
});
test("reset is disabled at first", () => assert.equal(byId("reset").disabled, true));
test("reset can be used later", () => {
  byId("more").click();
  assert.equal(byId("reset").disabled, false);
});
test("has a status", () => assert.equal(byId("count").getAttribute("role"), "status"));
test("has named buttons", () => {
  assert.deepEqual([byId("more"), byId("reset")].map((each) => each.textContent.trim()), ["More", "Reset"]);
});
test("has a language", () => assert.equal(document.documentElement.lang, "en"));
