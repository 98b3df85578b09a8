// What tests of pages use of node:assert/strict, in a browser's page.
class AssertionError extends Error {
  name = "AssertionError";
}
const shown = (value) => {
  try {
    return typeof value === "string" ? JSON.stringify(value) : (JSON.stringify(value) ?? String(value));
  } catch {
    return String(value);
  }
};
const need = (sound, message, otherwise) => {
  if (sound) return;
  if (message instanceof Error) throw message;
  throw new AssertionError(message ?? otherwise());
};
const kind = (value) => Object.prototype.toString.call(value);

function same(one, other) {
  if (Object.is(one, other)) return true;
  if (typeof one !== "object" || typeof other !== "object" || !one || !other) return false;
  if (kind(one) !== kind(other)) return false;
  if (kind(one) === "[object Map]" || kind(one) === "[object Set]") return same([...one], [...other]);
  if (kind(one) === "[object Date]") return one.getTime() === other.getTime();
  const names = Object.keys(one);
  return names.length === Object.keys(other).length
    && names.every((name) => Object.hasOwn(other, name) && same(one[name], other[name]));
}

function fits(error, expected) {
  if (expected === undefined) return true;
  if (kind(expected) === "[object RegExp]") return expected.test(String(error));
  if (typeof expected === "function") {
    return expected.prototype !== undefined && error instanceof expected ? true
      : Error.isPrototypeOf(expected) || expected === Error ? error?.name === expected.name : expected(error) === true;
  }
  return Object.keys(expected).every((name) => kind(expected[name]) === "[object RegExp]"
    ? expected[name].test(error[name]) : same(error[name], expected[name]));
}

export const ok = (value, message) => need(value, message, () => `${shown(value)} is not true`);
export const equal = (one, other, message) => need(Object.is(one, other), message, () => `${shown(one)} is not ${shown(other)}`);
export const notEqual = (one, other, message) => need(!Object.is(one, other), message, () => `both are ${shown(one)}`);
export const deepEqual = (one, other, message) => need(same(one, other), message, () => `${shown(one)} is not ${shown(other)}`);
export const notDeepEqual = (one, other, message) => need(!same(one, other), message, () => `both are ${shown(one)}`);
export const match = (text, pattern, message) => need(pattern.test(text), message, () => `${shown(text)} does not match ${pattern}`);
export const doesNotMatch = (text, pattern, message) => need(!pattern.test(text), message, () => `${shown(text)} matches ${pattern}`);
export const fail = (message) => need(false, message, () => "failed");
export function throws(fn, expected, message) {
  let error, thrown = false;
  try {
    fn();
  } catch (found) {
    [error, thrown] = [found, true];
  }
  need(thrown && fits(error, expected), message, () => (thrown ? `threw ${error}` : "threw nothing"));
}
export const doesNotThrow = (fn) => void fn();
export async function rejects(work, expected, message) {
  let error, thrown = false;
  try {
    await (typeof work === "function" ? work() : work);
  } catch (found) {
    [error, thrown] = [found, true];
  }
  need(thrown && fits(error, expected), message, () => (thrown ? `rejected with ${error}` : "did not reject"));
}
export { equal as strictEqual, deepEqual as deepStrictEqual, notEqual as notStrictEqual, AssertionError };
const assert = Object.assign((value, message) => ok(value, message), {
  ok, equal, notEqual, deepEqual, notDeepEqual, match, doesNotMatch, fail, throws, doesNotThrow, rejects,
  strictEqual: equal, deepStrictEqual: deepEqual, notStrictEqual: notEqual, AssertionError,
});
assert.strict = assert;
export default assert;
