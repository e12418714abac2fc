/** Plans that survive failures: plan, look for a failure that leaves requests nowhere to go, add what forbids it, plan again. */
import type { CouplingLimit } from "../problem/coupling-limit.ts";
import { objectiveUsd, type PlanProblem, type ProblemSolution } from "../problem/problem.ts";
import { gapOf, type PathOptions, type PathTools, type SearchStatus } from "../problem/solution-path.ts";
import { exactOrRounded } from "../search/solve-problem.ts";
import type { FailureCut, Stage } from "../world/failover-terms.ts";
import { failoverTable, failureLimit, failuresOf, type FailoverTable, type Failure } from "../world/resilience.ts";
import { survivalLimits } from "../world/survival-limits.ts";
import { addReserve, serveLess } from "./add-reserve.ts";
import { brokenCuts, examine, type Examination } from "./examine-failures.ts";
import { relaxedFailureCuts } from "./relaxed-failures.ts";
import type { ResilientResult } from "./resilient-result.ts";
import { surviveAtSize } from "./survive-at-size.ts";
import { surviveTogether } from "./survive-together.ts";

/**
 * Up to this many arcs problems go to the solver whole. Prices know little of what survival takes, and the search of large problems
 * does not watch it: at 38,000 arcs they left a fifth of the cost open, where the solver proves half a per cent.
 */
export const exactUpToArcs = 60_000;
/** Rounds of planning, and the share of the time left that each may take, and that each way of making its plan survive may take. */
const mostRounds = 40;
const shareOfRound = 0.35;
/** From so many arcs a plan of few rounds that were given their time is better than one of many. */
const longFromArcs = 12_000;
const shareOfLongRound = 0.6;
/** Share of the time that finding a plan to begin with may take there. */
const shareOfStart = 0.3;
const shareOfReserve = 0.15;
/** Share of the time left in which a plan to begin with is decided anew where it stands. */
const shareOfTogether = 0.4;
/** What looking through the failures may take longer than in the rounds before, where the time limit is near. */
const sparedForLooking = 1.3;

/** A round that has less time is not begun, seconds; and none that has less than this share of what the last one took to solve. */
export const leastRoundS = 0.5;
const worthAgain = 0.5;

/** What is known before: a plan that survives, and cuts found for the same world. */
export interface KnownResilient {
  readonly solution?: ProblemSolution | undefined;
  readonly cuts: readonly FailureCut[];
}

export async function solveResilient(
  plain: PlanProblem,
  stages: readonly Stage[],
  tools: PathTools,
  path: PathOptions,
  begin: KnownResilient = { cuts: [] },
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
  const relaxed = await relaxedFailureCuts(problem, stages, tables, failures, limitOf, begin.cuts, tools, path);
  const { cuts } = relaxed;
  problem = { ...problem, limits: [...problem.limits, ...cuts.map(limitOf)] };
  let { boundUsd } = relaxed;
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
  if (begin.solution !== undefined)
    best = known(begin.solution, await examine(stages, tables, failures, begin.solution, tools, path));
  else if (arcCount > longFromArcs) {
    // A good plan to begin with spares the solver most of its search for plans.
    const terms = { ...path, timeLimitS: shareOfStart * leftS() };
    const first = await surviveAtSize(plain, stages, tables, failures, tools, terms);
    boundUsd = Math.max(boundUsd, first.result.bestBoundUsd);
    const found = await examine(stages, tables, failures, first.result.solution, tools, path);
    best = known(first.result.solution, found);
  }
  const isOver = path.signal?.aborted === true || leftS() < leastRoundS;
  if (best !== null && best.found.missing.length === 0 && arcCount > longFromArcs && !isOver) {
    // Where it stands it is decided as a whole, which the search for large problems did piece by piece.
    const { solution, found } = best;
    const terms = { ...path, timeLimitS: shareOfTogether * leftS() };
    const from = { solution, moves: found.moves };
    const together = await surviveTogether(plain, stages, tables, failures, [solution], from, tools, terms);
    if (together !== null)
      best = betterOf(best, known(together, await examine(stages, tables, failures, together, tools, path)));
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
