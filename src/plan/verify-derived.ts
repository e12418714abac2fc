/**
 * What a plan document says beside its decisions, against what follows from them: engines of the pools, cost in all its
 * parts, loads, uses of limits, what is unserved and why, the verdict. A figure that is only told is recomputed as well, so
 * that a document cannot be edited into saying something else than it decides.
 */
import { enginePredictions } from "../route/index.ts";
import { judgeDistribution } from "./alternatives.ts";
import { annualCost } from "../finance/index.ts";
import { toDeployment } from "./deployment.ts";
import { limitUses, siteLoads } from "./describe-period.ts";
import type { PlanDocument } from "./plan-document.ts";
import { planValue } from "./plan-value.ts";
import type { ProblemSolution } from "./problem.ts";
import { gapOf } from "./solution-path.ts";
import { reportUnserved } from "./unserved.ts";
import type { Report } from "./verify-terms.ts";
import type { WorldProblem } from "./world-problem.ts";

/** Relative slack of figures that are sums of other figures of the document. */
const tolerance = 1e-6;

const endings: readonly string[] = ["optimal", "gapNotReached", "timeLimit", "cancelled", "outOfMemory"];

/** Checks the told figures of one period; its structure and limits have been checked already. */
export function checkDerived(document: PlanDocument, planned: WorldProblem, report: Report): void {
  const { world, period, deployment } = document;
  const solution = solutionOf(planned, document);
  const worth = new Float64Array(planned.problem.pools.count);
  const engines = toDeployment(planned, solution, worth);
  for (const [i, pool] of deployment.pools.entries()) {
    const where = `deployment.pools[${i}]`;
    const id = `${world.sites[pool.site]!.id}/${world.modules[pool.module]!.id}`;
    if (pool.id !== id) report(`${where}.id`, `says ${pool.id}, it is ${id}`);
    if (!(pool.capacityUsdPerModuleS >= 0 && pool.capacityUsdPerModuleS < Infinity)) {
      report(`${where}.capacityUsdPerModuleS`, `${pool.capacityUsdPerModuleS} is no price`);
    }
    const same = engines.pools.find((other) => other.site === pool.site && other.module === pool.module);
    compare(`${where}.groups`, pool.groups, same?.groups ?? [], report);
  }
  if (deployment.period !== period) report("deployment.period", `says ${deployment.period}, the plan is of ${period}`);
  const training = document.training.map((placement) => ({ ...placement, demand: placement.training }));
  compare("cost", document.cost, annualCost(world, { ...deployment, training }, period), report);
  compare("unserved", document.unserved, reportUnserved(planned, solution), report);
  if (document.horizon === null && document.predictions !== undefined) {
    compare("predictions", document.predictions, enginePredictions(world, deployment), report);
  }
  // Periods within a horizon tell no loads and limits of their own.
  if (document.horizon === null) compare("sites", document.sites, siteLoads(planned, deployment), report);
  if (document.horizon === null) {
    // How bought and installed modules share traffic is not in the document, so what counts traffic is checked elsewhere.
    const told = (limits: PlanDocument["limits"]): unknown[] =>
      limits.map((limit, i) => (planned.problem.limits[i]?.arcs === undefined ? limit : { ...limit, used: null }));
    compare("limits", told(document.limits), told(limitUses(planned, solution)), report);
  }
}

/** Checks what the document says of its search and of the alternative. */
export function checkVerdict(document: PlanDocument, planned: WorldProblem, report: Report): void {
  const { world, search, status, relativeGap } = document;
  if (document.name !== world.name) report("name", `says ${document.name}, the world is ${world.name}`);
  if (document.catalogVersion !== world.catalogVersion) {
    report("catalogVersion", `says ${document.catalogVersion}, the world was made with ${world.catalogVersion}`);
  }
  if (document.value !== undefined) compare("value", document.value, planValue(document), report);
  if (!endings.includes(status)) report("status", `says ${status}, which is no way for a search to end`);
  if (status === "optimal" && !(relativeGap! <= search.askedGap + 1e-9)) {
    report("status", `says the asked gap of ${search.askedGap} is proven, the gap is ${relativeGap}`);
  }
  const { centralised } = document.alternatives;
  if (centralised === null) return;
  if (!(centralised.bestBoundUsdPerYear <= centralised.objectiveUsdPerYear * (1 + tolerance))) {
    report("alternatives.centralised", "its bound lies above its cost");
  }
  const result = {
    status: "optimal",
    solution: solutionOf(planned, document),
    objectiveUsd: document.objectiveUsdPerYear!,
    bestBoundUsd: document.bestBoundUsdPerYear!,
    relativeGap: gapOf(document.objectiveUsdPerYear!, document.bestBoundUsdPerYear!),
    curve: [],
    method: document.method,
    message: "",
  } as const;
  compare("verdict", document.verdict, judgeDistribution(planned, result, centralised), report);
}

/** The document's decisions as numbers of its problem; what bought and installed modules share counts for the first. */
function solutionOf(
  { world, period, problem, poolModule, poolTrains, ...planned }: WorldProblem,
  document: PlanDocument,
): ProblemSolution {
  const { deployment } = document;
  const modules = new Float64Array(problem.pools.count);
  const open = Uint8Array.from(problem.sites.forced);
  const share = new Float64Array(problem.arcs.pool.length);
  const wanted = deployment.pools.map((pool) => [pool.count, pool.trainingCount]);
  const positionOf = new Map(deployment.pools.map((pool, i) => [pool.site * world.modules.length + pool.module, i]));
  // What stood before is counted before what is bought.
  const order = Array.from({ length: problem.pools.count }, (_, pool) => pool).sort(
    (a, b) => planned.poolInstalled[b]! - planned.poolInstalled[a]! || a - b,
  );
  for (const pool of order) {
    const position = positionOf.get(problem.pools.site[pool]! * world.modules.length + poolModule[pool]!);
    if (poolModule[pool]! < 0 || position === undefined) continue;
    const left = wanted[position]!;
    const use = poolTrains[pool] ? 1 : 0;
    const count = planned.poolInstalled[pool] ? Math.min(left[use]!, problem.pools.maxCount[pool]!) : left[use]!;
    modules[pool] = count;
    left[use]! -= count;
    if (count > 0) open[problem.pools.site[pool]!] = 1;
  }
  for (const [i, auxiliary] of planned.auxiliary.entries()) {
    const stands =
      auxiliary.kind === "upgrade"
        ? (deployment.upgrades ?? []).some(
            ({ site, upgrade }) => site === auxiliary.site && upgrade === auxiliary.upgrade,
          )
        : document.training.some(
            ({ training, pool }) => training === auxiliary.training && deployment.pools[pool]!.site === auxiliary.site,
          );
    if (!stands) continue;
    modules[planned.firstAuxiliary + i] = 1;
    open[auxiliary.site] = 1;
  }
  const rowOf = new Int32Array(world.demand.length).fill(-1);
  for (let row = 0; row < planned.demandRowCount; row++) {
    for (let i = planned.memberStarts[row]!; i < planned.memberStarts[row + 1]!; i++) rowOf[planned.members[i]!] = row;
  }
  const peak = new Float64Array(planned.demandRowCount);
  for (const [i, demand] of world.demand.entries()) if (rowOf[i]! >= 0) peak[rowOf[i]!]! += demand.peakPerS[period]!;
  for (const flow of deployment.flows) {
    const row = rowOf[flow.row]!;
    const pool = deployment.pools[flow.pool]!;
    if (row >= 0) add(row, pool.site, pool.module, flow.peakPerS / peak[row]!);
  }
  for (const { training, pool, pflops } of document.training) {
    const { site, module } = deployment.pools[pool]!;
    add(planned.demandRowCount + training, site, module, pflops / world.training[training]!.pflops[period]!);
  }
  return { open, modules, share };

  function add(row: number, site: number, module: number, part: number): void {
    for (let arc = problem.arcs.starts[row]!; arc < problem.arcs.starts[row + 1]!; arc++) {
      const pool = problem.arcs.pool[arc]!;
      if (problem.pools.site[pool] !== site || poolModule[pool] !== module || modules[pool] === 0) continue;
      share[arc]! += part;
      return;
    }
  }
}

/** Compares two values of JSON, numbers up to rounding, and reports the first difference with its place. */
function compare(where: string, said: unknown, is: unknown, report: Report): void {
  const difference = firstDifference(where, said, is);
  if (difference !== null) report(difference.where, difference.message);
}

function firstDifference(where: string, said: unknown, is: unknown): { where: string; message: string } | null {
  if (typeof said === "number" && typeof is === "number") {
    if (Math.abs(said - is) <= tolerance * Math.max(1, Math.abs(said), Math.abs(is))) return null;
  } else if (Array.isArray(said) && Array.isArray(is)) {
    if (said.length !== is.length) return { where, message: `has ${said.length} entries, it follows ${is.length}` };
    for (const [i, part] of said.entries()) {
      const difference = firstDifference(`${where}[${i}]`, part, is[i]);
      if (difference !== null) return difference;
    }
    return null;
  } else if (isRecord(said) && isRecord(is)) {
    for (const key of new Set([...Object.keys(said), ...Object.keys(is)])) {
      const difference = firstDifference(`${where}.${key}`, said[key], is[key]);
      if (difference !== null) return difference;
    }
    return null;
  } else if (Object.is(said, is)) return null;
  return { where, message: `says ${JSON.stringify(said)}, it follows ${JSON.stringify(is)}` };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
