import test from "node:test";
import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { createPool } from "./pool.mjs";

const LIMIT = { timeout: 15000 };

/** Lets everything run that is ready, without any time passing on the fake clock. */
const settle = async () => {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((done) => setImmediate(done));
};

class FakeClock {
  now = 0;
  timers = new Map();
  #next = 1;
  setTimeout = (fn, ms) => {
    this.timers.set(this.#next, { fn, at: this.now + ms });
    return this.#next++;
  };
  clearTimeout = (handle) => { this.timers.delete(handle); };
  async pass(ms) {
    const end = this.now + ms;
    for (;;) {
      await settle();
      const due = [...this.timers].filter(([, timer]) => timer.at <= end).sort(([, a], [, b]) => a.at - b.at)[0];
      if (!due) break;
      this.timers.delete(due[0]);
      this.now = due[1].at;
      due[1].fn();
    }
    this.now = end;
    await settle();
  }
}

/** A task whose attempts are settled by hand; `calls` holds one entry for each attempt. */
function manual(label, log = []) {
  const calls = [];
  const task = ({ signal, attempt }) => {
    log.push(`${label}${attempt}`);
    return new Promise((resolve, reject) => calls.push({ signal, attempt, resolve, reject }));
  };
  return { task, calls };
}

/** Follows a promise: state, and value or error. */
function watch(promise) {
  const seen = { state: "pending", value: undefined };
  promise.then(
    (value) => Object.assign(seen, { state: "fulfilled", value }),
    (value) => Object.assign(seen, { state: "rejected", value }),
  );
  return seen;
}

function setup(concurrency = 1) {
  const clock = new FakeClock();
  return { clock, pool: createPool({ concurrency, clock }), log: [] };
}

test("refuses what it cannot use", LIMIT, () => {
  for (const concurrency of [0, -1, 1.5, NaN, "2", undefined]) {
    assert.throws(() => createPool({ concurrency, clock: new FakeClock() }), { name: "RangeError", message: "concurrency must be 1 or more" });
  }
  assert.throws(() => setup().pool.run("no function"), { name: "TypeError", message: "task must be a function" });
});

test("never runs more than its slots allow and starts at once", LIMIT, async () => {
  const { pool, log } = setup(2);
  const tasks = ["a", "b", "c", "d"].map((label) => manual(label, log));
  const seen = tasks.map(({ task }) => watch(pool.run(task)));
  assert.deepEqual(log, ["a1", "b1"]);
  assert.deepEqual(pool.stats(), { running: 2, queued: 2, delayed: 0 });
  tasks[1].calls[0].resolve("B");
  await settle();
  assert.deepEqual(log, ["a1", "b1", "c1"]);
  assert.deepEqual(seen[1], { state: "fulfilled", value: "B" });
  tasks[0].calls[0].resolve("A");
  tasks[2].calls[0].resolve("C");
  await settle();
  tasks[3].calls[0].resolve("D");
  await settle();
  assert.deepEqual(seen.map(({ value }) => value), ["A", "B", "C", "D"]);
  assert.deepEqual(pool.stats(), { running: 0, queued: 0, delayed: 0 });
});

test("takes the highest priority first, then the order of queueing", LIMIT, async () => {
  const { pool, log } = setup();
  const first = manual("first", log);
  pool.run(first.task);
  for (const [label, priority] of [["low", -1], ["x", 0], ["high", 5], ["y", 0], ["high2", 5]]) {
    pool.run(async () => { log.push(label); }, { priority });
  }
  first.calls[0].resolve();
  await settle();
  assert.deepEqual(log, ["first1", "high", "high2", "x", "y", "low"]);
});

test("plain values are results, and throwing is failing", LIMIT, async () => {
  const { pool } = setup();
  assert.equal(await pool.run(() => 7), 7);
  assert.equal(await pool.run(() => undefined), undefined);
  const seen = watch(pool.run(() => { throw new RangeError("thrown"); }));
  await settle();
  assert.equal(seen.state, "rejected");
  assert.equal(seen.value.message, "thrown");
  assert.equal(pool.stats().running, 0);
});

test("a timeout fails the attempt at once but keeps its slot", LIMIT, async () => {
  const { clock, pool, log } = setup();
  const slow = manual("slow", log);
  const seen = watch(pool.run(slow.task, { timeout: 500 }));
  pool.run(async () => { log.push("next"); });
  await clock.pass(499);
  assert.equal(seen.state, "pending");
  await clock.pass(1);
  assert.equal(seen.state, "rejected");
  assert.equal(seen.value.name, "TimeoutError");
  assert.equal(seen.value.message, "timed out after 500 ms");
  assert.ok(seen.value instanceof Error);
  assert.equal(slow.calls[0].signal.aborted, true);
  assert.equal(slow.calls[0].signal.reason, seen.value);
  assert.deepEqual(log, ["slow1"]);
  assert.deepEqual(pool.stats(), { running: 1, queued: 1, delayed: 0 });
  slow.calls[0].reject(new Error("late"));
  await settle();
  assert.deepEqual(log, ["slow1", "next"]);
});

test("an attempt in time has its timer cleared and its signal left alone", LIMIT, async () => {
  const { clock, pool } = setup();
  const task = manual("t");
  const seen = watch(pool.run(task.task, { timeout: 500, retries: 1, backoff: () => 1000 }));
  await clock.pass(100);
  task.calls[0].reject(new Error("once"));
  await settle();
  assert.equal(clock.timers.size, 1, "the backoff only");
  await clock.pass(1000);
  task.calls[1].resolve("done");
  await settle();
  assert.equal(clock.timers.size, 0);
  await clock.pass(5000);
  assert.deepEqual(seen, { state: "fulfilled", value: "done" });
  assert.deepEqual(task.calls.map(({ signal }) => signal.aborted), [false, false]);
});

test("retries wait on the clock without a slot, as long as they may", LIMIT, async () => {
  const { clock, pool, log } = setup();
  const task = manual("t", log);
  const waits = [];
  const seen = watch(pool.run(task.task, { retries: 2, backoff: (attempt) => { waits.push(attempt); return attempt * 100; } }));
  task.calls[0].reject(new Error("one"));
  await settle();
  assert.deepEqual(pool.stats(), { running: 0, queued: 0, delayed: 1 });
  await clock.pass(99);
  assert.deepEqual(log, ["t1"]);
  await clock.pass(1);
  assert.deepEqual(log, ["t1", "t2"]);
  task.calls[1].reject(new Error("two"));
  await clock.pass(200);
  task.calls[2].reject(new Error("three"));
  await settle();
  assert.deepEqual(waits, [1, 2]);
  assert.equal(seen.value.message, "three");
  assert.equal(clock.timers.size, 0);
  assert.deepEqual(task.calls.map(({ attempt }) => attempt), [1, 2, 3]);
});

test("a retry queues behind its equals and before lower ones", LIMIT, async () => {
  const { pool, log } = setup();
  const again = manual("again", log);
  pool.run(again.task, { retries: 1 });
  pool.run(async () => { log.push("equal"); });
  pool.run(async () => { log.push("lower"); }, { priority: -1 });
  again.calls[0].reject(new Error("once"));
  await settle();
  again.calls[1].resolve();
  await settle();
  assert.deepEqual(log, ["again1", "equal", "again2", "lower"]);
});

test("a retry after a timeout counts its wait from the timeout and respects the slots", LIMIT, async () => {
  const { clock, pool, log } = setup();
  const task = manual("t", log);
  const seen = watch(pool.run(task.task, { timeout: 100, retries: 1, backoff: () => 50 }));
  await clock.pass(100);
  assert.deepEqual(pool.stats(), { running: 1, queued: 0, delayed: 1 });
  await clock.pass(50);
  assert.deepEqual(pool.stats(), { running: 1, queued: 1, delayed: 0 });
  assert.deepEqual(log, ["t1"]);
  task.calls[0].resolve("too late");
  await settle();
  assert.deepEqual(log, ["t1", "t2"]);
  assert.equal(seen.state, "pending");
  task.calls[1].resolve("second");
  await settle();
  assert.deepEqual(seen, { state: "fulfilled", value: "second" });
});

test("a queued task that is aborted is never called", LIMIT, async () => {
  const { pool, log } = setup();
  const first = manual("first", log);
  pool.run(first.task);
  const controller = new AbortController();
  const seen = watch(pool.run(async () => { log.push("dropped"); }, { signal: controller.signal, priority: 9 }));
  pool.run(async () => { log.push("third"); });
  controller.abort("changed my mind");
  assert.equal(pool.stats().queued, 1);
  await settle();
  assert.deepEqual(seen, { state: "rejected", value: "changed my mind" });
  first.calls[0].resolve();
  await settle();
  assert.deepEqual(log, ["first1", "third"]);
});

test("a running task that is aborted rejects at once and keeps its slot", LIMIT, async () => {
  const { clock, pool, log } = setup();
  const task = manual("t", log);
  const controller = new AbortController();
  const reason = new Error("stop");
  const seen = watch(pool.run(task.task, { signal: controller.signal, retries: 5, timeout: 100 }));
  controller.abort(reason);
  await settle();
  assert.deepEqual(seen, { state: "rejected", value: reason });
  assert.equal(task.calls[0].signal.reason, reason);
  assert.equal(clock.timers.size, 0);
  assert.equal(pool.stats().running, 1);
  task.calls[0].reject(reason);
  await clock.pass(1000);
  assert.deepEqual(log, ["t1"]);
  assert.deepEqual(pool.stats(), { running: 0, queued: 0, delayed: 0 });
});

test("a task that waits for its retry can be aborted, and a dead signal starts nothing", LIMIT, async () => {
  const { clock, pool, log } = setup();
  const task = manual("t", log);
  const controller = new AbortController();
  const seen = watch(pool.run(task.task, { signal: controller.signal, retries: 1, backoff: () => 100 }));
  task.calls[0].reject(new Error("once"));
  await settle();
  controller.abort("enough");
  await settle();
  assert.deepEqual(seen, { state: "rejected", value: "enough" });
  assert.equal(clock.timers.size, 0);
  assert.deepEqual(pool.stats(), { running: 0, queued: 0, delayed: 0 });
  const late = watch(pool.run(task.task, { signal: AbortSignal.abort("dead") }));
  assert.deepEqual(pool.stats(), { running: 0, queued: 0, delayed: 0 });
  await settle();
  assert.deepEqual(late, { state: "rejected", value: "dead" });
  assert.deepEqual(log, ["t1"]);
});

test("a failure named AbortError is retried, and no listeners are left behind", LIMIT, async () => {
  const { pool, log } = setup();
  const { signal } = new AbortController();
  const task = manual("t", log);
  const seen = watch(pool.run(task.task, { signal, retries: 1 }));
  task.calls[0].reject(new DOMException("inner", "AbortError"));
  await settle();
  task.calls[1].resolve("fine");
  await settle();
  assert.deepEqual(seen, { state: "fulfilled", value: "fine" });
  assert.equal(getEventListeners(signal, "abort").length, 0);
  assert.deepEqual(task.calls.map((call) => call.signal.aborted), [false, false]);
});

test("a paused pool starts nothing until it is resumed", LIMIT, async () => {
  const { pool, log } = setup(2);
  pool.pause();
  const tasks = ["a", "b", "c"].map((label) => manual(label, log));
  tasks.forEach(({ task }) => pool.run(task));
  await settle();
  assert.deepEqual(log, []);
  assert.deepEqual(pool.stats(), { running: 0, queued: 3, delayed: 0 });
  pool.resume();
  assert.deepEqual(log, ["a1", "b1"]);
  pool.pause();
  tasks[0].calls[0].resolve();
  await settle();
  assert.deepEqual(pool.stats(), { running: 1, queued: 1, delayed: 0 });
  pool.resume();
  assert.deepEqual(log, ["a1", "b1", "c1"]);
});

test("idle waits for the slots, the queue and the delayed", LIMIT, async () => {
  const { clock, pool } = setup();
  const early = watch(pool.idle());
  await settle();
  assert.deepEqual(early, { state: "fulfilled", value: undefined });
  const task = manual("t");
  watch(pool.run(task.task, { retries: 1, timeout: 10, backoff: () => 100 }));
  const idle = watch(pool.idle());
  await clock.pass(10);
  task.calls[0].resolve();
  await clock.pass(99);
  assert.equal(idle.state, "pending");
  await clock.pass(1);
  await clock.pass(10);
  assert.equal(idle.state, "pending", "the second attempt timed out and still has its slot");
  task.calls[1].resolve();
  await settle();
  assert.deepEqual(idle, { state: "fulfilled", value: undefined });
});

test("close aborts everything and refuses what comes later", LIMIT, async () => {
  const { clock, pool, log } = setup();
  const [running, failing] = [manual("r", log), manual("f", log)];
  const delayed = watch(pool.run(failing.task, { retries: 3, backoff: () => 100 }));
  failing.calls[0].reject(new Error("once"));
  await settle();
  const { signal } = new AbortController();
  const current = watch(pool.run(running.task, { signal }));
  const queued = watch(pool.run(running.task, { signal }));
  const reason = new Error("going home");
  const closed = watch(pool.close(reason));
  const second = watch(pool.close("other"));
  const late = watch(pool.run(running.task));
  await settle();
  for (const seen of [delayed, current, queued, late]) assert.deepEqual(seen, { state: "rejected", value: reason });
  assert.equal(running.calls[0].signal.reason, reason);
  assert.equal(closed.state, "pending");
  assert.equal(getEventListeners(signal, "abort").length, 0);
  assert.equal(clock.timers.size, 0);
  running.calls[0].resolve();
  await settle();
  assert.deepEqual([closed.state, second.state], ["fulfilled", "fulfilled"]);
  assert.deepEqual(log, ["f1", "r1"]);
  const other = setup().pool;
  other.close();
  await assert.rejects(other.run(() => 1), { name: "Error", message: "pool is closed" });
});

test("a backoff that throws ends the task", LIMIT, async () => {
  const { pool } = setup();
  const broken = new Error("no idea");
  const seen = watch(pool.run(() => { throw new Error("task"); }, { retries: 3, backoff: () => { throw broken; } }));
  await settle();
  assert.deepEqual(seen, { state: "rejected", value: broken });
  assert.deepEqual(pool.stats(), { running: 0, queued: 0, delayed: 0 });
  assert.equal(await pool.run(async () => "next"), "next");
});
