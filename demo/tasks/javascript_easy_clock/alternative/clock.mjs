export const clock = (minutes) => {
  if (minutes < 0) throw new RangeError(`${minutes}`);
  const rest = minutes % 60;
  return (minutes - rest) / 60 + (rest < 10 ? ":0" : ":") + rest;
};

export const minutes = (text) => {
  const colon = text.indexOf(":");
  return 60 * parseInt(text.slice(0, colon), 10) + parseInt(text.slice(colon + 1), 10);
};
