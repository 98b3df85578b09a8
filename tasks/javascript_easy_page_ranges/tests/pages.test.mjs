import test from "node:test";
import assert from "node:assert/strict";
import { formatPages, parsePages } from "./pages.mjs";

const refuses = (text, last, name, message) =>
  assert.throws(() => parsePages(text, last), { name, message });

test("formats runs of three or more with a dash", () => {
  assert.equal(formatPages([1, 2, 3, 4]), "1-4");
  assert.equal(formatPages([4, 5, 6, 8, 9, 10]), "4-6, 8-10");
});

test("formats two neighbours as single pages", () => {
  assert.equal(formatPages([7, 8]), "7, 8");
  assert.equal(formatPages([1, 2, 4, 5, 6]), "1, 2, 4-6");
});

test("formats nothing and one page", () => {
  assert.equal(formatPages([]), "");
  assert.equal(formatPages([12]), "12");
});

test("sorts by number and drops repetitions", () => {
  assert.equal(formatPages([10, 9, 2, 1, 100, 11, 10, 2]), "1, 2, 9-11, 100");
  assert.equal(formatPages([3, 3, 3]), "3");
});

test("leaves the given array alone", () => {
  const pages = [3, 1, 2, 2];
  formatPages(pages);
  assert.deepEqual(pages, [3, 1, 2, 2]);
});

test("reads pages and ranges", () => {
  assert.deepEqual(parsePages("7", 10), [7]);
  assert.deepEqual(parsePages("2-5,9", 10), [2, 3, 4, 5, 9]);
  assert.deepEqual(parsePages("4-4", 4), [4]);
});

test("reads open ranges", () => {
  assert.deepEqual(parsePages("-3", 10), [1, 2, 3]);
  assert.deepEqual(parsePages("8-", 10), [8, 9, 10]);
  assert.deepEqual(parsePages("10-", 10), [10]);
});

test("returns ascending pages once each", () => {
  assert.deepEqual(parsePages("10, 9, 2-4, 3-5, 2", 10), [2, 3, 4, 5, 9, 10]);
});

test("white space means nothing around parts and dashes", () => {
  assert.deepEqual(parsePages("  2 - 4 ,\t6 , - 1 ", 10), [1, 2, 3, 4, 6]);
  assert.deepEqual(parsePages("", 10), []);
  assert.deepEqual(parsePages(" \t ", 10), []);
});

test("leading zeros are allowed", () => assert.deepEqual(parsePages("007-08", 10), [7, 8]));

test("other forms are refused with their part", () => {
  for (const part of ["abc", "-", "1-2-3", "1 2", "1.5", "+3", "1e1", "--2", "٣", "0x5"]) {
    refuses(`1, ${part} , 2`, 99, "SyntaxError", `not a page: ${part}`);
  }
});

test("empty parts are refused", () => {
  refuses("1,,2", 9, "SyntaxError", "not a page: ");
  refuses("1,", 9, "SyntaxError", "not a page: ");
  refuses(",", 9, "SyntaxError", "not a page: ");
});

test("pages outside of the document are refused", () => {
  refuses("11", 10, "RangeError", "no page 11");
  refuses("000", 10, "RangeError", "no page 0");
  refuses("0-20", 10, "RangeError", "no page 0");
  refuses("3-020", 10, "RangeError", "no page 20");
  refuses("12-", 10, "RangeError", "no page 12");
  refuses("-11", 10, "RangeError", "no page 11");
});

test("backward ranges are refused after pages outside", () => {
  refuses("5-3", 10, "RangeError", "backward range: 5-3");
  refuses(" 5 - 3 ", 10, "RangeError", "backward range: 5 - 3");
  refuses("12-3", 10, "RangeError", "no page 12");
});

test("the leftmost faulty part decides", () => {
  refuses("5-3, abc", 10, "RangeError", "backward range: 5-3");
  refuses("abc, 99", 10, "SyntaxError", "not a page: abc");
});
