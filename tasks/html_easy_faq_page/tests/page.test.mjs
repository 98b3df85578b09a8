import test from "node:test";
import assert from "node:assert/strict";
import fs from "node:fs";
import { JSDOM } from "jsdom";

const SOURCE = fs.readFileSync("index.html", "utf8");

function open(fragment = "") {
  const { window } = new JSDOM(SOURCE, { runScripts: "dangerously", url: `http://page.test/faq${fragment}` });
  const { document } = window;
  const headings = [...document.querySelectorAll("h2")];
  const buttons = headings.map((heading) => heading.querySelector("button"));
  const answers = headings.map((heading) => heading.nextElementSibling);
  const all = document.getElementById("toggle-all");
  const state = () => answers.map((answer, at) => {
    assert.equal(buttons[at].getAttribute("aria-expanded"), String(!answer.hasAttribute("hidden")));
    return answer.hasAttribute("hidden") ? "-" : "o";
  }).join("");
  const look = (element) => window.getComputedStyle(element);
  return { document, headings, buttons, answers, all, state, look };
}

test("texts and order are kept", () => {
  const { headings, answers } = open();
  assert.deepEqual(headings.map((each) => each.textContent.trim()), ["How do I water a cactus?", "Does a fern like the sun?", "May I talk to my plants?"]);
  assert.deepEqual(answers.map((each) => [each.localName, each.textContent.trim()]),
    [["div", "Rarely, and never in winter."], ["div", "It prefers the shade."], ["div", "Yes. They do not mind."]]);
  assert.equal(answers[1].querySelector("em").textContent, "shade");
});

test("questions are buttons that name their answers", () => {
  const { buttons, answers } = open();
  assert.deepEqual(answers.map((each) => each.id), ["answer-1", "answer-2", "answer-3"]);
  assert.deepEqual(buttons.map((each) => [each.type, each.getAttribute("aria-controls")]), answers.map((each) => ["button", each.id]));
});

test("all answers are closed at first", () => assert.equal(open().state(), "---"));

test("a click opens and closes one answer", () => {
  const { buttons, state } = open();
  buttons[1].click();
  assert.equal(state(), "-o-");
  buttons[2].click();
  assert.equal(state(), "-oo");
  buttons[1].click();
  assert.equal(state(), "--o");
});

test("one button opens and closes all", () => {
  const { all, headings, state, document } = open();
  assert.ok(all.compareDocumentPosition(headings[0]) & document.defaultView.Node.DOCUMENT_POSITION_FOLLOWING);
  assert.equal(all.textContent.trim(), "Open all");
  all.click();
  assert.deepEqual([state(), all.textContent.trim()], ["ooo", "Close all"]);
  all.click();
  assert.deepEqual([state(), all.textContent.trim()], ["---", "Open all"]);
});

test("its text follows the single answers", () => {
  const { all, buttons, state } = open();
  buttons[0].click();
  buttons[2].click();
  assert.equal(all.textContent.trim(), "Open all");
  buttons[1].click();
  assert.equal(all.textContent.trim(), "Close all");
  buttons[0].click();
  assert.equal(all.textContent.trim(), "Open all");
  all.click();
  assert.equal(state(), "ooo");
});

test("a fragment opens its answer", () => {
  assert.equal(open("#answer-2").state(), "-o-");
  assert.equal(open("#answer-3").state(), "--o");
});

test("other fragments are ignored", () => {
  for (const fragment of ["#", "#toggle-all", "#answer-9", "#%", "#1x"]) assert.equal(open(fragment).state(), "---", fragment);
});

test("buttons look like headings", () => {
  const { buttons, look } = open();
  for (const button of buttons) {
    const style = look(button);
    assert.ok(["transparent", "rgba(0, 0, 0, 0)"].includes(style.backgroundColor), style.backgroundColor);
    assert.equal(style.borderTopStyle, "none");
    assert.equal(style.cursor, "pointer");
    assert.equal(button.hasAttribute("style"), false);
  }
});

test("open questions are bold", () => {
  const { buttons, look } = open();
  buttons[0].click();
  assert.deepEqual(buttons.map((each) => look(each).fontWeight), ["700", "400", "400"]);
  buttons[0].click();
  assert.equal(look(buttons[0]).fontWeight, "400");
});

test("the page has a language and a title", () => {
  const { document } = open();
  assert.equal(document.documentElement.lang, "en");
  assert.equal(document.title, "Questions");
});
