/** Splits a number of cents by weights; see the description. */
export function splitAmount(total, weights) {
  if (!Number.isInteger(total)) throw new TypeError("total must be a whole number");
  const sum = weights.reduce((all, weight) => all + weight, 0);
  const sound = weights.every((weight) => Number.isFinite(weight) && weight >= 0);
  if (!sound || !(sum > 0)) throw new RangeError("weights must be 0 or more, and one above 0");
  const sign = total < 0 ? -1 : 1;
  const amount = Math.abs(total);
  const parts = weights.map((weight, place) => {
    const exact = (amount * weight) / sum;
    const share = Math.floor(exact);
    return { place, share, fraction: exact - share };
  });
  let left = amount - parts.reduce((all, part) => all + part.share, 0);
  const order = [...parts].sort((a, b) => b.fraction - a.fraction || a.place - b.place);
  for (const part of order) {
    if (left === 0) break;
    part.share += 1;
    left -= 1;
  }
  return parts.map(({ share }) => (share === 0 ? 0 : share * sign));
}
