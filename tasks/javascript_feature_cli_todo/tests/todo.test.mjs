import test from "node:test";
import assert from "node:assert/strict";
import { main } from "./todo.mjs";

/** A list of its own; returns a function that runs one command line, split at spaces, or an array. */
function newList(content = null, today = "2026-05-17") {
  let text = content, writes = 0;
  const store = { read: () => text, write: (next) => { text = next; writes += 1; } };
  const run = (line) => {
    let out = "", err = "";
    const argv = Array.isArray(line) ? line : line.split(" ").filter(Boolean);
    const code = main(argv, { stdout: { write: (part) => { out += part; } }, stderr: { write: (part) => { err += part; } }, store, today });
    return { code, out, err };
  };
  const says = (line, out) => assert.deepEqual(run(line), { code: 0, out, err: "" });
  const fails = (line, code, message) => {
    const [before, count] = [text, writes];
    assert.deepEqual(run(line), { code, out: "", err: `todo: ${message}\n` });
    assert.deepEqual([text, writes], [before, count], "the store was written");
  };
  return { run, says, fails, writes: () => writes };
}

test("adds and lists", () => {
  const { says } = newList();
  says("list", "nothing to do\n");
  says("add Buy milk", "added 1: Buy milk\n");
  says(["add", " Call ", "Ada "], "added 2: Call  Ada\n");
  says("list", "  1 [ ] Buy milk\n  2 [ ] Call  Ada\n");
});

test("shows dates and tags", () => {
  const { says, run } = newList();
  says("add --tag shop Buy --due 2026-05-17 milk --tag=home --tag shop", "added 1: Buy milk\n");
  run("add --due=2026-05-16 Pay rent");
  run("add --due=2026-01-01 --due 2028-02-29 Leap");
  says("list", "  1 [ ] Buy milk (due 2026-05-17) #home #shop\n  2 [ ] Pay rent (overdue since 2026-05-16)\n  3 [ ] Leap (due 2028-02-29)\n");
});

test("marks as done and opens again", () => {
  const { says, run } = newList();
  run("add --due 2026-05-01 a");
  run("add b");
  says("done 1", "done 1: a\n");
  says("done 1", "done 1: a\n");
  says("list", "  2 [ ] b\n");
  says("list --all", "  1 [x] a (due 2026-05-01)\n  2 [ ] b\n");
  says("undo 1", "opened 1: a\n");
  says("undo 1", "opened 1: a\n");
  says("list", "  1 [ ] a (overdue since 2026-05-01)\n  2 [ ] b\n");
});

test("several ids are taken in the order of the arguments", () => {
  const { says, run } = newList();
  for (const word of ["a", "b", "c"]) run(`add ${word}`);
  says("done 3 1 03 1", "done 3: c\ndone 1: a\n");
  says("rm 2 1", "removed 2: b\nremoved 1: a\n");
  says("list --all", "  3 [x] c\n");
});

test("ids are never given again", () => {
  const { says, run } = newList();
  run("add a");
  run("add b");
  run("rm 2 1");
  says("add c", "added 3: c\n");
  run("rm 3");
  says("list --all", "nothing to do\n");
  says("add d", "added 4: d\n");
});

test("edits what is given and keeps the rest", () => {
  const { says, run } = newList();
  run("add Buy milk --due 2026-06-01 --tag a --tag b");
  says("edit 1 Buy oat milk", "changed 1: Buy oat milk\n");
  says("list", "  1 [ ] Buy oat milk (due 2026-06-01) #a #b\n");
  says("edit --due none 1 --untag a --tag c --untag=x", "changed 1: Buy oat milk\n");
  says("list", "  1 [ ] Buy oat milk #b #c\n");
  says("edit 1 --untag d --tag d --due 2026-07-01", "changed 1: Buy oat milk\n");
  says("list", "  1 [ ] Buy oat milk (due 2026-07-01) #b #c\n");
});

test("filters by tags and overdue dates", () => {
  const { says, run } = newList();
  run("add one --tag x --tag y --due 2026-05-16");
  run("add two --tag x --due 2026-05-17");
  run("add three --due 2026-05-16");
  run("add four --tag x");
  run("done 3");
  says("list --tag x --tag y", "  1 [ ] one (overdue since 2026-05-16) #x #y\n");
  says("list --overdue --all", "  1 [ ] one (overdue since 2026-05-16) #x #y\n");
  says("list --tag=x --overdue", "  1 [ ] one (overdue since 2026-05-16) #x #y\n");
  says("list --tag z", "nothing to do\n");
});

test("sorts by date with dateless tasks last", () => {
  const { says, run } = newList();
  for (const line of ["add a", "add b --due 2026-06-02", "add c --due 2026-06-01", "add d", "add e --due 2026-06-01"]) run(line);
  const ids = (line) => run(line).out.match(/^ *\d+/gm).map(Number);
  assert.deepEqual(ids("list --sort due"), [3, 5, 2, 1, 4]);
  assert.deepEqual(ids("list --sort due --sort=id"), [1, 2, 3, 4, 5]);
  says("list --sort due --tag q", "nothing to do\n");
});

test("ids are sorted as numbers and aligned", () => {
  const { run } = newList();
  for (let count = 1; count <= 1000; count += 1) run("add x");
  const lines = run("list").out.split("\n");
  assert.deepEqual([lines[1], lines[9], lines[99], lines[999]], ["  2 [ ] x", " 10 [ ] x", "100 [ ] x", "1000 [ ] x"]);
});

test("behind two dashes everything is a word", () => {
  const { says } = newList();
  says(["add", "--tag", "t", "--", "--due", "--", "-x"], "added 1: --due -- -x\n");
  says(["add", "-5", "degrees"], "added 2: -5 degrees\n");
  says(["done", "--", "1"], "done 1: --due -- -x\n");
  says(["add", "--tag=a", "x=y"], "added 3: x=y\n");
});

test("wrong commands and options", () => {
  const { fails } = newList();
  fails("", 2, "no command");
  fails("delete 1", 2, "unknown command: delete");
  fails("constructor", 2, "unknown command: constructor");
  fails("add x --all", 2, "unknown option: --all");
  fails("list --color=red", 2, "unknown option: --color");
  fails("done 1 --due 2026-01-01", 2, "unknown option: --due");
  fails("add x --due", 2, "option needs a value: --due");
  fails("list --all=yes", 2, "option takes no value: --all");
});

test("wrong values", () => {
  const { fails } = newList();
  for (const date of ["2026-02-29", "2026-13-01", "2026-1-1", "tomorrow", "2026-04-31", "2026-05-17x", "none"]) {
    fails(["add", "x", "--due", date], 2, `bad date: ${date}`);
  }
  for (const tag of ["", "Home", "a_b", "#a", "ä"]) fails(["add", "x", "--tag", tag], 2, `bad tag: ${tag}`);
  fails("edit 1 --untag A", 2, "bad tag: A");
  fails("list --sort name", 2, "bad sort: name");
});

test("missing and extra arguments", () => {
  const { fails } = newList();
  fails("add", 2, "no text");
  fails(["add", " ", ""], 2, "no text");
  fails("done", 2, "no id");
  fails("edit --due none", 2, "no id");
  fails("rm x", 2, "bad id: x");
  fails("done 1 -2", 2, "bad id: -2");
  fails("undo 1.5", 2, "bad id: 1.5");
  fails("list open", 2, "unexpected argument: open");
  fails("edit 1", 2, "nothing to change");
});

test("the first problem counts", () => {
  const { fails } = newList();
  fails("add --due soon --tag A", 2, "bad date: soon");
  fails("add --tag A --nix", 2, "bad tag: A");
  fails("done x --nix", 2, "unknown option: --nix");
  fails("list open --sort x", 2, "bad sort: x");
});

test("unknown tasks change nothing", () => {
  const { run, says, fails, writes } = newList();
  run("add a");
  fails("done 1 007 8", 1, "no task 7");
  fails("rm 1 0", 1, "no task 0");
  fails("edit 2 new text", 1, "no task 2");
  says("list", "  1 [ ] a\n");
  assert.equal(writes(), 1);
});

test("a list that cannot be read is left alone", () => {
  for (const content of ["", "no json", "[]", "null", "7", '{"some": "thing"}']) {
    const { fails } = newList(content);
    fails("list", 1, "the list cannot be read");
    fails("add x", 1, "the list cannot be read");
    fails("add", 2, "no text");
  }
});
