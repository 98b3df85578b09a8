/** Runs tasks, at most `concurrency` at a time. */
export function createPool({ concurrency, clock = globalThis }) {
  if (!Number.isInteger(concurrency) || concurrency < 1) throw new RangeError("concurrency must be 1 or more");

  let running = 0, paused = false, closed = null;
  const queue = []; // highest priority first
  const delayed = new Map(); // job -> handle of its timer
  const unsettled = new Set();
  const idleWaiters = [];

  const stats = () => ({ running, queued: queue.length, delayed: delayed.size });
  const isIdle = () => running + queue.length + delayed.size === 0;

  function tellIdle() {
    if (isIdle()) for (const done of idleWaiters.splice(0)) done();
  }

  function fill() {
    while (!paused && running < concurrency && queue.length) attempt(queue.shift());
    tellIdle();
  }

  function enqueue(job) {
    let at = queue.length;
    while (at > 0 && queue[at - 1].priority < job.priority) at -= 1;
    queue.splice(at, 0, job);
    fill();
  }

  function settleJob(job, settle, value) {
    if (!unsettled.delete(job)) return;
    job.signal?.removeEventListener("abort", job.onAbort);
    settle(value);
  }

  function abort(job, reason) {
    if (!unsettled.has(job)) return;
    const at = queue.indexOf(job);
    if (at >= 0) queue.splice(at, 1);
    if (delayed.has(job)) clock.clearTimeout(delayed.get(job));
    delayed.delete(job);
    settleJob(job, job.reject, reason);
    job.cancelAttempt?.(reason);
    tellIdle();
  }

  function attempt(job) {
    running += 1;
    job.attempts += 1;
    const number = job.attempts;
    const controller = new AbortController();
    let over = false, timer;
    const finish = () => {
      if (over) return false;
      over = true;
      job.cancelAttempt = null;
      if (timer !== undefined) clock.clearTimeout(timer);
      return true;
    };
    job.cancelAttempt = (reason) => {
      if (finish()) controller.abort(reason);
    };
    if (job.timeout !== undefined) {
      timer = clock.setTimeout(() => {
        const error = new Error(`timed out after ${job.timeout} ms`);
        error.name = "TimeoutError";
        timer = undefined;
        finish();
        failed(job, number, error);
        controller.abort(error);
      }, job.timeout);
    }
    let result;
    try {
      result = Promise.resolve(job.task({ signal: controller.signal, attempt: number }));
    } catch (error) {
      result = Promise.reject(error);
    }
    result.then(
      (value) => {
        running -= 1;
        if (finish()) settleJob(job, job.resolve, value);
        fill();
      },
      (error) => {
        running -= 1;
        if (finish()) failed(job, number, error);
        fill();
      },
    );
  }

  function failed(job, number, error) {
    if (!unsettled.has(job)) return;
    if (number > job.retries) return settleJob(job, job.reject, error);
    let wait;
    try {
      wait = job.backoff(number);
    } catch (thrown) {
      return settleJob(job, job.reject, thrown);
    }
    if (!unsettled.has(job)) return;
    if (!(wait > 0)) return enqueue(job);
    delayed.set(job, clock.setTimeout(() => {
      delayed.delete(job);
      enqueue(job);
    }, wait));
  }

  function run(task, { priority = 0, timeout, retries = 0, backoff = () => 0, signal } = {}) {
    if (typeof task !== "function") throw new TypeError("task must be a function");
    if (closed) return Promise.reject(closed.reason);
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const job = { task, priority, timeout, retries, backoff, signal, resolve, reject, attempts: 0, cancelAttempt: null };
      job.onAbort = () => abort(job, signal.reason);
      signal?.addEventListener("abort", job.onAbort, { once: true });
      unsettled.add(job);
      enqueue(job);
    });
  }

  function idle() {
    return isIdle() ? Promise.resolve() : new Promise((done) => idleWaiters.push(done));
  }

  return {
    run,
    stats,
    idle,
    pause() {
      paused = true;
    },
    resume() {
      paused = false;
      fill();
    },
    close(reason = new Error("pool is closed")) {
      if (!closed) {
        closed = { reason };
        for (const job of [...unsettled]) abort(job, reason);
      }
      return idle();
    },
  };
}
