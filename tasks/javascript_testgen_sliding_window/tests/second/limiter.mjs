/** Keeps one entry for each single unit: the time at which it is free again. */
class Limiter {
  #units = new Map();
  #clock = null;

  constructor(options) {
    this.options = options;
    this.take = this.take.bind(this);
    this.reset = this.reset.bind(this);
    this.size = this.size.bind(this);
  }

  #now() {
    const read = this.options.now();
    if (this.#clock === null || read > this.#clock) this.#clock = read;
    return this.#clock;
  }

  #ends(key, time) {
    return (this.#units.get(key) ?? []).filter((end) => end > time);
  }

  take(key, cost = 1) {
    const { limit, windowMs } = this.options;
    if (typeof cost !== "number" || cost % 1 !== 0 || cost <= 0) throw new RangeError("bad cost");
    if (cost > limit) throw new RangeError("cost above the limit");
    const time = this.#now();
    const ends = this.#ends(key, time);
    const free = limit - ends.length;
    if (cost > free) return { ok: false, remaining: free, retryAfter: ends[cost - free - 1] - time };
    this.#units.set(key, ends.concat(new Array(cost).fill(time + windowMs)));
    return { ok: true, remaining: free - cost, retryAfter: 0 };
  }

  reset(...keys) {
    if (keys.length === 0 || keys[0] === undefined) this.#units = new Map();
    for (const key of keys) this.#units.delete(key);
  }

  size() {
    const time = this.#now();
    let count = 0;
    for (const key of this.#units.keys()) count += this.#ends(key, time).length > 0 ? 1 : 0;
    return count;
  }
}

export const createLimiter = (options) => new Limiter(options);
