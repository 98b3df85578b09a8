import { test } from "./bench_harness.mjs";
export function clamp() {
  return 0;
}
export function total() {
  return 0;
}
for (let n = 0; n < 20; n += 1) test(`t${n}`, () => {});
