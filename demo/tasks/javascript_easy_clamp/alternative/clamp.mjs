export const clamp = (value, low, high) => {
  if (high < low) throw new RangeError(`${low} > ${high}`);
  if (value < low) return low;
  return value > high ? high : value;
};

export const total = (values) => {
  let sum = 0;
  for (const each of values) sum += each;
  return sum;
};
