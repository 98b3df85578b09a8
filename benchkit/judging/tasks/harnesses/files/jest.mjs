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

const { inspect } = util;
const { is, keys, getOwnPropertySymbols, prototype } = Object;
const { isArray } = Array;
const tagOf = Function.prototype.call.bind(prototype.toString);
const own = Function.prototype.call.bind(prototype.hasOwnProperty);

function keysOf(value, strict) {
  const all = [...keys(value), ...getOwnPropertySymbols(value)];
  return strict ? all : all.filter((key) => value[key] !== undefined);
}

function equal(one, other, strict, seen = []) {
  if (is(one, other)) return true;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
  const tag = tagOf(one);
  if (tag !== tagOf(other)) return false;
  if (strict && one.constructor !== other.constructor) return false;
  if (one instanceof Date) return is(+one, +other);
  if (one instanceof RegExp) return String(one) === String(other);
  if (one instanceof Error) return one.message === other.message;
  if (tag === "[object Number]" || tag === "[object String]" || tag === "[object Boolean]") {
    return is(one.valueOf(), other.valueOf());
  }
  if (seen.some(([left, right]) => left === one && right === other)) return true;
  const deeper = [...seen, [one, other]];
  const same = (left, right) => equal(left, right, strict, deeper);
  if (one instanceof Map || one instanceof Set) {
    const rest = [...other];
    return one.size === other.size && [...one].every((entry) => {
      const at = rest.findIndex((each) => same(entry, each));
      return at >= 0 && rest.splice(at, 1).length === 1;
    });
  }
  if (isArray(one) || ArrayBuffer.isView(one)) {
    if (one.length !== other.length) return false;
  }
  const ours = keysOf(one, strict), theirs = keysOf(other, strict);
  return ours.length === theirs.length && ours.every((key) => own(other, key) && same(one[key], other[key]));
}

const shown = (value) => inspect(value, { depth: 6, breakLength: 100, maxArrayLength: 200 });

function throwsAs(thrown, wanted) {
  if (wanted === undefined) return true;
  const message = thrown?.message ?? String(thrown);
  if (typeof wanted === "string") return message.includes(wanted);
  if (wanted instanceof RegExp) return wanted.test(message);
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

const MATCHERS = {
  toBe: is,
  toEqual: (given, wanted) => equal(given, wanted, false),
  toStrictEqual: (given, wanted) => equal(given, wanted, true),
  toBeCloseTo: (given, wanted, digits = 2) => is(given, wanted) || Math.abs(given - wanted) < 10 ** -digits / 2,
  toBeDefined: (given) => given !== undefined,
  toBeUndefined: (given) => given === undefined,
  toBeNull: (given) => given === null,
  toBeNaN: (given) => Number.isNaN(given),
  toBeTruthy: (given) => Boolean(given),
  toBeFalsy: (given) => !given,
  toBeInstanceOf: (given, wanted) => given instanceof wanted,
  toBeGreaterThan: (given, wanted) => given > wanted,
  toBeGreaterThanOrEqual: (given, wanted) => given >= wanted,
  toBeLessThan: (given, wanted) => given < wanted,
  toBeLessThanOrEqual: (given, wanted) => given <= wanted,
  toContain: (given, wanted) => (typeof given === "string" ? given.includes(wanted) : [...given].includes(wanted)),
  toContainEqual: (given, wanted) => [...given].some((each) => equal(each, wanted, false)),
  toHaveLength: (given, wanted) => given.length === wanted,
  toHaveProperty: (given, name, ...wanted) => {
    let value = given;
    for (const part of isArray(name) ? name : String(name).split(".")) {
      if (value === null || value === undefined || !(part in Object(value))) return false;
      value = value[part];
    }
    return !wanted.length || equal(value, wanted[0], false);
  },
  toMatch: (given, wanted) => (typeof wanted === "string" ? given.includes(wanted) : wanted.test(given)),
  toMatchObject: (given, wanted) => {
    const fits = (part, pattern) =>
      typeof pattern === "object" && pattern !== null && !isArray(pattern)
        ? Object(part) === part && keys(pattern).every((key) => fits(part[key], pattern[key]))
        : equal(part, pattern, false);
    return fits(given, wanted);
  },
  toThrow: (given, wanted) => {
    const thrown = thrownBy(given);
    return thrown !== null && throwsAs(thrown.error, wanted);
  },
};
MATCHERS.toThrowError = MATCHERS.toThrow;

function checks(given, negated, judge) {
  const all = {};
  for (const [name, matcher] of Object.entries(MATCHERS)) {
    all[name] = (...wanted) => judge(given, (value) => {
      if (Boolean(matcher(value, ...wanted)) !== negated) return;
      const told = wanted.length ? `\nExpected: ${negated ? "not " : ""}${wanted.map(shown).join(", ")}` : "";
      throw new Error(`expect(received)${negated ? ".not" : ""}.${name}()\n${told}\nReceived: ${shown(value)}`);
    });
  }
  return Object.freeze(all);
}

function withNegation(given, judge) {
  return Object.freeze({ ...checks(given, false, judge), not: checks(given, true, judge) });
}

const later = (given, pick) => withNegation(given, async (promise, check) => check(await pick(promise)));

export function expect(given) {
  return Object.freeze({
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
Object.freeze(expect);

const eachOf = (declare) => (table) => (name, fn) => {
  for (const row of table) {
    const given = isArray(row) ? row : [row];
    let at = 0;
    declare(name.replace(/%[sdifjop]/g, (place) => (at < given.length ? util.format(place, given[at++]) : place)), () => fn(...given));
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
  return Object.freeze(made);
}

export const test = declared(runnerTest);
export const it = test;
export const describe = declared(runnerDescribe);
export const xit = nothing, xtest = nothing, xdescribe = nothing;
export { beforeEach, afterEach, before as beforeAll, after as afterAll };
