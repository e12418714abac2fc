/**
 * What is known of a problem while it is solved: the incumbent, which is the best plan so far, the bound that no plan costs less
 * than, and the time. The phases of a search are handed this one thing, offer it plans and tell it what they prove.
 */
import { withoutFollowing } from "../problem/least-modules.ts";
import type { PlanState } from "./plan-state.ts";
import { checkSolution, objectiveUsd, type PlanProblem, type ProblemSolution } from "../problem/problem.ts";
import { emptySolution, gapOf, type CurvePoint, type PathOptions, type PathTools } from "../problem/solution-path.ts";
import { takePauses, type Pauses } from "../problem/steps.ts";

/** What is known of plans before a search. */
export interface KnownPlans {
  /** A plan that keeps every limit. */
  readonly plan?: ProblemSolution;
  /** Whether a plan that costs so much is close enough to what is proven elsewhere. */
  readonly isEnough: (usd: number) => boolean;
}

export interface SearchState extends Pauses {
  /** Plans are looked for in this: what follows from limits that are not written out is for the bound and the solver alone. */
  readonly problem: PlanProblem;
  readonly tools: PathTools;
  readonly options: PathOptions;
  readonly incumbent: ProblemSolution;
  /** Infinity while no plan keeps every limit. */
  readonly incumbentUsd: number;
  /** What is proven; -Infinity at first. */
  readonly boundUsd: number;
  /** How far prices have climbed, which counts as proven once the best of them are certified. */
  climbedUsd: number;
  /** What the solver said when it failed; empty otherwise. */
  message: string;
  readonly curve: readonly CurvePoint[];
  /** Whether there is a plan beyond the one that always exists, in which nobody is served. */
  readonly hasPlan: () => boolean;
  readonly elapsedS: () => number;
  readonly leftS: () => number;
  /** Whether more than this share of the time limit has passed. */
  readonly isBeyond: (share: number) => boolean;
  readonly isCancelled: () => boolean;
  readonly isTimeUp: () => boolean;
  /** Whether the asked gap is closed by a plan that costs so much, and by the incumbent. */
  readonly isEnough: (usd: number) => boolean;
  readonly isProven: () => boolean;
  /** Whether time is up or the asked gap is closed. */
  readonly isDone: () => boolean;
  /** Makes a plan the incumbent if it is cheaper and keeps every limit, which adds a point to the curve. */
  readonly offer: (candidate: PlanState) => void;
  /** Makes a plan that is known to keep every limit, and to cost so much, the incumbent; the curve gets no point. */
  readonly replaceIncumbent: (solution: ProblemSolution, usd: number) => void;
  /** Takes a bound in place of the one before, and adds a point to the curve. */
  readonly prove: (boundUsd: number) => void;
  /** Adds a point to the curve and tells whoever listens: of what is known, or of what a phase knows better. */
  readonly record: (incumbentUsd?: number, boundUsd?: number) => void;
}

export function createSearchState(
  stated: PlanProblem,
  tools: PathTools,
  options: PathOptions,
  known?: KnownPlans,
): SearchState {
  const startedMs = tools.nowMs();
  const problem = withoutFollowing(stated);
  const elapsedS = (): number => (tools.nowMs() - startedMs) / 1000;
  const isCancelled = (): boolean => options.signal?.aborted === true;
  const curve: CurvePoint[] = [];
  let incumbent = known?.plan ?? emptySolution(problem);
  // What does not keep every limit is no plan, however cheap.
  let incumbentUsd = checkSolution(problem, incumbent).length === 0 ? objectiveUsd(problem, incumbent) : Infinity;
  const startUsd = known?.plan === undefined ? incumbentUsd : Infinity;
  let boundUsd = -Infinity;
  const reachedUsd = (): number => Math.max(boundUsd, state.climbedUsd);
  const pauses = takePauses(tools, (stage) => {
    const now = { seconds: elapsedS(), incumbentUsd, boundUsd: reachedUsd() };
    options.onProgress?.(stage === "" ? now : { ...now, stage });
  });
  const state: SearchState = {
    ...pauses,
    problem,
    tools,
    options,
    get incumbent() {
      return incumbent;
    },
    get incumbentUsd() {
      return incumbentUsd;
    },
    get boundUsd() {
      return boundUsd;
    },
    climbedUsd: -Infinity,
    message: "",
    curve,
    hasPlan: () => incumbentUsd < startUsd,
    elapsedS,
    leftS: () => options.timeLimitS - elapsedS(),
    isBeyond: (share) => elapsedS() > share * options.timeLimitS,
    isCancelled,
    isTimeUp: () => isCancelled() || elapsedS() >= options.timeLimitS,
    isEnough: (usd) => gapOf(usd, boundUsd) <= options.relativeGap || known?.isEnough(usd) === true,
    isProven: () => state.isEnough(incumbentUsd),
    isDone: () => state.isTimeUp() || state.isProven(),
    offer(candidate) {
      let solution = candidate.solution();
      let usd = objectiveUsd(problem, solution);
      if (options.toRun !== undefined && usd < incumbentUsd) {
        solution = options.toRun(solution);
        usd = objectiveUsd(problem, solution);
      }
      if (usd >= incumbentUsd || checkSolution(problem, solution).length > 0) return;
      state.replaceIncumbent(solution, usd);
      state.record(usd, reachedUsd());
    },
    replaceIncumbent(solution, usd) {
      incumbent = solution;
      incumbentUsd = usd;
    },
    prove(usd) {
      boundUsd = usd;
      state.record();
    },
    record(incumbentNowUsd = incumbentUsd, boundNowUsd = boundUsd) {
      const point = { seconds: elapsedS(), incumbentUsd: incumbentNowUsd, boundUsd: boundNowUsd };
      curve.push(point);
      options.onProgress?.(point);
    },
  };
  return state;
}
