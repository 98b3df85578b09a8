// Twelve thousand targets in layers, then a single chain of as many.
import { buildPlan } from "./build_plan.mjs";

export function heavy() {
  const layers = new Map();
  for (let i = 0; i < 12000; i += 1) {
    const needs = [];
    for (let step = 1; step <= 3; step += 1) if (i >= 60) needs.push(`t${i - 60 + ((i * step) % 7)}`);
    layers.set(`t${i}`, { needs: needs.filter((name) => name !== `t${i}`), cost: 1 + ((i * 7919) % 13) });
  }
  const chain = new Map();
  for (let i = 0; i < 12000; i += 1) chain.set(`c${i}`, { needs: i ? [`c${i - 1}`] : [], cost: i % 5 });
  const wide = buildPlan(layers, [...layers.keys()].slice(-60));
  const long = buildPlan(chain, ["c11999"]);
  return [wide.order.length, wide.order[100], wide.length, wide.layers.length, wide.critical.length, long.length, long.critical.length];
}
