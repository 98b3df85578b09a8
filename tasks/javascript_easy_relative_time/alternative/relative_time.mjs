/** Where the moment `then` lies, seen from `now`, in words. */
export function relativeTime(then, now) {
  for (const each of [then, now]) {
    if (!(each instanceof Date) && typeof each !== "number") throw new TypeError("not a moment");
    if (!Number.isFinite(+each)) throw new TypeError("not a moment");
  }
  const past = +then < +now;
  const seconds = Math.abs(then - now) / 1000;
  const say = (size, name) => {
    const count = Math.trunc(seconds / size);
    const words = count === 1 ? `1 ${name}` : `${count} ${name}s`;
    return past ? words + " ago" : "in " + words;
  };
  if (seconds < 60) return "just now";
  if (seconds < 3600) return say(60, "minute");
  if (seconds < 86400) return say(3600, "hour");
  if (seconds < 2 * 86400) return past ? "yesterday" : "tomorrow";
  if (seconds < 7 * 86400) return say(86400, "day");
  if (seconds < 30 * 86400) return say(7 * 86400, "week");
  if (seconds < 365 * 86400) return say(30 * 86400, "month");
  return say(365 * 86400, "year");
}
