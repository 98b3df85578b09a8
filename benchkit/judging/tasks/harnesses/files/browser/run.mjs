// Runs the tests, then looks whether everybody can use what they left; the report is a global variable at its end.
import { shownNow } from "jsdom";
import { run } from "node:test";
import { readFileSync } from "node:fs";

const report = { checks: [], axe: null };

async function axeReport() {
  const source = readFileSync("bench_browser/axe.js");
  if (!source) return null;
  shownNow.window.eval(source);
  const found = await shownNow.window.axe.run(shownNow.window.document);
  const told = ({ id, impact, help, nodes }) => ({ id, impact, help, places: nodes.map((each) => each.target.join(" ")) });
  return { version: found.testEngine.version, violations: found.violations.map(told), passes: found.passes.length };
}

try {
  for (const name of TESTS) await import(new URL(name, document.baseURI));
  report.checks = await run();
} catch (error) {
  report.checks.push(["failed", "outside of the tests", String(error?.message ?? error)]);
}
try {
  report.axe = await axeReport();
} catch (error) {
  report.axe = { error: String(error?.message ?? error) };
}
globalThis.benchReport = JSON.stringify(report);
