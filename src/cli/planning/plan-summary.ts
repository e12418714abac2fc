import { tiers } from "../../catalog/index.ts";
import type { PlanDocument } from "../../plan/index.ts";
import { percent, span, power, three, usd } from "../terminal/figures.ts";
import { counted, horizonTable } from "./horizon-table.ts";
import { predictionLines } from "../document/prediction-lines.ts";
import { survivalText } from "../document/survival-text.ts";
import { textTable } from "../terminal/text-table.ts";
import { trainingText, unservedText } from "../document/unserved-text.ts";

/** A plan in words and small tables: cost with its proof, sites, what is served, what is not and why. */
export function planSummary(plan: PlanDocument): string {
  if (plan.status === "infeasible") return clashText(plan);
  const { id, lengthYears } = plan.world.periods[plan.period]!;
  const parts = [
    horizonTable(plan),
    plan.horizon ? `${id} (${span(lengthYears)}) in detail:` : "",
    costText(plan),
    apartText(plan),
    valueText(plan),
    tierTable(plan),
    idleText(plan),
    servedTable(plan),
    trainingText(plan),
    unservedText(plan),
    survivalText(plan),
    comparisonText(plan),
    predictionLines(plan.predictions ?? []),
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

export function clashText(plan: PlanDocument): string {
  return clashLines(plan.clashes).join("\n");
}

/** Wishes that clash, and what to do about it. */
export function clashLines(clashes: PlanDocument["clashes"]): string[] {
  return [
    "No plan exists: these wishes and limits cannot hold together.",
    ...clashes.map((clash) => `  - ${clash.limits.join(" + ")}\n    ${clash.detail}`),
    "Drop or loosen any one limit of each line.",
    ...(clashes.some((clash) => clash.isPart)
      ? ["What else they clash with, and how far each would have to give way, tells: disperse explain wishes"]
      : []),
  ];
}

function costText({
  objectiveUsdPerYear,
  bestBoundUsdPerYear,
  relativeGap,
  cost,
  search,
  method,
  status,
  horizon,
}: PlanDocument): string {
  const ends: Readonly<Record<string, string>> = {
    optimal: "the asked gap is proven",
    gapNotReached: "the search ended above the asked gap",
    timeLimit: "stopped by the time limit",
    cancelled: "stopped by you",
    outOfMemory: "stopped by memory",
  };
  const penaltyUsd = (cost?.byItem.unserved ?? 0) + (cost?.byItem["training-unserved"] ?? 0);
  // Less than a cent a year is what a solver's tolerance leaves.
  const unservedUsd = penaltyUsd < 0.01 ? 0 : penaltyUsd;
  return [
    `${usd((objectiveUsdPerYear ?? 0) - unservedUsd)} per year to build and run (capital ${usd(cost?.capex.totalUsd ?? 0)}), and ${usd(unservedUsd)} per year priced for demand it leaves unserved`,
    // Of several periods, only what they cost together is bounded: the table of periods says it.
    horizon
      ? `together ${usd(objectiveUsdPerYear ?? 0)} in the first period (${method}, ${search.seconds.toFixed(1)} s: ${ends[status] ?? status})`
      : `together ${usd(objectiveUsdPerYear ?? 0)}; no plan comes to less than ${usd(bestBoundUsdPerYear ?? 0)} (gap ${percent(relativeGap ?? 0, 2)}, ${method}, ${search.seconds.toFixed(1)} s: ${ends[status] ?? status})`,
  ].join("\n");
}

/** Engines without memory that are named. */
const enginesNamed = 5;

/** What became of models that do not fit a module together, and which have no engine for that; nothing where all do. */
function apartText({ world, deployment, search: { apart }, horizon }: PlanDocument): string {
  const lines: string[] = [];
  if (apart) {
    const places = apart.places === 1 ? "one place" : `${apart.places} places`;
    const period = horizon ? " of present value" : " per year";
    // What was moved may happen to lie better than before.
    const cost = apart.usd > 0 ? `at ${usd(apart.usd)}${period} more` : "at no more cost";
    lines.push(
      `models that do not fit the memory of a module together were found at ${places} and stand apart, ${cost}${apart.inBound ? "" : "; the bound does not count on that"}`,
    );
  }
  const deployments = horizon ? horizon.periods.map((entry) => entry.deployment) : [deployment];
  const engineless = (isPlanned: boolean): string | null => {
    const places = deployments.flatMap(({ pools }) =>
      pools.flatMap(({ id, groups }) =>
        groups
          .filter(({ replicas, plannedPerS }) => replicas === 0 && plannedPerS > 0 === isPlanned)
          .flatMap(({ workloads }) => workloads.map((workload) => `${world.workloads[workload]!.id} at ${id}`)),
      ),
    );
    if (places.length === 0) return null;
    const more = places.length > enginesNamed ? `, and ${places.length - enginesNamed} more` : "";
    return `${places.slice(0, enginesNamed).join(", ")}${more}`;
  };
  const help = "More power or modules there, or fewer bits per weight, would help.";
  const [planned, ready] = [engineless(true), engineless(false)];
  if (planned !== null) {
    lines.push(
      `warning: no memory is left for ${planned}: the plan counts what it sends there as served, and nothing answers it there. ${help}`,
    );
  }
  if (ready !== null) {
    lines.push(
      `warning: no memory is left for ${ready} beside the other models: what a failure sends there finds no engine. ${help}`,
    );
  }
  return lines.join("\n");
}

/** What the plan earns and is worth; nothing where nothing is sold. */
function valueText({ value, horizon }: PlanDocument): string {
  if (!value || (value.revenueUsd === 0 && value.objective === "min-cost")) return "";
  const years = `${three(value.years)} ${value.years === 1 ? "year" : "years"}`;
  const margin =
    value.marginRatio === null ? "" : `, margin ${percent(value.marginRatio, 1)} of revenue in the first period`;
  const best = value.bestNpvUsd === null ? "" : `; no plan is worth more than ${usd(value.bestNpvUsd)}`;
  return [
    `over ${years} at ${percent(value.discountRatio, 1)}: revenue ${usd(value.revenueUsd)}, running cost ${usd(value.runningUsd)}${margin}`,
    `net present value ${usd(value.npvUsd)} with annuities, ${usd(value.npvCashUsd)} paid in cash with ${usd(value.residualUsd)} of assets left${horizon ? "" : " at the end of the period"}${best}`,
  ].join("\n");
}

function tierTable({ world, sites, cost, deployment }: PlanDocument): string {
  // A site that had to be opened is open, and paid for, also while nothing stands in it.
  const paid = cost?.bySite.filter((entry) => entry.usdPerYear > 0).map((entry) => entry.site) ?? [];
  const openSites = [...new Set([...sites.map((load) => load.site), ...paid])];
  const rows = tiers.map((tier) => {
    const isOfTier = (site: number) => world.sites[site]!.tier === tier;
    const loads = sites.filter((load) => isOfTier(load.site));
    const pools = deployment.pools.filter((pool) => isOfTier(pool.site));
    const powerKw = loads.reduce((sum, load) => sum + load.powerKw, 0);
    const usdPerYear = cost?.byTier.find((entry) => entry.tier === tier)?.usdPerYear ?? 0;
    return [
      tier,
      `${openSites.filter(isOfTier).length} of ${world.sites.filter((site) => site.tier === tier).length}`,
      counted(pools.map((pool) => [world.modules[pool.module]!.id, pool.count + pool.trainingCount])),
      powerKw > 0 ? power(powerKw) : "–",
      `${usd(usdPerYear)}/year`,
    ];
  });
  return textTable(["tier", "sites", "modules", "power", "cost"], rows);
}

const idlePlaces = 5;

/** What stands already and is of no use to the plan. */
function idleText({ world, idle = [] }: PlanDocument): string {
  if (idle.length === 0) return "";
  const shown = idle.toSorted((a, b) => b.count - a.count).slice(0, idlePlaces);
  const places = shown.map(
    ({ site, module, count }) => `${count} × ${world.modules[module]!.id} at ${world.sites[site]!.name}`,
  );
  const more = idle.length - shown.length;
  return `installed and left idle, at no cost: ${places.join(", ")}${more > 0 ? `, and at ${more} more places` : ""}`;
}

/** Peak requests per second asked for and served, by workload. */
export function servedByWorkload({ world, deployment, period }: PlanDocument): { asked: number; served: number }[] {
  const totals = world.workloads.map(() => ({ asked: 0, served: 0 }));
  for (const row of world.demand) totals[row.workload]!.asked += row.peakPerS[period]!;
  for (const flow of deployment.flows) totals[world.demand[flow.row]!.workload]!.served += flow.peakPerS;
  return totals;
}

function servedTable(plan: PlanDocument): string {
  const byTier = plan.world.workloads.map(() => new Map<string, number>());
  for (const flow of plan.deployment.flows) {
    const { tier } = plan.world.sites[plan.deployment.pools[flow.pool]!.site]!;
    const counts = byTier[plan.world.demand[flow.row]!.workload]!;
    counts.set(tier, (counts.get(tier) ?? 0) + flow.peakPerS);
  }
  const rows = servedByWorkload(plan).map(({ asked, served }, index) => {
    const workload = plan.world.workloads[index]!;
    return [
      workload.id,
      `${workload.ttft.budgetMs} ms`,
      `${three(asked)} req/s`,
      percent(served / asked),
      ...tiers.map((tier) => percent((byTier[index]!.get(tier) ?? 0) / asked)),
    ];
  });
  return textTable(["workload", "first token", "asked at peak", "served", ...tiers.map((tier) => `by ${tier}`)], rows);
}

function comparisonText({ world, alternatives, verdict, objectiveUsdPerYear }: PlanDocument): string {
  const { centralised } = alternatives;
  if (!centralised || !verdict) return "";
  const without = world.limits.resilience === undefined ? "" : ", which need not survive failures";
  return [
    `centralised alternative (core sites only${without}): ${usd(centralised.objectiveUsdPerYear - centralised.unservedUsdPerYear)} per year to build and run, ${usd(centralised.unservedUsdPerYear)} for unserved demand, together ${usd(centralised.objectiveUsdPerYear)} against ${usd(objectiveUsdPerYear ?? 0)}; it serves ${percent(centralised.servedRatio)} of requests`,
    `verdict: ${verdict.sentence}`,
  ].join("\n");
}
