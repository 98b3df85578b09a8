export function clock(minutes) {
  if (minutes < 0) throw new RangeError("below 0");
  const rest = String(minutes % 60).padStart(2, "0");
  return `${Math.floor(minutes / 60)}:${rest}`;
}

export function minutes(text) {
  const [hours, rest] = text.split(":");
  return Number(hours) * 60 + Number(rest);
}
