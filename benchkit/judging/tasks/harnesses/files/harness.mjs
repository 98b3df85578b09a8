// Runs the tests of a workspace and reports with a token. The tests import it in the place of node:test.
// What it needs is taken from Node before a line of the answer runs; the token never becomes a string.
import fs from "node:fs";
import assert from "node:assert";
import { Session } from "node:inspector";
import { resolve } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { mock } from "node:test";

const { readSync, openSync, writeSync, closeSync } = fs;
const { setTimeout, clearTimeout, Buffer, Promise, Error, AbortController, String } = globalThis;
const exit = process.exit.bind(process);
const MockTracker = mock.constructor;
const then = Function.prototype.call.bind(Promise.prototype.then);
const text = (value) => {
  try {
    return `${value}`;
  } catch {
    return "a value that cannot be shown";
  }
};
const oneLine = Function.prototype.call.bind(String.prototype.replaceAll);

const token = Buffer.alloc(4096);
const length = readSync(0, token, 0, 4096, null);
let space = 0;
while (space < length && token[space] !== 32) space += 1;
let end = length;
while (end > 0 && token[end - 1] <= 32) end -= 1;
const report = openSync(token.toString("latin1", space + 1, end), "wx", 0o600);
token.fill(0, space + 1);

// Awaiting a test looks up what promises do, and a frozen assertion stays what it is.
const { AssertionError } = assert;
for (const thing of [assert, assert.strict, AssertionError, AssertionError.prototype, Promise, Promise.prototype]) {
  Object.freeze(thing);
}

let lines = "";
let seen = 0;
let running = null;
const say = (status, name, message) => {
  const clean = oneLine(oneLine(oneLine(text(message), "\n", " "), "\t", " "), "\r", " ");
  lines += `${status}\t${oneLine(oneLine(text(name), "\n", " "), "\t", " ")}\t${clean}\n`;
};

function suite(parent) {
  return { parent, entries: [], before: [], after: [], beforeEach: [], afterEach: [], skip: parent?.skip ?? false };
}
const root = suite(null);
let current = root;

function parsed(parts) {
  let name, options = {}, fn;
  for (let at = 0; at < parts.length; at += 1) {
    const part = parts[at];
    if (typeof part === "function") fn = part;
    else if (typeof part === "string") name = part;
    else if (part !== null && typeof part === "object") options = part;
  }
  return { name: name ?? fn?.name ?? "<anonymous>", options, fn: fn ?? (() => {}) };
}

function declare(parts, further = {}) {
  const { name, options, fn } = parsed(parts);
  current.entries[current.entries.length] = { name, options: { ...options, ...further }, fn };
  return new Promise((done) => done());
}

function declareSuite(parts, further = {}) {
  const { name, options, fn } = parsed(parts);
  const own = suite(current);
  own.name = name;
  own.skip = own.skip || Boolean({ ...options, ...further }.skip);
  current.entries[current.entries.length] = { suite: own };
  const outer = current;
  current = own;
  try {
    own.ready = fn({ name });
  } finally {
    current = outer;
  }
}

function withKinds(take) {
  const made = (...parts) => take(parts);
  made.skip = (...parts) => take(parts, { skip: true });
  made.todo = (...parts) => take(parts, { todo: true });
  made.only = made;
  return made;
}
const hook = (kind) => (fn) => {
  current[kind][current[kind].length] = fn;
};

export const test = withKinds(declare);
export const it = test;
export const describe = withKinds(declareSuite);
export { describe as suite, mock };
export const before = hook("before");
export const after = hook("after");
export const beforeEach = hook("beforeEach");
export const afterEach = hook("afterEach");
Object.assign(test, { test, it, describe, suite: describe, before, after, beforeEach, afterEach, mock });
Object.freeze(test);
export default test;

async function called(fn, context) {
  if (fn.length < 2) return fn(context);
  return new Promise((done, fail) => {
    fn(context, (error) => (error ? fail(error) : done()));
  });
}

async function limited(work, ms) {
  if (!(ms > 0 && ms < 2 ** 31)) return work;
  let timer;
  const late = new Promise((_, fail) => {
    timer = setTimeout(() => fail(new Error(`took longer than ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function contextOf(state) {
  const controller = new AbortController();
  let tracker;
  const context = {
    name: state.name,
    signal: controller.signal,
    assert,
    diagnostic() {},
    plan() {},
    runOnly() {},
    skip(reason) { state.skipped = reason ?? true; },
    todo() {},
    after(fn) { state.after[state.after.length] = fn; },
    before(fn) { return fn(context); },
    beforeEach(fn) { state.beforeEach[state.beforeEach.length] = fn; },
    afterEach(fn) { state.afterEach[state.afterEach.length] = fn; },
    get mock() { return (tracker ??= new MockTracker()); },
    async test(...parts) {
      const { name, options, fn } = parsed(parts);
      for (const each of state.beforeEach) await each(context);
      const sound = await runOne(`${state.name} > ${name}`, options, fn, []);
      for (const each of state.afterEach) await each(context);
      if (!sound) state.failed ??= new Error(`its part ${name} failed`);
    },
  };
  state.end = () => {
    tracker?.reset?.();
    controller.abort();
  };
  return context;
}

async function runOne(name, options, fn, around) {
  seen += 1;
  if (options.skip || options.todo) {
    say("skipped", name, "");
    return true;
  }
  const state = { name, after: [], beforeEach: [], afterEach: [], failed: undefined, skipped: undefined };
  const outer = running;
  running = state;
  const context = contextOf(state);
  let failed = false, error;
  try {
    for (const [beforeOne] of around) for (const each of beforeOne) await each(context);
    await limited(called(fn, context), options.timeout);
  } catch (thrown) {
    failed = true;
    error = thrown;
  }
  const ends = [...around].reverse().flatMap(([, afterOne]) => afterOne);
  for (const each of [...state.after, ...ends]) {
    try {
      await each(context);
    } catch (thrown) {
      if (!failed) error = thrown;
      failed = true;
    }
  }
  state.end();
  running = outer;
  if (!failed && state.failed !== undefined) {
    failed = true;
    error = state.failed;
  }
  if (failed) {
    say("failed", name, error?.message ?? error);
    console.error(`FAIL: ${name}\n${text(error?.stack ?? error)}\n`);
  } else if (state.skipped !== undefined) {
    say("skipped", name, "");
  } else {
    say("ok", name, "");
  }
  return !failed;
}

async function runSuite(own, around) {
  await own.ready;
  if (!own.skip) for (const each of own.before) await each({ name: own.name });
  const inner = [...around, [own.beforeEach, own.afterEach]];
  for (let at = 0; at < own.entries.length; at += 1) {
    const entry = own.entries[at];
    if (entry.suite) await runSuite(entry.suite, inner);
    else await runOne(entry.name, own.skip ? { skip: true } : entry.options, entry.fn, inner);
  }
  if (!own.skip) for (const each of own.after) await each({ name: own.name });
}

function uncaught(error) {
  if (running) running.failed ??= error ?? new Error("an uncaught exception");
  else {
    say("failed", "outside of the tests", error?.message ?? error);
    console.error(text(error?.stack ?? error));
  }
}
process.on("uncaughtException", uncaught);
process.on("unhandledRejection", uncaught);

// How much of these files runs: V8 counts by ranges of characters, people by lines.
const inspector = MEASURED.length ? new Session() : null;
const post = (method, given) => {
  let answer;
  inspector.post(method, given, (_, found) => { answer = found; });
  return answer;
};
if (inspector !== null) {
  inspector.connect();
  post("Profiler.enable");
  post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
}

function linesRun(name, functions) {
  const source = fs.readFileSync(name, "utf8");
  const counts = new Int32Array(source.length).fill(1);
  for (const { ranges } of functions) {
    for (const { startOffset, endOffset, count } of ranges) counts.fill(count, startOffset, endOffset);
  }
  let at = 0, ran = 0, all = 0;
  for (const line of source.split("\n")) {
    const start = at + line.length - line.trimStart().length;
    if (/[\w]/.test(line) && !/^\s*(\/\/|\*|\/\*)/.test(line)) {
      all += 1;
      if (counts[start] > 0) ran += 1;
    }
    at += line.length + 1;
  }
  return [ran, all];
}

function coverage() {
  if (inspector === null) return;
  const found = post("Profiler.takePreciseCoverage").result;
  let ran = 0, all = 0;
  for (const name of MEASURED) {
    const script = found.find((each) => each.url === pathToFileURL(resolve(name)).href);
    const [some, whole] = linesRun(name, script?.functions ?? [{ ranges: [{ startOffset: 0, endOffset: 1e9, count: 0 }] }]);
    ran += some;
    all += whole;
  }
  lines += `coverage\t${ran}\t${all}\n`;
}

function handIn() {
  coverage();
  writeSync(report, token, 0, space);
  const rest = Buffer.from(`\nstarted\n${lines}ended\t${seen}`, "utf8");
  let at = 0;
  while (at < rest.length) at += writeSync(report, rest, at);
  closeSync(report);
  exit(0);
}

for (const [name, target] of LINKS) {
  const folder = name.includes("/") ? `node_modules/${name.split("/")[0]}` : "node_modules";
  fs.mkdirSync(folder, { recursive: true });
  fs.symlinkSync(target, `node_modules/${name}`);
}
then(import("./bench_entry.mjs"), async () => {
  await runSuite(root, []);
  handIn();
}).catch((error) => {
  say("failed", "outside of the tests", error?.message ?? error);
  console.error(text(error?.stack ?? error));
  handIn();
});
