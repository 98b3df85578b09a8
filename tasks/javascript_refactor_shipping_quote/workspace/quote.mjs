export function quote(order) {
  if (!order || !Number.isFinite(order.grams) || order.grams <= 0) {
    throw new RangeError("weight must be above 0");
  }
  if (order.zone === "domestic") return quoteDomestic(order);
  if (order.zone === "union") return quoteUnion(order);
  if (order.zone === "world") return quoteWorld(order);
  throw new RangeError("no such zone: " + order.zone);
}

function quoteDomestic(order) {
  if (order.grams > 31500) throw new RangeError("too heavy for domestic");
  let base;
  if (order.grams <= 500) base = 390;
  else if (order.grams <= 2000) base = 549;
  else if (order.grams <= 5000) base = 749;
  else base = 1049;
  const worth = order.worth ?? 0;
  let express = 0;
  if (order.express) express = Math.ceil((base * 75) / 100);
  if (worth >= 5000) {
    base = 0;
    express = 0;
  }
  let insurance = 0;
  if (order.insured) insurance = Math.max(Math.ceil((worth * 5) / 1000), 100);
  return { zone: "domestic", base, express, insurance, total: base + express + insurance };
}

function quoteUnion(order) {
  if (order.grams > 20000) throw new RangeError("too heavy for union");
  let base;
  if (order.grams <= 1000) base = 890;
  else if (order.grams <= 5000) base = 1390;
  else base = 1390 + Math.ceil((order.grams - 5000) / 1000) * 120;
  const worth = order.worth ?? 0;
  let express = 0;
  if (order.express) express = Math.round((base * 50.5) / 100);
  if (worth >= 15000) base = 0;
  let insurance = 0;
  if (order.insured) insurance = Math.max(Math.round((worth * 7.5) / 1000), 150);
  return { zone: "union", base, express, insurance, total: base + express + insurance };
}

function quoteWorld(order) {
  if (order.express) throw new RangeError("no express to world");
  let base;
  if (order.grams < 250) base = 1490;
  else if (order.grams <= 249) base = 1490;
  else if (order.grams <= 2000) base = 2490;
  else base = 2490 + Math.ceil((order.grams - 2000) / 500) * 455;
  const worth = order.worth ?? 0;
  let insurance = 0;
  if (order.insured) insurance = Math.max(Math.floor((worth * 12) / 1000), 0);
  return { zone: "world", base, express: 0, insurance, total: base + insurance };
}
