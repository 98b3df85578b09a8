const once = (target, fn) => {
  target?.addEventListener("abort", fn);
  return () => target?.removeEventListener("abort", fn);
};

/** Slots are handed out as permits; each task is one async function that asks for a permit for every attempt. */
class Permits {
  free;
  paused = false;
  waiting = [];
  #count = 0;

  constructor(free, changed) {
    this.free = free;
    this.changed = changed;
  }

  /** Calls `start` as soon as a slot is there; the returned function gives up waiting. */
  ask(priority, start) {
    const ticket = { priority, number: this.#count++, start };
    this.waiting.push(ticket);
    this.waiting.sort((a, b) => b.priority - a.priority || a.number - b.number);
    this.hand();
    return () => {
      this.waiting = this.waiting.filter((each) => each !== ticket);
      this.changed();
    };
  }

  hand() {
    while (!this.paused && this.free > 0 && this.waiting.length > 0) {
      this.free--;
      this.waiting.shift().start();
    }
  }

  release() {
    this.free++;
    this.hand();
    this.changed();
  }
}

class Pool {
  #clock;
  #size;
  #permits;
  #delayed = 0;
  #closing = new AbortController();
  #watchers = new Set();

  constructor({ concurrency, clock = globalThis }) {
    if (!(Number.isSafeInteger(concurrency) && concurrency > 0)) throw new RangeError("concurrency must be 1 or more");
    this.#size = concurrency;
    this.#clock = clock;
    this.#permits = new Permits(concurrency, () => this.#look());
  }

  stats = () => ({ running: this.#size - this.#permits.free, queued: this.#permits.waiting.length, delayed: this.#delayed });
  pause = () => void (this.#permits.paused = true);
  resume = () => {
    this.#permits.paused = false;
    this.#permits.hand();
  };
  idle = () => new Promise((tell) => {
    this.#watchers.add(() => tell());
    this.#look();
  });
  close = (...given) => {
    const [reason = new Error("pool is closed")] = given;
    if (!this.#closing.signal.aborted) this.#closing.abort(reason);
    return this.idle();
  };

  #look() {
    if (Object.values(this.stats()).some((number) => number > 0)) return;
    for (const tell of this.#watchers) tell();
    this.#watchers.clear();
  }

  run = (task, options = {}) => {
    if (typeof task !== "function") throw new TypeError("task must be a function");
    const dead = [this.#closing.signal, options.signal].find((each) => each?.aborted);
    if (dead) return Promise.reject(dead.reason);
    const own = new AbortController(); // aborted by the given signal and by close
    const undo = [options.signal, this.#closing.signal].map((each) => once(each, () => {
      undo.forEach((remove) => remove());
      fail(own, each.reason);
    }));
    let resolve, reject;
    const promise = new Promise((...pair) => ([resolve, reject] = pair));
    const fail = (controller, reason) => {
      reject(reason);
      controller.abort(reason);
    };
    const end = (settle) => (value) => {
      undo.forEach((remove) => remove());
      settle(value);
    };
    this.#try(task, options, own.signal, 1, end(resolve), end(reject));
    return promise;
  };

  #try(task, options, abort, attempt, resolve, reject) {
    let started = false, removeListener;
    const giveUp = this.#permits.ask(options.priority ?? 0, () => {
      started = true;
      removeListener?.();
      this.#start(task, options, abort, attempt, resolve, (error) => {
        if (attempt > (options.retries ?? 0)) return reject(error);
        let ms;
        try {
          ms = options.backoff?.(attempt) ?? 0;
        } catch (thrown) {
          return reject(thrown);
        }
        const again = () => this.#try(task, options, abort, attempt + 1, resolve, reject);
        if (ms > 0) this.#wait(ms, abort, again);
        else again();
      });
    });
    if (!started) removeListener = once(abort, giveUp);
  }

  #wait(ms, abort, then) {
    this.#delayed++;
    const leave = () => {
      this.#delayed--;
      remove();
    };
    const handle = this.#clock.setTimeout(() => {
      leave();
      then();
    }, ms);
    const remove = once(abort, () => {
      this.#clock.clearTimeout(handle);
      leave();
      this.#look();
    });
  }

  #start(task, options, abort, attempt, resolve, reject) {
    const controller = new AbortController();
    let open = true, handle = null;
    const shut = () => {
      const was = open;
      open = false;
      if (handle !== null) this.#clock.clearTimeout(handle);
      handle = null;
      remove();
      return was;
    };
    const remove = once(abort, () => {
      shut();
      controller.abort(abort.reason);
    });
    if (options.timeout !== undefined) {
      handle = this.#clock.setTimeout(() => {
        const error = Object.assign(new Error(`timed out after ${options.timeout} ms`), { name: "TimeoutError" });
        shut();
        reject(error);
        controller.abort(error);
      }, options.timeout);
    }
    const call = (async () => task({ signal: controller.signal, attempt }))();
    call.then((value) => shut() && resolve(value), (error) => shut() && reject(error)).finally(() => this.#permits.release());
  }
}

export function createPool(options) {
  return new Pool(options);
}
