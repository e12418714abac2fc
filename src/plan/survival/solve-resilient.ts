/** Plans that survive failures: plan, look for a failure that leaves requests nowhere to go, add what forbids it, plan again. */
import type { CouplingLimit } from "../problem/coupling-limit.ts";
import type { Deployment } from "../../route/index.ts";
import type { Failover } from "../world/failover-terms.ts";
import { brokenCuts, examine, type Examination } from "./examine-failures.ts";
import type { FailoverMove, FailureCut, Stage } from "../world/failover-terms.ts";
import { objectiveUsd, type PlanProblem, type ProblemSolution } from "../problem/problem.ts";
import { addReserve, serveLess } from "./add-reserve.ts";
import { relaxedFailureCuts } from "./relaxed-failures.ts";
import { failoverTable, failureLimit, failuresOf, type FailoverTable, type Failure } from "../world/resilience.ts";
import {
  gapOf,
  type PathOptions,
  type PathResult,
  type PathTools,
  type SearchStatus,
} from "../problem/solution-path.ts";
import { exactOrRounded, solveProblem } from "../search/solve-problem.ts";
import { isSolvedInPart } from "../search/solve-in-part.ts";
import { CrowdedPools } from "../engine/crowded-pools.ts";
import { withEngines } from "../engine/slots-of-world.ts";
import { spotAt } from "../problem/spots.ts";
import { reserveOfMoves } from "../engine/reserve-moves.ts";
import { standApart, type Apart } from "../engine/stand-apart.ts";
import { survivalLimits } from "../world/survival-limits.ts";
import { surviveAtSize } from "./survive-at-size.ts";
import { surviveTogether } from "./survive-together.ts";
import { surviveWithEngines } from "./survive-with-engines.ts";

export interface ResilientResult {
  readonly result: PathResult;
  /** With the limits that were found. */
  readonly problem: PlanProblem;
  /** How many of its limits follow from what has to be survived, before those that plans broke. */
  readonly derived: number;
  /** They are those of large problems. */
  readonly derivedAs?: "large";
  readonly cuts: readonly FailureCut[];
  readonly moves: readonly FailoverMove[];
  /** What the plan does not survive, because no plan was found that does. */
  readonly fatal: readonly string[];
  /** What it took to keep models apart that do not fit together; absent where all do. */
  readonly apart?: Apart;
}

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
  const leftS = path.timeLimitS - (tools.nowMs() - startedMs) / 1000;
  const arcCount = problem.arcs.pool.length;
  const isLate = path.signal?.aborted === true || (arcCount > engineArcs && leftS < leastAgain * path.timeLimitS);
  const known = isLate || arcCount > exactUpToArcs ? problem : withEngines(problem, stages);
  if (known === problem) return first;
  const terms = { ...path, timeLimitS: Math.max(leastRoundS, leftS) };
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
      path,
    );
  }
  const begin = first.fatal.length === 0 && first.apart.crowded === 0 ? first.result.solution : undefined;
  const second = runnable(await solveResilient(known, stages, tools, terms, begin));
  return betterResilient(problem, stages, first, second, path);
}

/** The better of two plans that survive, with what is proven of both. */
function betterResilient(
  plain: PlanProblem,
  stages: readonly Stage[],
  first: ResilientResult,
  second: ResilientResult,
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
  const inBound = (isSecond ? other : one)[1] === 0;
  const { objectiveUsd } = best.result;
  const known = inBound ? Math.max(first.result.bestBoundUsd, second.result.bestBoundUsd) : first.result.bestBoundUsd;
  const bestBoundUsd = Math.min(known, objectiveUsd);
  const relativeGap = gapOf(objectiveUsd, bestBoundUsd);
  const proven = relativeGap <= path.relativeGap + 1e-12;
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

/** What the document says of the failures; `deployments` by period. */
export function failoverOf(
  { derived, derivedAs, cuts, moves }: ResilientResult,
  stages: readonly Stage[],
  deployments: readonly Deployment[],
): { readonly failover?: Failover } {
  const { world } = stages[0]!.planned;
  if (world.limits.resilience === undefined) return {};
  const positions = deployments.map(
    ({ pools }) => new Map(pools.map((pool, i) => [spotAt(world, pool.site, pool.module), i])),
  );
  return {
    failover: {
      failures: failuresOf(world).map((failure) => failure.name),
      derived,
      ...(derivedAs !== undefined && { derivedAs }),
      cuts: cuts.map(({ stage, ...cut }) => ({ period: stages[stage]!.planned.period, ...cut })),
      moves: moves.map(({ stage, failure, row, spot, share }) => {
        const { period, memberStarts, members } = stages[stage]!.planned;
        const demand = members[memberStarts[row]!]!;
        const peakPerS = share * world.demand[demand]!.peakPerS[period]!;
        return { period, failure, row: demand, pool: positions[stage]!.get(spot)!, peakPerS };
      }),
    },
  };
}

/**
 * Up to this many arcs problems go to the solver whole. Prices know little of what survival takes, and the search of large problems
 * does not watch it: at 38,000 arcs they left a fifth of the cost open, where the solver proves half a per cent.
 */
const exactUpToArcs = 60_000;
/** Up to this many arcs models that do not fit together are looked at only where a plan has to be changed for their sake. */
const engineArcs = 12_000;
/** Share of the time limit that must be left for a larger problem to be searched again with its engines. */
const leastAgain = 0.1;
/** Rounds of planning, and the share of the time left that each may take, and that each way of making its plan survive may take. */
const mostRounds = 40;
const shareOfRound = 0.35;
/** From so many arcs a plan of few rounds that were given their time is better than one of many. */
const longFromArcs = 12_000;
const shareOfLongRound = 0.6;
/** Share of the time that finding a plan to begin with may take there. */
const shareOfStart = 0.3;
const shareOfReserve = 0.15;
/** What looking through the failures may take longer than in the rounds before, where the time limit is near. */
const sparedForLooking = 1.3;
/** A round that has less time is not begun, seconds; and none that has less than this share of what the last one took to solve. */
const leastRoundS = 0.5;
const worthAgain = 0.5;

/** @param begin A plan that survives, to begin with. */
async function solveResilient(
  plain: PlanProblem,
  stages: readonly Stage[],
  tools: PathTools,
  path: PathOptions,
  begin?: ProblemSolution,
): Promise<ResilientResult> {
  const startedMs = tools.nowMs();
  const leftS = (): number => path.timeLimitS - (tools.nowMs() - startedMs) / 1000;
  const arcCount = plain.arcs.pool.length;
  const tables = stages.map(({ planned }) => failoverTable(planned));
  const failures = failuresOf(stages[0]!.planned.world);
  if (arcCount > exactUpToArcs) return surviveAtSize(plain, stages, tables, failures, tools, path);
  const derived = survivalLimits(stages, tables, failures);
  const limitOf = (cut: FailureCut): CouplingLimit => stagedLimit(stages, tables, failures, cut);
  let problem: PlanProblem = { ...plain, limits: [...plain.limits, ...derived] };
  const cuts = await relaxedFailureCuts(problem, stages, tables, failures, limitOf, tools, path);
  problem = { ...problem, limits: [...problem.limits, ...cuts.map(limitOf)] };
  let boundUsd = -Infinity;
  let isDry = false;
  let best: Known | null = null;
  // What a round takes beside what is limited by itself: no round begins that could not end in time.
  let lookingS = 0;
  const mending = (): PathOptions => ({ ...path, timeLimitS: Math.max(1, shareOfReserve * leftS()) });
  const known = (solution: ProblemSolution, found: Examination): Known => ({
    solution,
    usd: objectiveUsd(plain, solution),
    found,
  });
  if (begin !== undefined) best = known(begin, await examine(stages, tables, failures, begin, tools, path));
  else if (arcCount > longFromArcs) {
    // A good plan to begin with spares the solver most of its search for plans.
    const terms = { ...path, timeLimitS: shareOfStart * leftS() };
    const first = await surviveAtSize(plain, stages, tables, failures, tools, terms);
    boundUsd = first.result.bestBoundUsd;
    const found = await examine(stages, tables, failures, first.result.solution, tools, path);
    best = known(first.result.solution, found);
  }
  for (let round = 1; ; round++) {
    // A plan that survives keeps every inequality of those to come, so it is a start for all later rounds.
    const start = best !== null && best.found.missing.length === 0 ? best.solution : undefined;
    const startedS = leftS();
    const share = arcCount > longFromArcs ? shareOfLongRound : shareOfRound;
    const terms = { ...path, timeLimitS: Math.max(1, isDry ? leftS() - sparedForLooking * lookingS : share * leftS()) };
    const result = await exactOrRounded(problem, tools, terms, start, exactUpToArcs);
    boundUsd = Math.max(boundUsd, result.bestBoundUsd);
    const solvedS = leftS();
    let mendedS = 0;
    const found = await examine(stages, tables, failures, result.solution, tools, path);
    if (found.missing.length === 0) best = betterOf(best, known(result.solution, found));
    else {
      const { solution } = result;
      const timed = async <T>(work: Promise<T>): Promise<T> => {
        const beforeS = leftS();
        const done = await work;
        mendedS += beforeS - leftS();
        return done;
      };
      const served = async (by: ProblemSolution): Promise<Known> => {
        const less = await serveLess(plain, stages, tables, failures, by, tools, path);
        return known(less, await examine(stages, tables, failures, less, tools, path));
      };
      best = betterOf(
        best,
        await served(
          await timed(addReserve(plain, stages, tables, failures, solution, found.missing, tools, mending())),
        ),
      );
      // The plan has its faults, and the best one places that this one has not: what both have is decided anew.
      const around = [solution, best.solution];
      const from = best.found.missing.length === 0 ? { solution: best.solution, moves: best.found.moves } : null;
      const together = await timed(surviveTogether(plain, stages, tables, failures, around, from, tools, mending()));
      if (together !== null) best = betterOf(best, await served(together));
    }
    lookingS = Math.max(lookingS, solvedS - leftS() - mendedS);
    const relativeGap = gapOf(best.usd, boundUsd);
    const proven = best.found.missing.length === 0 && relativeGap <= path.relativeGap + 1e-12;
    const roundS = Math.max(leastRoundS, worthAgain * (startedS - solvedS));
    const stopped = leftS() <= sparedForLooking * lookingS + roundS || path.signal?.aborted === true;
    // Nothing to add and time left: the same problem again, with all of it.
    const isDone = found.missing.length === 0 && (isDry || result.status !== "timeLimit");
    if (proven || isDone || round >= mostRounds || stopped) {
      const ending: SearchStatus = stopped && result.status === "optimal" ? "timeLimit" : result.status;
      const bestBoundUsd = Math.min(boundUsd, best.usd);
      const status: SearchStatus = proven ? "optimal" : ending === "optimal" ? "gapNotReached" : ending;
      const whole = { ...result, solution: best.solution, objectiveUsd: best.usd, bestBoundUsd, relativeGap, status };
      const fatal = [...new Set(best.found.missing.map(({ cut }) => failures[cut.failure]!.name))];
      return { result: whole, problem, derived: derived.length, cuts: cuts.slice(), moves: best.found.moves, fatal };
    }
    isDry = found.missing.length === 0;
    const broken = brokenCuts(found.missing);
    cuts.push(...broken);
    problem = { ...problem, limits: [...problem.limits, ...broken.map(limitOf)] };
  }
}

/** A plan, its cost and what it does not survive. */
interface Known {
  readonly solution: ProblemSolution;
  readonly usd: number;
  readonly found: Examination;
}

function betterOf(best: Known | null, other: Known): Known {
  if (best === null) return other;
  const [lacks, lacked] = [other.found.missing.length, best.found.missing.length];
  return (lacks === 0 && lacked === 0 ? other.usd < best.usd : lacks < lacked) ? other : best;
}

/** The limit of a cut in the problem that is solved. */
function stagedLimit(
  stages: readonly Stage[],
  tables: readonly FailoverTable[],
  failures: readonly Failure[],
  { stage, failure, prices, shut }: FailureCut,
): CouplingLimit {
  const limit = failureLimit(tables[stage]!, failures[failure]!, new Map(prices), shut);
  const { planned, arc, pool } = stages[stage]!;
  return {
    ...limit,
    sites: limit.sites.map((site) => site + stage * planned.problem.sites.count),
    pools: limit.pools.map((position) => position + pool),
    ...(limit.arcs !== undefined && { arcs: limit.arcs.map((position) => position + arc) }),
  };
}
