/** One zone: checks its rules once and prices parcels by them. */
class Zone {
  static names = "maxGrams steps perStarted freeFrom freeIncludesExpress express insurance rounding".split(" ");

  constructor(name, rules) {
    for (const each of Zone.names) {
      if (!(each in rules)) throw new TypeError("zone " + name + " lacks " + each);
    }
    this.name = name;
    Object.assign(this, JSON.parse(JSON.stringify(rules)));
  }

  round(cents) {
    if (this.rounding === "up") return Math.ceil(cents);
    return this.rounding === "down" ? Math.floor(cents) : Math.round(cents);
  }

  base(grams) {
    let price = 0, reached = 0;
    for (const [upTo, cents] of this.steps) {
      price = cents;
      reached = upTo;
      if (grams <= upTo) return price;
    }
    if (this.perStarted) price += this.perStarted[1] * Math.ceil((grams - reached) / this.perStarted[0]);
    return price;
  }

  quote({ grams, express: wantsExpress, insured, worth }) {
    if (grams > (this.maxGrams ?? Infinity)) throw new RangeError("too heavy for " + this.name);
    if (wantsExpress && this.express === null) throw new RangeError("no express to " + this.name);
    worth ??= 0;
    const result = { zone: this.name, base: this.base(grams), express: 0, insurance: 0, total: 0 };
    if (wantsExpress) result.express = this.round((result.base * this.express) / 100);
    if (worth >= (this.freeFrom ?? Infinity)) {
      result.base = 0;
      if (this.freeIncludesExpress) result.express = 0;
    }
    if (insured) result.insurance = Math.max(this.insurance[1], this.round((worth * this.insurance[0]) / 1000));
    result.total = result.base + result.express + result.insurance;
    return result;
  }
}

export function createQuoter(zones) {
  const known = new Map(Object.entries(zones).map(([name, rules]) => [name, new Zone(name, rules)]));
  return function quote(order) {
    if (!(Number.isFinite(order?.grams) && order.grams > 0)) throw new RangeError("weight must be above 0");
    const zone = known.get(order.zone);
    if (!zone) throw new RangeError("no such zone: " + order.zone);
    return zone.quote(order);
  };
}

const row = (maxGrams, steps, perStarted, freeFrom, freeIncludesExpress, express, insurance, rounding) => {
  for (const pair of steps) Object.freeze(pair);
  for (const list of [steps, perStarted, insurance]) Object.freeze(list);
  return Object.freeze({ maxGrams, steps, perStarted, freeFrom, freeIncludesExpress, express, insurance, rounding });
};
export const ZONES = Object.freeze({
  domestic: row(31500, [[500, 390], [2000, 549], [5000, 749], [40000, 1049]], null, 5000, true, 75, [5, 100], "up"),
  union: row(20000, [[1000, 890], [5000, 1390]], [1000, 120], 15000, false, 50.5, [7.5, 150], "nearest"),
  world: row(null, [[249.999, 1490], [2000, 2490]], [500, 455], null, false, null, [12, 0], "down"),
});
export const quote = createQuoter(ZONES);
