import test from "node:test";
import assert from "node:assert/strict";
import { listHeadings, updateToc } from "./toc.mjs";

const doc = (...lines) => lines.join("\n");
const brief = (...lines) => listHeadings(doc(...lines)).map(({ level, text, line }) => `${line}: h${level} ${text}`);
const text = (source) => listHeadings(`# ${source}`)[0]?.text;
const slugs = (...sources) => listHeadings(sources.map((each) => `# ${each}`).join("\n")).map(({ slug }) => slug);
const table = (source, options) => {
  const lines = updateToc(`<!-- toc -->\n<!-- /toc -->\n${source}`, options).split("\n");
  return lines.slice(2, lines.indexOf("<!-- /toc -->") - 1);
};

test("finds headings of all six levels and what is none", () => {
  assert.deepEqual(
    brief("# One", "##\tTwo  ", "### Three ###", "   #### Four #", "##### Five#", "###### Six \\#", "####### Seven", "#Eight", "    # Nine", "\t# Ten"),
    ["1: h1 One", "2: h2 Two", "3: h3 Three", "4: h4 Four", "5: h5 Five#", "6: h6 Six #"],
  );
  assert.deepEqual(listHeadings("## A"), [{ level: 2, text: "A", slug: "a", line: 1 }]);
});

test("headings without text are left out", () => {
  assert.deepEqual(brief("#", "## ", "### ###", "# <br>", "# **x**"), ["5: h1 x"]);
  assert.deepEqual(slugs("", "?", "<i></i>", "!"), ["section", "section-1"]);
});

test("underlines make the paragraph above a heading", () => {
  assert.deepEqual(brief("One", "===", "", "Two", "goes", "  on  ", "  ---  ", "Three", "=", "# Four", "---", "Five"),
    ["1: h1 One", "4: h2 Two goes on", "8: h1 Three", "10: h1 Four"]);
  assert.deepEqual(brief("", "---", "text", "", "===", "---", "    code", "---", "text", "    more", "-"), ["9: h2 text more"]);
  assert.deepEqual(brief("text", "    ---", "==="), ["1: h1 text ---"]);
});

test("quotes and list items hold no headings", () => {
  assert.deepEqual(brief("- item", "---", "> quote", "===", "1. one", "---", "12) # x", "---", "* # star", "+", "==="), []);
  assert.deepEqual(brief("text", "- item", "---", "1.5 is", "---", "*word*", "---"), ["4: h2 1.5 is", "6: h2 word"]);
});

test("fences hide their lines up to a fitting end", () => {
  assert.deepEqual(brief("```js", "# a", "~~~", "``", "# b", "`````  ", "# C"), ["7: h1 C"]);
  assert.deepEqual(brief("~~~~ `x`", "# a", "~~~", "```", "    ~~~~", "~~~~ x", "   ~~~~", "# C"), ["8: h1 C"]);
  assert.deepEqual(brief("``` a`b", "# A", "```", "# b"), ["2: h1 A"]);
  assert.deepEqual(brief("text", "```", "---", "```", "---"), []);
  assert.deepEqual(brief("    ```", "# A"), ["2: h1 A"]);
});

test("comments hide their lines", () => {
  assert.deepEqual(brief("<!-- # a -->", "# B", "  <!-- x", "# c", "# d --> # e", "# F"), ["2: h1 B", "6: h1 F"]);
  assert.deepEqual(brief("text", "<!-- x -->", "---", "a <!-- b", "---", "# C"), ["4: h2 a <!-- b", "6: h1 C"]);
  assert.deepEqual(brief("    <!-- x", "# A", "<!--", "# b", "-->", "# C"), ["2: h1 A", "6: h1 C"]);
});

test("front matter is ignored if it is one", () => {
  assert.deepEqual(brief("---", "title: x", "# y", "---", "# A"), ["5: h1 A"]);
  assert.deepEqual(brief("---", "title", "===", "--- "), ["2: h1 title"]);
  assert.deepEqual(brief("", "---", "a", "---"), ["3: h2 a"]);
});

test("code spans and escapes go before all other markup", () => {
  assert.equal(text("Use `*x*` and `` a`b ``"), "Use *x* and a`b");
  assert.equal(text("\\*not\\* \\[x\\](y) \\\\ \\q"), "*not* [x](y) \\ \\q");
  assert.equal(text("`[a](b)` and *`_c_`*"), "[a](b) and _c_");
  assert.equal(text("a ` b `` c"), "a ` b `` c");
  assert.equal(text("`<b>` <b>bold</b> <br/> 1 < 2"), "<b> bold 1 < 2");
});

test("links and images leave their text", () => {
  assert.equal(text("See [the *docs*](http://x.y/z) now"), "See the docs now");
  assert.equal(text("[a][1] ![logo](l.png) ![b][]"), "a logo b");
  assert.equal(text("[![alt `x`](i.png)](url) [open] (x)"), "alt x [open] (x)");
});

test("emphasis is dropped where it is emphasis", () => {
  assert.equal(text("**a *b* c** __d__ _e_ *f*g"), "a b c d e fg");
  assert.equal(text("snake_case_name and _x_y 2 * 3 * 4"), "snake_case_name and _x_y 2 * 3 * 4");
  assert.equal(text("*a   b*   **c**"), "a b c");
});

test("slugs keep letters of all scripts", () => {
  assert.deepEqual(slugs("Größe & Maß", "C++ / C#", "日本語 Text", "a_b-c", "Use `-v`", "1.2 New!"),
    ["größe--maß", "c--c", "日本語-text", "a_b-c", "use--v", "12-new"]);
});

test("slugs are never given twice", () => {
  assert.deepEqual(slugs("A", "A", "A 1", "A", "a-1", "A"), ["a", "a-1", "a-1-1", "a-2", "a-1-2", "a-3"]);
  assert.deepEqual(slugs("A-1", "A", "A", "constructor", "__proto__"), ["a-1", "a", "a-2", "constructor", "proto"]);
});

test("a table lists its levels and escapes its texts", () => {
  assert.deepEqual(table("# T\n## a_b\n### [x] `*`\n#### deep\n## T"),
    ["- [a\\_b](#a_b)", "  - [\\[x\\] \\*](#x-)", "- [T](#t-1)"]);
  assert.deepEqual(table("# T\n## U", { min: 1, max: 1 }), ["- [T](#t)"]);
  assert.deepEqual(table("## \\<a\\> \\\\ \\`"), ["- [\\<a> \\\\ \\`](#a--)"]);
});

test("entries are indented by what they lie below", () => {
  assert.deepEqual(table("#### a\n## b\n#### c\n### d\n###### e\n# f\n### g", { min: 1, max: 6 }), [
    "- [a](#a)", "- [b](#b)", "  - [c](#c)", "  - [d](#d)", "    - [e](#e)", "- [f](#f)", "  - [g](#g)",
  ]);
});

test("only the lines between the markers change", () => {
  const head = ["# Title", "", "<!-- toc -->"];
  const middle = ["  <!-- /toc --> ", "## A  ", "", "<!-- tocs -->", "<!--  toc   max=1 min=1-->"];
  const tail = ["<!-- /toc -->", ""];
  const given = doc(...head, "old", "```", "<!-- toc -->", ...middle, ...tail);
  const expected = doc(...head, "", "- [A](#a)", "", ...middle, "", "- [Title](#title)", "", ...tail);
  assert.equal(updateToc(given), expected);
  assert.equal(updateToc(expected), expected);
  assert.equal(updateToc("no table\r\n# x"), "no table\r\n# x");
  assert.equal(updateToc("<!-- toc -->\nold\n\n<!-- /toc -->"), "<!-- toc -->\n<!-- /toc -->");
  assert.equal(updateToc("```\n<!-- toc -->\n```\n"), "```\n<!-- toc -->\n```\n");
});

test("line ends are kept, new lines follow the first one", () => {
  assert.equal(updateToc("<!-- toc -->\r\nx\n<!-- /toc -->\n## A\r\n## B"),
    "<!-- toc -->\r\n\r\n- [A](#a)\r\n- [B](#b)\r\n\r\n<!-- /toc -->\n## A\r\n## B");
  assert.equal(updateToc("<!-- toc -->\nx\r\n<!-- /toc -->\r\nA\r\n-\r\n"),
    "<!-- toc -->\n\n- [A](#a)\n\n<!-- /toc -->\r\nA\r\n-\r\n");
});

test("errors name the line", () => {
  for (const call of [listHeadings, updateToc]) {
    assert.throws(() => call("a\n<!-- toc -->\n# b\n<!-- toc -->"), { message: "line 2: toc is not closed" });
    assert.throws(() => call("a\n\n<!-- /toc -->"), { message: "line 3: toc end without a beginning" });
    assert.throws(() => call("<!-- toc max=3 min=7 x -->\n<!-- /toc -->"), { message: "line 1: bad toc option: min=7" });
    assert.throws(() => call("---\n<!-- toc -->\n---\n<!-- toc depth=2 -->\n<!-- /toc -->"), { message: "line 4: bad toc option: depth=2" });
  }
});
