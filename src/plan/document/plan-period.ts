/** Plans one period of a world: build the problem, solve it by the way its size asks for, and write the document. */
import type { World } from "../../catalog/index.ts";
import { judgeDistribution, restrictTo, summariseAlternative } from "./alternatives.ts";
import { asPriced, certify } from "../bound/certificate.ts";
import type { Certificate } from "../problem/prices.ts";
import { branchCertificate } from "../bound/branch-certificate.ts";
import { buildModel } from "../problem/build-model.ts";
import { brokenLimits, fatalFailures, findClashes, type Clash } from "./clashes.ts";
import { describePeriod } from "./describe-period.ts";
import { withImpliedLimits } from "../problem/implied-limits.ts";
import { lagrangianBound } from "../bound/lagrangian.ts";
import type { PlanDocument } from "./plan-document.ts";
import { planValue } from "./plan-value.ts";
import { usualTimeLimitS, type PlanOptions, type PlanTools } from "../problem/plan-options.ts";
import type { PlanProblem } from "../problem/problem.ts";
import { viewBySite } from "../problem/site-view.ts";
import { gapOf, type PathOptions, type PathResult } from "../problem/solution-path.ts";
import { failoverOf, type ResilientResult } from "../survival/resilient-result.ts";
import { solvePlan, withModelsApart } from "../survival/solve-plan.ts";
import { solveProblem } from "../search/solve-problem.ts";
import { enginePredictions } from "../../route/index.ts";
import { worldProblemSteps, type WorldProblem } from "../world/world-problem.ts";

/** Gap at which a plan counts as good enough when none is asked for. */
const usualGap = 0.005;
/** Time the search gets, in seconds, where arranging the problem has taken all there was: enough for a plan and a bound. */
const leastSearchS = 1;
/** Share of the time limit that the search leaves for the alternative and the certificate, and what each gets at the least. */
const afterSearchShare = 0.08;
const leastAfterShare = 0.03;
/**
 * What comes after the search reads the problem a few times, as arranging it did: so much of the time that took is left for it too,
 * where the limit allows.
 */
const afterBuildShare = 0.5;
const mostAfterShare = 0.4;
/** Share of the time limit that what modules are worth may take to find. */
const worthTimeShare = 0.1;
/** Share of the time limit the centralised alternative may take; it is much smaller than the plan itself. */
const comparisonTimeShare = 0.25;
/** Evaluations spent on the prices of an exactly solved problem: milliseconds each, at most 12,000 arcs. */
const certificateIterations = 600;
/** Share of the time limit that may go into the certificate, and the gap below which cases are no longer told apart. */
const certificateTimeShare = 0.1;
const closestGap = 1e-3;

export async function planPeriod(
  world: World,
  period: number,
  tools: PlanTools,
  options: PlanOptions,
): Promise<PlanDocument> {
  const startedMs = tools.nowMs();
  const planned = await buildModel(worldProblemSteps(world, period), tools, options);
  const { problem } = planned;
  const seconds = (): number => (tools.nowMs() - startedMs) / 1000;
  const builtS = seconds();
  const path = pathOptions(tools, options, builtS);
  const clashes = findClashes(planned);
  if (clashes.length > 0) return infeasibleDocument(planned, problem, path, options, clashes, seconds());

  const stages = [{ planned, arc: 0, pool: 0 }];
  const solved = await solvePlan(problem, stages, tools, searchOptions(path, builtS));
  const { result } = solved;
  const broken = [...brokenLimits(problem, result.solution, world), ...fatalFailures(solved.fatal)];
  if (broken.length > 0) return infeasibleDocument(planned, problem, path, options, broken, seconds());
  return periodDocument(planned, solved, tools, path, options, seconds);
}

/** The document of a solved period; `proven` is what its bound and certificate are of, where that was solved apart. */
export async function periodDocument(
  planned: WorldProblem,
  solved: ResilientResult,
  tools: PlanTools,
  path: PathOptions,
  options: PlanOptions,
  seconds: () => number,
  proven = solved,
): Promise<PlanDocument> {
  const { result } = solved;
  const { problem, world } = planned;
  const stages = [{ planned, arc: 0, pool: 0 }];
  const { description, told } = await describePeriod(
    planned,
    result.solution,
    tools,
    describingOptions(path, seconds),
    solved.moves,
  );
  const centralised = await centralisedAlternative(planned, tools, path, options, seconds);
  const certificate = await certificateOf(proven, tools, path, seconds);
  // What the document costs is what anyone computes from it, to the last digit.
  const objectiveUsd = description.cost.totalUsdPerYear;
  const bestBoundUsd = Math.min(Math.max(result.bestBoundUsd, certificate.boundUsd), objectiveUsd);
  const whole = { ...result, solution: told, objectiveUsd, bestBoundUsd };
  return withValue({
    ...headOf(planned, options),
    status: result.status,
    objectiveUsdPerYear: objectiveUsd,
    bestBoundUsdPerYear: bestBoundUsd,
    relativeGap: gapOf(objectiveUsd, bestBoundUsd),
    method: result.method,
    search: { ...searchOf(problem, path, result, seconds()), ...(solved.apart && { apart: solved.apart }) },
    ...description,
    ...failoverOf(solved, stages, [description.deployment]),
    certificate,
    predictions: enginePredictions(world, description.deployment),
    alternatives: { centralised },
    verdict: centralised === null ? null : judgeDistribution(planned, whole, centralised),
    clashes: [],
    horizon: null,
  });
}

/** The document with what the plan is worth. */
export function withValue(document: PlanDocument): PlanDocument {
  return { ...document, value: planValue(document) };
}

/**
 * What is asked of the search, with what is usual where nothing is said.
 *
 * @param spentS What arranging the problem has already taken of the time limit, seconds.
 */
export function pathOptions(tools: PlanTools, options: PlanOptions, spentS: number): PathOptions {
  return {
    relativeGap: options.relativeGap ?? usualGap,
    timeLimitS: Math.max(leastSearchS, (options.timeLimitS ?? usualTimeLimitS) - spentS),
    seed: options.seed ?? 1,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    ...(tools.onProgress === undefined ? {} : { onProgress: tools.onProgress }),
  };
}

/**
 * The same for the search alone: what comes after it keeps to the time limit too.
 *
 * @param spentS What arranging the problem has taken, seconds.
 */
export function searchOptions(path: PathOptions, spentS: number): PathOptions {
  const { timeLimitS } = path;
  const afterS = Math.max(
    afterSearchShare * timeLimitS,
    Math.min(mostAfterShare * timeLimitS, afterBuildShare * spentS),
  );
  return { ...path, timeLimitS: timeLimitS - afterS };
}

/** The same for describing what was found, as one of `parts`. */
export function describingOptions(path: PathOptions, seconds: () => number, parts = 1): PathOptions {
  return { ...path, timeLimitS: afterSearchS(worthTimeShare, path, seconds) / parts };
}

/** Seconds that something after the search may take: a share of the limit where the search has left as much. */
function afterSearchS(share: number, { timeLimitS }: PathOptions, seconds: () => number): number {
  return Math.max(leastAfterShare * timeLimitS, Math.min(share * timeLimitS, timeLimitS - seconds()));
}

/** What a document says before anything is solved. */
export function headOf(
  { world, period }: WorldProblem,
  options: PlanOptions,
): Pick<PlanDocument, "format" | "name" | "inputHash" | "catalogVersion" | "world" | "period"> {
  return {
    format: "disperse/plan/v1",
    name: world.name,
    inputHash: options.inputHash ?? "",
    catalogVersion: world.catalogVersion,
    world,
    period,
  };
}

/** How the search went; `problem` is what was solved. */
export function searchOf(
  problem: PlanProblem,
  path: PathOptions,
  result: Pick<PathResult, "curve" | "message">,
  seconds: number,
): PlanDocument["search"] {
  return {
    seed: path.seed,
    askedGap: path.relativeGap,
    rows: problem.rows.count,
    arcs: problem.arcs.pool.length,
    pools: problem.pools.count,
    seconds,
    curve: result.curve.map((point) => ({
      seconds: point.seconds,
      incumbentUsd: finiteOrNull(point.incumbentUsd),
      boundUsd: finiteOrNull(point.boundUsd),
    })),
    message: result.message,
  };
}

/** The document that says that no plan exists, and why. */
export function infeasibleDocument(
  planned: WorldProblem,
  problem: PlanProblem,
  path: PathOptions,
  options: PlanOptions,
  clashes: readonly Clash[],
  seconds: number,
): PlanDocument {
  return {
    ...headOf(planned, options),
    status: "infeasible",
    objectiveUsdPerYear: null,
    bestBoundUsdPerYear: null,
    relativeGap: null,
    method: "exact",
    search: searchOf(problem, path, { curve: [], message: "" }, seconds),
    deployment: { period: planned.period, pools: [], flows: [] },
    cost: null,
    sites: [],
    limits: [],
    unserved: [],
    training: [],
    certificate: null,
    alternatives: { centralised: null },
    verdict: null,
    clashes,
    horizon: null,
  };
}

/** The core alone, for the same demand of one period; null when it was not asked for, or no such plan was found. */
export async function centralisedAlternative(
  planned: WorldProblem,
  tools: PlanTools,
  path: PathOptions,
  options: PlanOptions,
  seconds: () => number,
): Promise<ReturnType<typeof summariseAlternative> | null> {
  const { world } = planned;
  if (options.compare === false || !world.sites.some((site) => site.tier === "core")) return null;
  const core = restrictTo(planned, (site) => world.sites[site]!.tier === "core");
  const { onProgress: _unused, ...quietly } = path;
  const terms = { ...quietly, timeLimitS: afterSearchS(comparisonTimeShare, path, seconds) };
  const found = await solveProblem(core.problem, tools, terms);
  // Where what is forced or owed needs more than the core can give, the core alone is no alternative.
  if (!Number.isFinite(found.objectiveUsd)) return null;
  const { result } = withModelsApart(core.problem, [{ planned: core, arc: 0, pool: 0 }], found, terms, true);
  return summariseAlternative("centralised", core, core.problem, result);
}

/**
 * What anyone can check. The solver proves its bound by branching on millions of relaxations, which cannot be retold; prices
 * prove nearly as much, and telling some cases apart the rest.
 */
export async function certificateOf(
  { problem, result }: Pick<ResilientResult, "problem" | "result">,
  tools: PlanTools,
  path: PathOptions,
  seconds: () => number,
): Promise<Certificate> {
  const { signal, relativeGap, seed } = path;
  const endMs = tools.nowMs() + 1000 * afterSearchS(certificateTimeShare, path, seconds);
  const leftS = (): number => (endMs - tools.nowMs()) / 1000;
  const stop = (): boolean => signal?.aborted === true || leftS() < 0;
  let { certificate } = result;
  if (certificate === undefined) {
    const view = viewBySite(problem);
    const strong = withImpliedLimits(problem);
    certificate = certify(strong, lagrangianBound(strong, view, { iterations: certificateIterations, stop }), view);
  }
  const wantedGap = Math.max(relativeGap, closestGap);
  return branchCertificate(asPriced(problem, certificate), certificate, {
    targetUsd: result.objectiveUsd - wantedGap * Math.abs(result.objectiveUsd),
    plan: result.solution,
    solver: tools.solver,
    seed,
    stop,
    leftS,
    ...(tools.breathe !== undefined && { breathe: tools.breathe }),
  });
}

/** JSON has no infinity. */
function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
