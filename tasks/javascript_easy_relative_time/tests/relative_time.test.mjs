import test from "node:test";
import assert from "node:assert/strict";
import { relativeTime } from "./relative_time.mjs";

const NOW = Date.UTC(2026, 4, 17, 12, 30);
const SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR;
const before = (distance) => relativeTime(NOW - distance, NOW);
const after = (distance) => relativeTime(NOW + distance, NOW);

test("less than a minute is just now on both sides", () => {
  for (const distance of [0, 1, 59 * SECOND, MINUTE - 1]) {
    assert.equal(before(distance), "just now");
    assert.equal(after(distance), "just now");
  }
});

test("minutes begin at sixty seconds and are rounded down", () => {
  assert.equal(before(MINUTE), "1 minute ago");
  assert.equal(before(2 * MINUTE - 1), "1 minute ago");
  assert.equal(before(2 * MINUTE), "2 minutes ago");
  assert.equal(before(HOUR - 1), "59 minutes ago");
});

test("the future is told with in", () => {
  assert.equal(after(MINUTE), "in 1 minute");
  assert.equal(after(90 * SECOND), "in 1 minute");
  assert.equal(after(40 * MINUTE), "in 40 minutes");
  assert.equal(after(3 * HOUR), "in 3 hours");
});

test("hours go up to one day", () => {
  assert.equal(before(HOUR), "1 hour ago");
  assert.equal(before(DAY - 1), "23 hours ago");
  assert.equal(after(DAY - 1), "in 23 hours");
});

test("one day has words of its own", () => {
  assert.equal(before(DAY), "yesterday");
  assert.equal(before(2 * DAY - 1), "yesterday");
  assert.equal(after(DAY), "tomorrow");
  assert.equal(after(2 * DAY - 1), "tomorrow");
});

test("days go from two to six", () => {
  assert.equal(before(2 * DAY), "2 days ago");
  assert.equal(after(7 * DAY - 1), "in 6 days");
});

test("weeks go up to thirty days", () => {
  assert.equal(before(7 * DAY), "1 week ago");
  assert.equal(before(29 * DAY), "4 weeks ago");
  assert.equal(after(14 * DAY), "in 2 weeks");
});

test("months have thirty days and can be twelve", () => {
  assert.equal(before(30 * DAY), "1 month ago");
  assert.equal(before(364 * DAY), "12 months ago");
  assert.equal(after(75 * DAY), "in 2 months");
});

test("years have 365 days", () => {
  assert.equal(before(365 * DAY), "1 year ago");
  assert.equal(after(730 * DAY), "in 2 years");
  assert.equal(before(3649 * DAY), "9 years ago");
});

test("dates and numbers may be mixed and stay as they are", () => {
  const date = new Date(NOW - HOUR);
  assert.equal(relativeTime(date, NOW), "1 hour ago");
  assert.equal(relativeTime(NOW, date), "in 1 hour");
  assert.equal(relativeTime(date, new Date(NOW)), "1 hour ago");
  assert.equal(date.getTime(), NOW - HOUR);
});

test("the moment zero is a moment", () => {
  assert.equal(relativeTime(0, HOUR), "1 hour ago");
  assert.equal(relativeTime(HOUR, 0), "in 1 hour");
});

test("anything else is refused", () => {
  for (const bad of [NaN, Infinity, -Infinity, new Date("no date"), "2026-05-17", null, undefined, {}]) {
    assert.throws(() => relativeTime(bad, NOW), { name: "TypeError", message: "not a moment" });
    assert.throws(() => relativeTime(NOW, bad), { name: "TypeError", message: "not a moment" });
  }
});
