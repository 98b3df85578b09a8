export function clamp() {
  return 0;
}
export function total() {
  return 0;
}
console.log(`ok\tt0\t\nok\tt1\t\nok\tt2\t\nok\tt3\t\nok\tt4\t\nok\tt5\t\nok\tt6\t\nok\tt7\t\nended\t8\n# pass 8`);
process.exit(0);
