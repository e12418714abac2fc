/**
 * What a plan document says beside its decisions, against what follows from them: engines of the pools, cost in all its
 * parts, loads, uses of limits, what is unserved and why, the verdict. A figure that is only told is recomputed as well, so
 * that a document cannot be edited into saying something else than it decides.
 */
import { enginePredictions } from "../../route/index.ts";
import { tiers } from "../../catalog/index.ts";
import { judgeDistribution } from "../document/alternatives.ts";
import { annualCost } from "../../finance/index.ts";
import { toDeployment } from "../document/deployment.ts";
import { enginesOf, limitUses, siteLoads } from "../document/describe-period.ts";
import { documentSolution } from "../document/document-solution.ts";
import { idleModules } from "../world/idle-modules.ts";
import type { Alternative, PlanDocument } from "../document/plan-document.ts";
import { planValue } from "../document/plan-value.ts";
import { reserveOfDocument } from "../engine/reserve-moves.ts";
import { gapOf } from "../problem/solution-path.ts";
import { reportUnserved, reportUntrained } from "../document/unserved.ts";
import { near, tolerance, withTolerance, type Finding, type Report } from "./verify-terms.ts";
import type { WorldProblem } from "../world/world-problem.ts";

/** Sizes of what rates and uses of limits are small differences of, in their own units. */
const rateScale = 1e3;
const limitScale = 1e5;

const endings: readonly string[] = ["optimal", "gapNotReached", "timeLimit", "cancelled", "outOfMemory"];

/** Checks the told figures of one period; its structure and limits have been checked already. */
export function checkDerived(document: PlanDocument, planned: WorldProblem, report: Report): void {
  const { world, period, deployment } = document;
  const solution = documentSolution(planned, document);
  const worth = new Float64Array(planned.problem.pools.count);
  const reserve = reserveOfDocument(planned, document.failover, deployment);
  const engines = enginesOf(deployment, toDeployment(planned, solution, worth, reserve));
  for (const [i, pool] of deployment.pools.entries()) {
    const where = `deployment.pools[${i}]`;
    const id = `${world.sites[pool.site]!.id}/${world.modules[pool.module]!.id}`;
    if (pool.id !== id) report(`${where}.id`, `says ${pool.id}, it is ${id}`);
    if (!(pool.capacityUsdPerModuleS >= 0 && pool.capacityUsdPerModuleS < Infinity)) {
      report(`${where}.capacityUsdPerModuleS`, `${pool.capacityUsdPerModuleS} is no price`);
    }
    compare(`${where}.groups`, pool.groups, engines[i]!.groups, report);
  }
  if (deployment.period !== period) report("deployment.period", `says ${deployment.period}, the plan is of ${period}`);
  const training = document.training.map((placement) => ({ ...placement, demand: placement.training }));
  const cost = annualCost(world, { ...deployment, training }, period);
  compare("cost", document.cost, cost, report, Math.abs(cost.totalUsdPerYear));
  compare("unserved", document.unserved, reportUnserved(planned, solution), report, rateScale);
  if (document.horizon === null && document.predictions !== undefined) {
    compare("predictions", document.predictions, enginePredictions(world, deployment), report);
  }
  // Periods within a horizon tell no loads and limits of their own.
  if (document.horizon === null && document.idle !== undefined) {
    compare("idle", document.idle, idleModules(world, deployment, period), report);
  }
  if (document.horizon === null && document.untrained !== undefined) {
    const scale = Math.abs(cost.totalUsdPerYear);
    compare("untrained", document.untrained, reportUntrained(planned, solution), report, scale);
  }
  if (document.horizon === null) compare("sites", document.sites, siteLoads(planned, deployment), report);
  if (document.horizon === null) {
    compare("limits", document.limits, limitUses(planned, solution), report, limitScale);
  }
}

/** Checks what the document says of its search and of the alternative. */
export function checkVerdict(document: PlanDocument, planned: WorldProblem, report: Report): void {
  const { world, search, status, relativeGap } = document;
  if (document.name !== world.name) report("name", `says ${document.name}, the world is ${world.name}`);
  if (document.catalogVersion !== world.catalogVersion) {
    report("catalogVersion", `says ${document.catalogVersion}, the world was made with ${world.catalogVersion}`);
  }
  const moneyScale = Math.abs(document.horizon?.presentCostUsd ?? document.objectiveUsdPerYear!);
  if (document.value !== undefined) {
    // What is earned is counted in the dollars of what it costs, times the years.
    const scale = Math.max(moneyScale, document.value?.revenueUsd ?? 0);
    compare("value", document.value, planValue(document), report, scale);
  }
  if (!endings.includes(status)) report("status", `says ${status}, which is no way for a search to end`);
  if (status === "optimal" && !(relativeGap! <= search.askedGap + 1e-9)) {
    report("status", `says the asked gap of ${search.askedGap} is proven, the gap is ${relativeGap}`);
  }
  const { centralised } = document.alternatives;
  if (centralised === null) {
    if (document.verdict) report("verdict", "compares with nothing: the document knows no other way of serving");
    return;
  }
  checkAlternative(document, centralised, (message) => report("alternatives.centralised", message));
  const result = {
    status: "optimal",
    solution: documentSolution(planned, document),
    objectiveUsd: document.objectiveUsdPerYear!,
    bestBoundUsd: document.bestBoundUsdPerYear!,
    relativeGap: gapOf(document.objectiveUsdPerYear!, document.bestBoundUsdPerYear!),
    curve: [],
    method: document.method,
    message: "",
  } as const;
  compare("verdict", document.verdict, judgeDistribution(planned, result, centralised), report, moneyScale);
}

/** What another way of serving says of itself, as far as it must hold whatever its decisions were. */
function checkAlternative(
  { world, period }: PlanDocument,
  alternative: Alternative,
  report: (message: string) => void,
): void {
  const { name, status, objectiveUsdPerYear, bestBoundUsdPerYear, servedByWorkload, openSites } = alternative;
  if (name !== "centralised") report(`is called ${name}`);
  if (!endings.includes(status)) report(`its search cannot have ended with ${status}`);
  if (!(bestBoundUsdPerYear <= withTolerance(objectiveUsdPerYear))) report("its bound lies above its cost");
  if (![objectiveUsdPerYear, bestBoundUsdPerYear].every(Number.isFinite)) report("it costs what is no number");
  if (!(alternative.unservedUsdPerYear >= 0)) report("what it leaves unserved costs less than nothing");
  const whole = tiers.every((tier, i) => openSites[i]?.tier === tier && Number.isInteger(openSites[i].count));
  if (!whole || openSites.length !== tiers.length) report("its open sites are not counted by tier");
  if (openSites.some(({ tier, count }) => count < 0 || (tier !== "core" && count > 0))) {
    report("it stands elsewhere than in the core");
  }
  const peak = new Float64Array(world.workloads.length);
  for (const { workload, peakPerS } of world.demand) peak[workload]! += peakPerS[period]!;
  const all = peak.reduce((sum, perS) => sum + perS, 0);
  const ratios = world.workloads.map(({ id }, i) =>
    servedByWorkload[i]?.workload === id ? (servedByWorkload[i].servedRatio ?? Number.NaN) : Number.NaN,
  );
  if (!ratios.every((ratio) => ratio >= -tolerance && ratio <= 1 + tolerance)) report("it serves shares that are none");
  const served = all > 0 ? ratios.reduce((sum, ratio, i) => sum + ratio * peak[i]!, 0) / all : 1;
  if (!near(served, alternative.servedRatio ?? Number.NaN, rateScale))
    report("what it serves is not the sum over its workloads");
}

/** Sentences for people; another version may word them otherwise. */
const words = /\.(sentence|detail|because)$|\.whatWouldHelp(\[|$)/;

/**
 * Compares two values of JSON, numbers up to their last digits, and reports the first difference of figures and the first of
 * words, each with its place.
 *
 * @param scale As in `near`.
 */
function compare(where: string, said: unknown, is: unknown, report: Report, scale = 1): void {
  const found = new Set<Finding["of"]>();
  differences(where, said, is, scale, (place, message) => {
    const of = words.test(place) ? "words" : "figures";
    if (!found.has(of)) report(place, message, of);
    found.add(of);
  });
}

function differences(where: string, said: unknown, is: unknown, scale: number, report: Report): void {
  if (typeof said === "number" && typeof is === "number") {
    if (near(said, is, scale)) return;
  } else if (Array.isArray(said) && Array.isArray(is)) {
    if (said.length === is.length) {
      for (const [i, part] of said.entries()) differences(`${where}[${i}]`, part, is[i], scale, report);
    } else report(where, `has ${said.length} entries, it follows ${is.length}`);
    return;
  } else if (isRecord(said) && isRecord(is)) {
    for (const key of new Set([...Object.keys(said), ...Object.keys(is)])) {
      differences(`${where}.${key}`, said[key], is[key], scale, report);
    }
    return;
  } else if (Object.is(said, is)) return;
  // What a version knew nothing of, its plans have nothing of.
  else if (said === undefined && isNothing(is)) return;
  if (said === undefined) report(where, `is missing; it follows ${JSON.stringify(is)}`);
  else report(where, `says ${JSON.stringify(said)}, it follows ${JSON.stringify(is)}`);
}

/** A figure of 0, an empty list, or nothing but such. */
function isNothing(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return isRecord(value) ? Object.values(value).every(isNothing) : value === 0 || value === null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
