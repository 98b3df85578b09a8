import test from "node:test";
import assert from "node:assert/strict";
import { Emitter } from "./emitter.mjs";

function recorder() {
  const calls = [];
  return [calls, (label) => (...values) => calls.push([label, ...values])];
}

test("listeners are called in order with the values", () => {
  const emitter = new Emitter();
  const [calls, note] = recorder();
  emitter.on("save", note("a"));
  emitter.on("save", note("b"));
  assert.equal(emitter.emit("save", 1, 2), 2);
  assert.deepEqual(calls, [["a", 1, 2], ["b", 1, 2]]);
  assert.equal(emitter.emit("other"), 0);
});

test("names that every object has are plain events", () => {
  const emitter = new Emitter();
  const [calls, note] = recorder();
  for (const name of ["constructor", "__proto__", "toString", ""]) {
    assert.equal(emitter.count(name), 0);
    assert.equal(emitter.emit(name), 0);
    emitter.on(name, note(name));
    assert.equal(emitter.emit(name), 1);
    assert.equal(emitter.count(name), 1);
  }
  assert.deepEqual(calls.flat(), ["constructor", "__proto__", "toString", ""]);
  assert.deepEqual(emitter.names(), ["", "__proto__", "constructor", "toString"]);
});

test("a listener that removes itself leaves out no other", () => {
  const emitter = new Emitter();
  const [calls, note] = recorder();
  const remove = emitter.on("x", () => { calls.push(["self"]); remove(); });
  emitter.on("x", note("next"));
  assert.equal(emitter.emit("x"), 2);
  assert.equal(emitter.emit("x"), 1);
  assert.deepEqual(calls, [["self"], ["next"], ["next"]]);
});

test("a listener removed before its turn is not called", () => {
  const emitter = new Emitter();
  const [calls, note] = recorder();
  const later = note("later");
  emitter.on("x", () => emitter.off("x", later));
  emitter.on("x", later);
  emitter.on("x", note("last"));
  assert.equal(emitter.emit("x"), 2);
  assert.deepEqual(calls, [["last"]]);
});

test("a listener added meanwhile waits for the next emit", () => {
  const emitter = new Emitter();
  const [calls, note] = recorder();
  emitter.once("x", () => {
    emitter.on("x", note("new"));
    emitter.on("*", note("new star"));
  });
  emitter.on("*", note("star"));
  assert.equal(emitter.emit("x"), 2);
  assert.deepEqual(calls, [["star", "x"]]);
  assert.equal(emitter.emit("x"), 3);
});

test("a listener for once is gone before it is called", () => {
  const emitter = new Emitter();
  let depth = 0;
  emitter.once("x", () => {
    depth += 1;
    assert.equal(emitter.count("x"), 0);
    if (depth < 5) emitter.emit("x");
  });
  emitter.emit("x");
  emitter.emit("x");
  assert.equal(depth, 1);
});

test("a listener for once that throws is gone, too", () => {
  const emitter = new Emitter();
  emitter.once("x", () => { throw new Error("no"); });
  assert.throws(() => emitter.emit("x"), { message: "no" });
  assert.equal(emitter.emit("x"), 0);
});

test("off finds listeners that were added with once", () => {
  const emitter = new Emitter();
  const [calls, note] = recorder();
  const listener = note("once");
  emitter.once("x", listener);
  assert.equal(emitter.off("x", listener), true);
  assert.equal(emitter.off("x", listener), false);
  emitter.emit("x");
  assert.deepEqual(calls, []);
});

test("off with an unknown listener removes nothing", () => {
  const emitter = new Emitter();
  emitter.on("x", () => {});
  assert.equal(emitter.off("x", () => {}), false);
  assert.equal(emitter.off("y", () => {}), false);
  assert.equal(emitter.count("x"), 1);
});

test("off removes the latest of several registrations", () => {
  const emitter = new Emitter();
  const [calls, note] = recorder();
  const twice = note("twice");
  emitter.on("x", twice);
  emitter.on("x", note("middle"));
  emitter.on("x", twice);
  emitter.off("x", twice);
  emitter.emit("x");
  assert.deepEqual(calls.flat(), ["twice", "middle"]);
});

test("an unsubscribe function removes its own registration only, and once", () => {
  const emitter = new Emitter();
  const [calls, note] = recorder();
  const twice = note("twice");
  const removeFirst = emitter.on("x", twice);
  emitter.on("x", note("middle"));
  emitter.on("x", twice);
  removeFirst();
  removeFirst();
  emitter.emit("x");
  assert.deepEqual(calls.flat(), ["middle", "twice"]);
});

test("everyone is called although some throw", () => {
  const emitter = new Emitter();
  const [calls, note] = recorder();
  const [first, second] = [new Error("first"), new Error("second")];
  emitter.on("x", () => { throw first; });
  emitter.on("x", note("between"));
  emitter.on("*", () => { throw second; });
  emitter.on("*", note("last"));
  assert.throws(() => emitter.emit("x"), (error) => {
    assert.ok(error instanceof AggregateError);
    assert.deepEqual(error.errors, [first, second]);
    return true;
  });
  assert.deepEqual(calls, [["between"], ["last", "x"]]);
});

test("a single error is thrown as it is, even an empty one", () => {
  const emitter = new Emitter();
  const remove = emitter.on("x", () => { throw undefined; });
  let thrown = "nothing";
  try { emitter.emit("x"); } catch (error) { thrown = error; }
  assert.equal(thrown, undefined);
  remove();
  const own = new RangeError("own");
  emitter.on("x", () => { throw own; });
  assert.throws(() => emitter.emit("x"), (error) => error === own);
});

test("listeners of the star hear every event, and the star once", () => {
  const emitter = new Emitter();
  const [calls, note] = recorder();
  emitter.on("*", note("star"));
  emitter.on("x", note("x"));
  assert.equal(emitter.emit("x", 7), 2);
  assert.equal(emitter.emit("*", 8), 1);
  assert.deepEqual(calls, [["x", 7], ["star", "x", 7], ["star", "*", 8]]);
});

test("counts and names tell what is registered now", () => {
  const emitter = new Emitter();
  assert.equal(emitter.count("none"), 0);
  const remove = emitter.on("b", () => {});
  emitter.once("a", () => {});
  emitter.on("*", () => {});
  assert.deepEqual(emitter.names(), ["*", "a", "b"]);
  assert.equal(emitter.count("b"), 1);
  remove();
  emitter.emit("a");
  assert.deepEqual(emitter.names(), ["*"]);
});

test("two listeners for once do not swallow each other", () => {
  const emitter = new Emitter();
  const [calls, note] = recorder();
  const same = note("same");
  emitter.once("x", same);
  emitter.once("x", same);
  emitter.on("x", note("stays"));
  assert.equal(emitter.emit("x"), 3);
  assert.equal(emitter.emit("x"), 1);
  assert.deepEqual(calls.flat(), ["same", "same", "stays", "stays"]);
});
