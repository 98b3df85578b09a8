export function splitAmount(total, weights) {
  if (typeof total !== "number" || total % 1 !== 0) throw new TypeError("total must be a whole number");
  let sum = 0;
  for (const weight of weights) {
    const sound = typeof weight === "number" && weight >= 0 && weight < Infinity;
    sum += sound ? weight : NaN;
  }
  if (Number.isNaN(sum) || sum <= 0) throw new RangeError("weights must be 0 or more, and one above 0");
  if (total < 0) return splitAmount(-total, weights).map((share) => 0 - share);
  const shares = [], cut = [];
  let left = total;
  for (const weight of weights) {
    const exact = (total * weight) / sum;
    shares.push(Math.trunc(exact));
    cut.push(exact % 1);
    left -= shares.at(-1);
  }
  for (; left > 0; left -= 1) {
    let best = 0;
    for (let place = 1; place < cut.length; place += 1) if (cut[place] > cut[best]) best = place;
    shares[best] += 1;
    cut[best] = -1;
  }
  return shares;
}
