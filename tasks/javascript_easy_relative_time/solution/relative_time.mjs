const MINUTE = 60_000, HOUR = 60 * MINUTE, DAY = 24 * HOUR;
const UNITS = [
  ["year", 365 * DAY],
  ["month", 30 * DAY],
  ["week", 7 * DAY],
  ["day", DAY],
  ["hour", HOUR],
  ["minute", MINUTE],
];

/** Where the moment `then` lies, seen from `now`, in words. */
export function relativeTime(then, now) {
  const difference = milliseconds(then) - milliseconds(now);
  const distance = Math.abs(difference);
  const unit = UNITS.find(([, size]) => distance >= size);
  if (!unit) return "just now";
  const [name, size] = unit;
  const count = Math.floor(distance / size);
  if (name === "day" && count === 1) return difference < 0 ? "yesterday" : "tomorrow";
  const amount = `${count} ${name}${count === 1 ? "" : "s"}`;
  return difference < 0 ? `${amount} ago` : `in ${amount}`;
}

function milliseconds(moment) {
  const value = moment instanceof Date ? moment.getTime() : moment;
  if (typeof value !== "number" || !Number.isFinite(value)) throw new TypeError("not a moment");
  return value;
}
