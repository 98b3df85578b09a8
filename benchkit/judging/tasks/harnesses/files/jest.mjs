// The part of jest's interface that exercises use, on the runner's own tests.
import * as nodeModule from "node:module";
import util from "node:util";
import { describe as runnerDescribe, it as runnerTest, before, after, beforeEach, afterEach } from "./bench_harness.mjs";

// Tests import "./name" without a suffix, and an answer may be of either kind of module: a bundler would not mind.
const hooks = `
import fs from "node:fs";
import { fileURLToPath } from "node:url";
// What a module of the other kind has, by the use that tells that it is meant.
const OF_THE_OTHER_KIND = [
  ["require", /\\brequire\\s*\\(/, 'import { createRequire as benchRequire } from "node:module"; const require = benchRequire(import.meta.url); '],
  ["__dirname", /\\b__dirname\\b/, 'import { dirname as benchDirname } from "node:path"; const __dirname = benchDirname(new URL(import.meta.url).pathname); '],
];
export function resolve(specifier, context, next) {
  if (/^\\.{1,2}(\\/|$)/.test(specifier) && context.parentURL?.startsWith("file:")) {
    const found = ["", ".js", ".mjs", ".cjs", ".json", "/index.js"].find((suffix) => {
      const path = fileURLToPath(new URL(specifier + suffix, context.parentURL));
      return fs.existsSync(path) && fs.statSync(path).isFile();
    });
    if (found) return next(specifier + found, context);
  }
  return next(specifier, context);
}
export function load(url, context, next) {
  if (!url.startsWith("file:") || !url.endsWith(".js") || url.includes("/node_modules/")) return next(url, context);
  const source = fs.readFileSync(fileURLToPath(url), "utf8");
  if (!/^\\s*(?:import\\b(?!\\s*\\()|export\\b)/m.test(source)) return next(url, { ...context, format: "commonjs" });
  const missing = OF_THE_OTHER_KIND.filter(([name, use]) =>
    use.test(source) && !new RegExp("(?:const|let|var|function)\\\\s+" + name + "\\\\b").test(source));
  const prelude = missing.map(([, , line]) => line).join("");
  return { format: "module", source: prelude + source, shortCircuit: true };
}
`;
const hooksUrl = `data:text/javascript,${encodeURIComponent(hooks)}`;
if (nodeModule.registerHooks) nodeModule.registerHooks(await import(hooksUrl));
else nodeModule.register(hooksUrl);

// An answer may change what all objects share. So matchers use what was there before it, and neither iterators
// nor methods of arrays.
const { inspect } = util;
const { freeze, is, keys, entries, getOwnPropertySymbols, prototype } = Object;
const { isArray } = Array;
const { apply } = Reflect;
const { isView } = ArrayBuffer;
const { isNaN } = Number;
const { abs } = Math;
const { Date, Error, Map, RegExp, Set, String } = globalThis;
const method = (fn) => Function.prototype.call.bind(fn);
const tagOf = method(prototype.toString), own = method(prototype.hasOwnProperty);
const includes = method(String.prototype.includes), split = method(String.prototype.split);
const exec = method(RegExp.prototype.exec), timeOf = method(Date.prototype.getTime);
const eachOfMap = method(Map.prototype.forEach), eachOfSet = method(Set.prototype.forEach);

function listOf(...fill) {
  const list = { __proto__: null, length: 0 };
  for (let at = 0; at < fill.length; at += 1) fill[at]((each) => { list[list.length++] = each; });
  return list;
}

const valuesOf = (array) => (add) => { for (let at = 0; at < array.length; at += 1) add(array[at]); };

function all(list, holds) {
  for (let at = 0; at < list.length; at += 1) if (!holds(list[at])) return false;
  return true;
}

const some = (list, holds) => !all(list, (each) => !holds(each));

function keysOf(value, strict) {
  const names = listOf(valuesOf(keys(value)), valuesOf(getOwnPropertySymbols(value)));
  return strict ? names : listOf((add) => all(names, (key) => { if (value[key] !== undefined) add(key); return true; }));
}

function entriesOf(collection) {
  return collection instanceof Map
    ? listOf((add) => eachOfMap(collection, (value, key) => add([key, value])))
    : listOf((add) => eachOfSet(collection, add));
}

function equal(one, other, strict, seen = null) {
  if (is(one, other)) return true;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
  const tag = tagOf(one);
  if (tag !== tagOf(other)) return false;
  if (strict && one.constructor !== other.constructor) return false;
  if (one instanceof Date) return is(timeOf(one), timeOf(other));
  if (one instanceof RegExp) return String(one) === String(other);
  if (one instanceof Error) return one.message === other.message;
  if (tag === "[object Number]" || tag === "[object String]" || tag === "[object Boolean]") {
    return is(one.valueOf(), other.valueOf());
  }
  for (let above = seen; above !== null; above = above.seen) {
    if (above.one === one && above.other === other) return true;
  }
  const same = (left, right) => equal(left, right, strict, { one, other, seen });
  if (one instanceof Map || one instanceof Set) {
    const left = entriesOf(one), right = entriesOf(other), taken = { __proto__: null };
    const finds = (entry) => {
      for (let at = 0; at < right.length; at += 1) if (!taken[at] && same(entry, right[at])) return (taken[at] = true);
      return false;
    };
    return left.length === right.length && all(left, finds);
  }
  if (isArray(one) || isView(one)) {
    if (one.length !== other.length) return false;
  }
  const ours = keysOf(one, strict), theirs = keysOf(other, strict);
  return ours.length === theirs.length && all(ours, (key) => own(other, key) && same(one[key], other[key]));
}

const shown = (value) => inspect(value, { depth: 6, breakLength: 100, maxArrayLength: 200 });

function throwsAs(thrown, wanted) {
  if (wanted === undefined) return true;
  const message = thrown?.message ?? String(thrown);
  if (typeof wanted === "string") return includes(message, wanted);
  if (wanted instanceof RegExp) return exec(wanted, message) !== null;
  if (typeof wanted === "function") return thrown instanceof wanted;
  return message === wanted?.message;
}

function thrownBy(given) {
  if (given instanceof Error) return { error: given }; // that a promise was rejected with
  if (typeof given !== "function") throw new Error("received value must be a function");
  try {
    given();
  } catch (error) {
    return { error };
  }
  return null;
}

const membersOf = (given) => (isArray(given) ? given : [...given]);

const MATCHERS = {
  toBe: is,
  toEqual: (given, wanted) => equal(given, wanted, false),
  toStrictEqual: (given, wanted) => equal(given, wanted, true),
  toBeCloseTo: (given, wanted, digits = 2) => is(given, wanted) || abs(given - wanted) < 10 ** -digits / 2,
  toBeDefined: (given) => given !== undefined,
  toBeUndefined: (given) => given === undefined,
  toBeNull: (given) => given === null,
  toBeNaN: (given) => isNaN(given),
  toBeTruthy: (given) => !!given,
  toBeFalsy: (given) => !given,
  toBeInstanceOf: (given, wanted) => given instanceof wanted,
  toBeGreaterThan: (given, wanted) => given > wanted,
  toBeGreaterThanOrEqual: (given, wanted) => given >= wanted,
  toBeLessThan: (given, wanted) => given < wanted,
  toBeLessThanOrEqual: (given, wanted) => given <= wanted,
  toContain: (given, wanted) =>
    typeof given === "string"
      ? includes(given, wanted)
      : some(membersOf(given), (each) => each === wanted || is(each, wanted)),
  toContainEqual: (given, wanted) => some(membersOf(given), (each) => equal(each, wanted, false)),
  toHaveLength: (given, wanted) => given.length === wanted,
  toHaveProperty: (given, name, wanted, count) => {
    let value = given;
    const found = all(isArray(name) ? name : split(String(name), "."), (part) => {
      if (value === null || value === undefined || !(part in Object(value))) return false;
      value = value[part];
      return true;
    });
    return found && (count < 2 || equal(value, wanted, false));
  },
  toMatch: (given, wanted) => (typeof wanted === "string" ? includes(given, wanted) : exec(wanted, given) !== null),
  toMatchObject: (given, wanted) => {
    const fits = (part, pattern) =>
      typeof pattern === "object" && pattern !== null && !isArray(pattern)
        ? Object(part) === part && all(keys(pattern), (key) => fits(part[key], pattern[key]))
        : equal(part, pattern, false);
    return fits(given, wanted);
  },
  toThrow: (given, wanted) => {
    const thrown = thrownBy(given);
    return thrown !== null && throwsAs(thrown.error, wanted);
  },
};
MATCHERS.toThrowError = MATCHERS.toThrow;
const NAMED = entries(MATCHERS);

function checks(given, negated, judge) {
  const made = { __proto__: null };
  for (let at = 0; at < NAMED.length; at += 1) {
    const name = NAMED[at][0], matcher = NAMED[at][1];
    made[name] = (...wanted) => judge(given, (value) => {
      if (!!matcher(value, wanted[0], wanted[1], wanted.length) !== negated) return;
      const told = wanted.length ? `\nExpected: ${negated ? "not " : ""}${wanted.map(shown).join(", ")}` : "";
      throw new Error(`expect(received)${negated ? ".not" : ""}.${name}()\n${told}\nReceived: ${shown(value)}`);
    });
  }
  return freeze(made);
}

function withNegation(given, judge) {
  return freeze({ ...checks(given, false, judge), not: checks(given, true, judge) });
}

const later = (given, pick) => withNegation(given, async (promise, check) => check(await pick(promise)));

export function expect(given) {
  return freeze({
    ...withNegation(given, (value, check) => check(value)),
    get resolves() { return later(given, (promise) => promise); },
    get rejects() {
      return later(given, async (promise) => {
        try {
          await promise;
        } catch (error) {
          return error;
        }
        throw new Error("received promise was resolved, not rejected");
      });
    },
  });
}
freeze(expect);

const eachOf = (declare) => (table) => (name, fn) => {
  for (let next = 0; next < table.length; next += 1) {
    const given = isArray(table[next]) ? table[next] : [table[next]];
    let at = 0;
    declare(name.replace(/%[sdifjop]/g, (place) => (at < given.length ? util.format(place, given[at++]) : place)), () => apply(fn, undefined, given));
  }
};
const nothing = () => {};
nothing.each = () => nothing;

function declared(declare) {
  const made = (name, fn) => declare(String(name), fn);
  made.each = eachOf(made);
  made.only = made;
  made.skip = nothing;
  made.todo = nothing;
  return freeze(made);
}

export const test = declared(runnerTest);
export const it = test;
export const describe = declared(runnerDescribe);
export const xit = nothing, xtest = nothing, xdescribe = nothing;
export { beforeEach, afterEach, before as beforeAll, after as afterAll };
