import type { HorizonPeriod, PlanDocument } from "../../plan/index.ts";
import { percent, span, usd } from "../terminal/figures.ts";
import { textTable } from "../terminal/text-table.ts";

/** A plan of several periods, one line each: what is bought, what is open, what it costs and serves; then its proof. */
export function horizonTable(plan: PlanDocument): string {
  const { horizon, world } = plan;
  if (!horizon) return "";
  const trains = world.training.length > 0;
  const rows = horizon.periods.map((entry) => {
    const { id, lengthYears } = world.periods[entry.period]!;
    return [
      id,
      span(lengthYears),
      counted(entry.purchases.map(({ module, count }) => [world.modules[module]!.id, count])),
      counted(entry.deployment.pools.map((pool) => [world.modules[pool.module]!.id, pool.count + pool.trainingCount])),
      servedShare(plan, entry),
      ...(trains ? [trainedShare(plan, entry)] : []),
      `${usd(entry.objectiveUsdPerYear)}/year`,
    ];
  });
  return [
    textTable(["period", "lasts", "bought", "in service", "served", ...(trains ? ["trained"] : []), "cost"], rows),
    `present value of all periods ${usd(horizon.presentCostUsd)}; no plan of them comes to less than ${usd(horizon.boundUsd)} (gap ${percent(horizon.relativeGap, 2)})`,
  ].join("\n");
}

/** `2 × h100x8, 1 × b200x8`; modules of one kind are counted together. */
export function counted(modules: Iterable<readonly [string, number]>): string {
  const counts = new Map<string, number>();
  for (const [id, count] of modules) if (count > 0) counts.set(id, (counts.get(id) ?? 0) + count);
  return [...counts].map(([id, count]) => `${count} × ${id}`).join(", ") || "–";
}

function servedShare({ world }: PlanDocument, { period, deployment }: HorizonPeriod): string {
  let asked = 0;
  let served = 0;
  for (const row of world.demand) asked += row.peakPerS[period]!;
  for (const flow of deployment.flows) served += flow.peakPerS;
  return percent(served / asked);
}

/** Of the arithmetic that all training asks for. */
function trainedShare({ world }: PlanDocument, { period, training }: HorizonPeriod): string {
  const asked = world.training.reduce((sum, { pflops }) => sum + pflops[period]!, 0);
  const given = training.reduce((sum, { pflops }) => sum + pflops, 0);
  return asked > 0 ? percent(given / asked) : "–";
}
