// What tests of pages use of node:test, in a browser's page.
const root = { entries: [], beforeEach: [], afterEach: [], before: [], after: [] };
let current = root;

function parts(given) {
  const name = given.find((one) => typeof one === "string");
  const fn = given.find((one) => typeof one === "function") ?? (() => {});
  const options = given.find((one) => one !== null && typeof one === "object") ?? {};
  return { name: name ?? fn.name ?? "<anonymous>", fn, skip: Boolean(options.skip || options.todo) };
}

export function test(...given) {
  current.entries.push(parts(given));
  return Promise.resolve();
}
export function describe(...given) {
  const { name, fn } = parts(given);
  const suite = { name, entries: [], beforeEach: [], afterEach: [], before: [], after: [] };
  current.entries.push({ suite });
  const outer = current;
  current = suite;
  try {
    fn({ name });
  } finally {
    current = outer;
  }
}
const hook = (kind) => (fn) => void current[kind].push(fn);
export const beforeEach = hook("beforeEach");
export const afterEach = hook("afterEach");
export const before = hook("before");
export const after = hook("after");
export { test as it, describe as suite };
Object.assign(test, { test, it: test, describe, beforeEach, afterEach, before, after });
test.skip = (...given) => test(...given, { skip: true });
export default test;

async function runOne(entry, around, checks) {
  if (entry.skip) return checks.push(["skipped", entry.name, ""]);
  const ends = [];
  const context = {
    name: entry.name,
    after: (fn) => void ends.push(fn),
    diagnostic() {},
    async test(...given) {
      const inner = parts(given);
      const before = checks.length;
      await runOne({ ...inner, name: `${entry.name} > ${inner.name}` }, [], checks);
      if (checks[before][0] === "failed") throw new Error(`its part ${inner.name} failed`);
    },
  };
  try {
    for (const suite of around) for (const each of suite.beforeEach) await each(context);
    await entry.fn(context);
    for (const suite of [...around].reverse()) for (const each of suite.afterEach) await each(context);
    for (const each of ends) await each(context);
    checks.push(["ok", entry.name, ""]);
  } catch (error) {
    checks.push(["failed", entry.name, String(error?.message ?? error)]);
  }
}

async function runSuite(suite, around, checks) {
  for (const each of suite.before) await each({});
  for (const entry of suite.entries) {
    if (entry.suite) await runSuite(entry.suite, [...around, entry.suite], checks);
    else await runOne(entry, around, checks);
  }
  for (const each of suite.after) await each({});
}

export async function run() {
  const checks = [];
  await runSuite(root, [root], checks);
  return checks;
}
