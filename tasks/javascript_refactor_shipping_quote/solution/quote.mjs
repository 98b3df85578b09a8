const PROPERTIES = ["maxGrams", "steps", "perStarted", "freeFrom", "freeIncludesExpress", "express", "insurance", "rounding"];
const ROUNDINGS = { up: Math.ceil, down: Math.floor, nearest: Math.round };
const BELOW_250 = 250 - 2 ** -45; // the greatest number below 250

export const ZONES = deepFreeze({
  domestic: {
    maxGrams: 31500,
    steps: [[500, 390], [2000, 549], [5000, 749], [31500, 1049]],
    perStarted: null,
    freeFrom: 5000,
    freeIncludesExpress: true,
    express: 75,
    insurance: [5, 100],
    rounding: "up",
  },
  union: {
    maxGrams: 20000,
    steps: [[1000, 890], [5000, 1390]],
    perStarted: [1000, 120],
    freeFrom: 15000,
    freeIncludesExpress: false,
    express: 50.5,
    insurance: [7.5, 150],
    rounding: "nearest",
  },
  world: {
    maxGrams: null,
    steps: [[BELOW_250, 1490], [2000, 2490]],
    perStarted: [500, 455],
    freeFrom: null,
    freeIncludesExpress: false,
    express: null,
    insurance: [12, 0],
    rounding: "down",
  },
});

export const quote = createQuoter(ZONES);

export function createQuoter(zones) {
  for (const [name, zone] of Object.entries(zones)) {
    const missing = PROPERTIES.find((property) => zone[property] === undefined);
    if (missing) throw new TypeError(`zone ${name} lacks ${missing}`);
  }
  const table = structuredClone(zones);
  return (order) => {
    if (!order || !Number.isFinite(order.grams) || order.grams <= 0) throw new RangeError("weight must be above 0");
    if (!Object.hasOwn(table, order.zone)) throw new RangeError(`no such zone: ${order.zone}`);
    return quoteIn(order.zone, table[order.zone], order);
  };
}

function quoteIn(name, zone, order) {
  if (zone.maxGrams !== null && order.grams > zone.maxGrams) throw new RangeError(`too heavy for ${name}`);
  if (order.express && zone.express === null) throw new RangeError(`no express to ${name}`);
  const worth = order.worth ?? 0;
  const round = ROUNDINGS[zone.rounding];
  const price = basePrice(zone, order.grams);
  const free = zone.freeFrom !== null && worth >= zone.freeFrom;
  const base = free ? 0 : price;
  const expressIsFree = free && zone.freeIncludesExpress;
  const express = order.express && !expressIsFree ? round((price * zone.express) / 100) : 0;
  const [permille, least] = zone.insurance;
  const insurance = order.insured ? Math.max(round((worth * permille) / 1000), least) : 0;
  return { zone: name, base, express, insurance, total: base + express + insurance };
}

function basePrice({ steps, perStarted }, grams) {
  const step = steps.find(([upTo]) => grams <= upTo);
  if (step) return step[1];
  const [last, price] = steps.at(-1);
  if (perStarted === null) return price;
  return price + Math.ceil((grams - last) / perStarted[0]) * perStarted[1];
}

function deepFreeze(value) {
  if (typeof value === "object" && value !== null) Object.values(Object.freeze(value)).forEach(deepFreeze);
  return value;
}
