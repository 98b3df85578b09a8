/** Returns { take(key, cost), reset(key), size() }; see the description. */
export function createLimiter({ limit, windowMs, now }) {
  const grants = new Map(); // key -> [{ at, units }], oldest first
  let latest = -Infinity;

  function time() {
    latest = Math.max(latest, now());
    return latest;
  }

  function present(key, at) {
    const left = (grants.get(key) ?? []).filter((grant) => grant.at + windowMs > at);
    if (left.length) grants.set(key, left);
    else grants.delete(key);
    return left;
  }

  function take(key, cost = 1) {
    if (!Number.isInteger(cost) || cost < 1) throw new RangeError("bad cost");
    if (cost > limit) throw new RangeError("cost above the limit");
    const at = time();
    const own = present(key, at);
    let used = own.reduce((sum, grant) => sum + grant.units, 0);
    const remaining = limit - used;
    if (used + cost <= limit) {
      grants.set(key, [...own, { at, units: cost }]);
      return { ok: true, remaining: remaining - cost, retryAfter: 0 };
    }
    for (const grant of own) {
      used -= grant.units;
      if (used + cost <= limit) return { ok: false, remaining, retryAfter: grant.at + windowMs - at };
    }
  }

  function reset(key) {
    if (key === undefined) grants.clear();
    else grants.delete(key);
  }

  function size() {
    const at = time();
    for (const key of [...grants.keys()]) present(key, at);
    return grants.size;
  }

  return { take, reset, size };
}
