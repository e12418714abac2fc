/** One door to plans that can be run: models apart that do not fit together, and whatever failures have to be survived. */
import { CrowdedPools } from "../engine/crowded-pools.ts";
import { reserveOfMoves } from "../engine/reserve-moves.ts";
import { withEngines } from "../engine/slots-of-world.ts";
import { standApart, type Apart } from "../engine/stand-apart.ts";
import { objectiveUsd, type PlanProblem } from "../problem/problem.ts";
import {
  gapOf,
  type PathOptions,
  type PathResult,
  type PathTools,
  type SearchStatus,
} from "../problem/solution-path.ts";
import { isSolvedInPart } from "../search/solve-in-part.ts";
import { solveProblem } from "../search/solve-problem.ts";
import type { FailoverMove, Stage } from "../world/failover-terms.ts";
import { failoverTable, failuresOf } from "../world/resilience.ts";
import type { ResilientResult } from "./resilient-result.ts";
import { exactUpToArcs, leastRoundS, solveResilient } from "./solve-resilient.ts";
import { surviveWithEngines } from "./survive-with-engines.ts";

/** Up to this many arcs models that do not fit together are looked at only where a plan has to be changed for their sake. */
const engineArcs = 12_000;
/** Share of the time limit that must be left for a larger problem to be searched again with its engines. */
const leastAgain = 0.1;

/** Solves a problem, so that its plan can be run and survives what the world asks for. */
export async function solvePlan(
  problem: PlanProblem,
  stages: readonly Stage[],
  tools: PathTools,
  path: PathOptions,
): Promise<ResilientResult> {
  if (stages[0]!.planned.world.limits.resilience !== undefined)
    return solveResilientApart(problem, stages, tools, path);
  const nothing = { derived: 0, cuts: [], moves: [], fatal: [] };
  const startedMs = tools.nowMs();
  const { result, apart } = withModelsApart(problem, stages, await solveProblem(problem, tools, path), path, true);
  // Most plans need no change for the sake of memory, and to watch it takes time.
  if (apart === undefined || result.relativeGap <= path.relativeGap) {
    return { ...nothing, problem, result, ...(apart !== undefined && { apart }) };
  }
  const leftS = path.timeLimitS - (tools.nowMs() - startedMs) / 1000;
  const isSmall = problem.arcs.pool.length <= engineArcs;
  // A search that is given no time finds less than the first has.
  const isLate = path.signal?.aborted === true || (!isSmall && leftS < leastAgain * path.timeLimitS);
  const known = isLate || isSolvedInPart(problem) ? problem : withEngines(problem, stages);
  if (known === problem) return { ...nothing, problem, result, apart };
  const pools = new CrowdedPools(known, stages);
  const terms: PathOptions = {
    ...path,
    timeLimitS: Math.max(leastRoundS, leftS),
    ...(!isSmall && { toRun: (solution) => standApart(known, stages, solution, true, pools).solution }),
  };
  const found = await solveProblem(known, tools, terms, result.solution);
  const better = betterApart(known, stages, { result, apart }, found, path);
  // A certificate is of the problem that its prices were sought for.
  return {
    ...nothing,
    problem: better.result.certificate === result.certificate && !isSmall ? problem : known,
    ...better,
  };
}

/**
 * The same under survival. Where requests go when something fails is settled by then, so that they stay where they are and modules
 * are added. Where that leaves the gap open, problems that go to the solver whole go there again with their engines.
 */
async function solveResilientApart(
  problem: PlanProblem,
  stages: readonly Stage[],
  tools: PathTools,
  path: PathOptions,
): Promise<ResilientResult> {
  const startedMs = tools.nowMs();
  const runnable = (solved: ResilientResult): ResilientResult => ({
    ...solved,
    ...withModelsApart(problem, stages, solved.result, path, false, solved.moves),
  });
  const first = runnable(await solveResilient(problem, stages, tools, path));
  if (first.apart === undefined) return first;
  if (first.apart.crowded === 0 && first.result.relativeGap <= path.relativeGap) return first;
  const leftS = (): number => path.timeLimitS - (tools.nowMs() - startedMs) / 1000;
  const arcCount = problem.arcs.pool.length;
  const isLate = path.signal?.aborted === true || (arcCount > engineArcs && leftS() < leastAgain * path.timeLimitS);
  const known = isLate || arcCount > exactUpToArcs ? problem : withEngines(problem, stages);
  if (known === problem) return first;
  const terms = { ...path, timeLimitS: Math.max(leastRoundS, leftS()) };
  const tables = stages.map(({ planned }) => failoverTable(planned));
  const failures = failuresOf(stages[0]!.planned.world);
  const found = await surviveWithEngines(known, stages, tables, failures, tools, terms);
  if (found !== null) {
    const relativeGap = gapOf(found.usd, found.boundUsd);
    const status: SearchStatus = found.isProven ? "optimal" : path.signal?.aborted === true ? "cancelled" : "timeLimit";
    const { solution, usd: objectiveUsd, boundUsd: bestBoundUsd, moves } = found;
    const result = { ...first.result, status, solution, objectiveUsd, bestBoundUsd, relativeGap };
    const problemOf = { ...first.problem, engines: known.engines! };
    return betterResilient(
      problem,
      stages,
      first,
      runnable({ ...first, problem: problemOf, result, moves, fatal: [] }),
      "failures",
      path,
    );
  }
  // What found nothing may have taken all the time there was, or have been stopped.
  const stillS = leftS();
  if (path.signal?.aborted === true || stillS < leastRoundS) return first;
  const isBegin = first.fatal.length === 0 && first.apart.crowded === 0;
  const begin = { solution: isBegin ? first.result.solution : undefined, cuts: first.cuts };
  const second = runnable(await solveResilient(known, stages, tools, { ...path, timeLimitS: stillS }, begin));
  return betterResilient(problem, stages, first, second, "every day", path);
}

/**
 * The better of two plans that survive, with what is proven of both.
 *
 * @param engines Whose engines the bound of the second one counts.
 */
function betterResilient(
  plain: PlanProblem,
  stages: readonly Stage[],
  first: ResilientResult,
  second: ResilientResult,
  engines: "every day" | "failures",
  path: PathOptions,
): ResilientResult {
  const pools = new CrowdedPools(plain, stages);
  // Whoever is served every day needs an engine more than those whom a failure brings.
  const rank = ({ fatal, apart, result }: ResilientResult): readonly [number, number, number, number] => [
    fatal.length,
    pools.of(result.solution).length,
    apart?.crowded ?? 0,
    result.objectiveUsd,
  ];
  const [one, other] = [rank(first), rank(second)];
  const differs = one.findIndex((figure, at) => figure !== other[at]);
  const isSecond = differs >= 0 && other[differs]! < one[differs]!;
  const best = isSecond ? second : first;
  // What is proven with engines is not proven of a plan that has not all of them.
  const [, crowded, crowdedInFailures] = isSecond ? other : one;
  const inBound = crowded === 0 && (engines === "every day" || crowdedInFailures === 0);
  const { objectiveUsd } = best.result;
  const known = inBound ? Math.max(first.result.bestBoundUsd, second.result.bestBoundUsd) : first.result.bestBoundUsd;
  const bestBoundUsd = Math.min(known, objectiveUsd);
  const relativeGap = gapOf(objectiveUsd, bestBoundUsd);
  const proven = best.fatal.length === 0 && relativeGap <= path.relativeGap + 1e-12;
  const status = proven ? "optimal" : second.result.status === "optimal" ? "gapNotReached" : second.result.status;
  const usd = first.apart!.usd + objectiveUsd - first.result.objectiveUsd;
  return {
    ...(inBound ? second : first),
    moves: best.moves,
    fatal: best.fatal,
    apart: { ...first.apart!, crowded: best.apart?.crowded ?? 0, usd, ...(inBound && { inBound: true }) },
    result: { ...best.result, bestBoundUsd, relativeGap, status },
  };
}

/** The better of two plans with models apart, with what is proven of both. */
function betterApart(
  problem: PlanProblem,
  stages: readonly Stage[],
  { result, apart }: { readonly result: PathResult; readonly apart: Apart },
  found: PathResult,
  path: PathOptions,
): ReturnType<typeof withModelsApart> {
  const again = standApart(problem, stages, found.solution, true);
  const usd = result.objectiveUsd;
  const [crowded, foundUsd] = [again.apart?.crowded ?? 0, objectiveUsd(problem, again.solution)];
  const isBetter = crowded < apart.crowded || (crowded === apart.crowded && foundUsd < usd);
  const best = isBetter
    ? { solution: again.solution, usd: foundUsd, crowded }
    : { solution: result.solution, usd, crowded: apart.crowded };
  const bestBoundUsd = Math.min(Math.max(result.bestBoundUsd, found.bestBoundUsd), best.usd);
  const relativeGap = gapOf(best.usd, bestBoundUsd);
  const proven = relativeGap <= path.relativeGap + 1e-12;
  const status = proven ? "optimal" : found.status === "optimal" ? result.status : found.status;
  const knowsMore = (found.certificate?.boundUsd ?? -Infinity) > (result.certificate?.boundUsd ?? -Infinity);
  const certificate = knowsMore ? found.certificate : result.certificate;
  return {
    apart: { ...apart, crowded: best.crowded, usd: apart.usd + best.usd - usd, inBound: true },
    result: {
      ...result,
      solution: best.solution,
      objectiveUsd: best.usd,
      bestBoundUsd,
      relativeGap,
      status,
      ...(certificate !== undefined && { certificate }),
    },
  };
}

/**
 * The result with models apart that do not fit together, and what that took.
 *
 * @param moves Where requests go when something fails: there they find engines of theirs.
 */
export function withModelsApart(
  problem: PlanProblem,
  stages: readonly Stage[],
  result: PathResult,
  { relativeGap: askedGap }: PathOptions,
  mayMove: boolean,
  moves: readonly FailoverMove[] = [],
): { readonly result: PathResult; readonly apart?: Apart } {
  const { solution, apart } = standApart(problem, stages, result.solution, mayMove, poolsFor(problem, stages, moves));
  if (apart === null) return { result };
  const usd = objectiveUsd(problem, solution);
  const bestBoundUsd = Math.min(result.bestBoundUsd, usd);
  const relativeGap = gapOf(usd, bestBoundUsd);
  const isOpen = result.status === "optimal" && !(relativeGap <= askedGap + 1e-12);
  const status = isOpen ? "gapNotReached" : result.status;
  return { apart, result: { ...result, solution, objectiveUsd: usd, bestBoundUsd, relativeGap, status } };
}

/** What has to be kept for failures needs engines too; undefined where nothing has. */
function poolsFor(
  problem: PlanProblem,
  stages: readonly Stage[],
  moves: readonly FailoverMove[],
): CrowdedPools | undefined {
  if (moves.length === 0) return undefined;
  const reserve = stages.map(({ planned }, stage) =>
    reserveOfMoves(
      planned,
      moves.filter((move) => move.stage === stage),
    ),
  );
  return new CrowdedPools(problem, stages, reserve);
}
