export function clamp(value, low, high) {
  if (low > high) throw new RangeError("low is above high");
  return Math.max(low, Math.min(value, high));
}

export function total(values) {
  return values.reduce((sum, each) => sum + each, 0);
}
