/**
 * Proves a plan, or finds the better ones that are left, on the core of a problem (`core-problem.ts`): prices shut most places for
 * good as soon as the best plan is near the bound, and what remains a solver finishes.
 */
import { branchOnPlaces, canBranch } from "./branch-on-places.ts";
import { coreOf, fatesOf, type Core, type Fates } from "./core-problem.ts";
import { solveExact } from "./exact.ts";
import type { LagrangianResult } from "../bound/lagrangian.ts";
import { negligible } from "./plan-state.ts";
import { checkSolution, objectiveUsd, type PlanProblem, type ProblemSolution } from "../problem/problem.ts";
import { restrictArcs } from "../problem/restrict-arcs.ts";
import { emptySolution, gapOf, type PathOptions, type PathResult, type PathTools } from "../problem/solution-path.ts";

/** What an arc may cost to be kept, as a share of what its row is worth. Rows that a core served by missing arcs keep all. */
const keptUpTo = 1.2;
/** The first core holds the places that are open so often when prices are averaged. It proves nothing, but finds a plan fast. */
const oftenOpen = 0.01;
const firstGap = 1e-3;
const firstTimeShare = 0.2;
const firstBranchedShare = 0.05;
/** Share of the time that is left in which cases have to prove something. */
const patienceShare = 0.15;
/** The next holds the plans that cost at most so much more than the bound. */
const firstReach = 1e-3;
/** Where prices decide fewer places than this share, sites are many and cheap, and parts are searched better. */
const leastDecided = 0.5;
/** With a plan close enough that all cheaper ones have a core of so few arcs, that core is next; else one that reaches further. */
const lastArcs = 12_000;
const nextReach = 1.8;
/** Where capacity is scarce, cores may lean on missing arcs again and again: it ends after so many, but for cores of so few arcs. */
const mostMisses = 4;
/** By how much of itself a cost must be undercut to be so by more than rounding. */
const rounding = 1e-9;
const quickArcs = 1_000;
/** Where cases are told apart by prices, no relaxation of a whole core is solved, and cores may have more. */
const mostBranchedArcs = 60_000;

export interface CoreOptions extends PathOptions {
  /** A plan that keeps every limit. */
  readonly best: ProblemSolution;
  readonly boundUsd: number;
  /** Cores with more arcs are not given to the solver. */
  readonly mostArcs: number;
  /** How long cases may be told apart by prices, as long as that proves much, s. */
  readonly branchedTimeLimitS: number;
  /** Told of what is proven of the whole. */
  readonly onBound: (boundUsd: number) => void;
  /** Told of every plan of the whole that is cheaper than the best. */
  readonly onPlan: (found: ProblemSolution) => void;
}

/** What is known of a problem's plans: the best, and what the bound says of all. */
interface Known {
  readonly problem: PlanProblem;
  /** With the limits that the bound prices. */
  readonly strong: PlanProblem;
  readonly bound: LagrangianResult;
}

/**
 * Whether the plans that cost little more than is proven have a core of at most so many arcs, most places being decided.
 *
 * @param isLast Nothing else is left to try: a core that the solver takes as it takes any problem will do, however many places it leaves open.
 */
export function hasCore({ problem, strong, bound }: Known, mostArcs: number, isLast: boolean): boolean {
  const keeps = bound.rowPrice.map((usd) => keptUpTo * usd);
  const fates = fatesOf(strong, bound, bound.boundUsd + firstReach * Math.abs(bound.boundUsd));
  const decided = fates.never.reduce((sum, shut, site) => sum + shut + fates.always[site]!, 0);
  const isDecided = decided >= leastDecided * problem.sites.count;
  if (!isDecided && !isLast) return false;
  return coreOf(strong, fates, keeps, emptySolution(problem)).arc.length <= (isDecided ? mostArcs : lastArcs);
}

/**
 * Looks for the best plan among those that cost at most so much, and for more and more of them as it finds none: either the best
 * of all is among them, or all plans cost more.
 *
 * @returns What a solver that failed said; empty otherwise.
 */
export async function closeOnCore(
  { problem, strong, bound }: Known,
  tools: PathTools,
  {
    best: given,
    boundUsd: known,
    mostArcs,
    branchedTimeLimitS,
    onBound,
    onPlan,
    onProgress: _unused,
    signal,
    ...options
  }: CoreOptions,
): Promise<string> {
  const startedMs = tools.nowMs();
  const keeps = bound.rowPrice.map((usd) => keptUpTo * usd);
  let branches = canBranch(strong);
  const leftS = (): number => (branches ? branchedTimeLimitS : options.timeLimitS) - (tools.nowMs() - startedMs) / 1000;
  let best = given;
  let bestUsd = objectiveUsd(problem, best);
  let boundUsd = known;
  const offer = (found: ProblemSolution | null): boolean => {
    if (found === null || checkSolution(problem, found).length > 0) return false;
    const usd = objectiveUsd(problem, found);
    if (!(usd < bestUsd)) return false;
    best = found;
    bestUsd = usd;
    onPlan(found);
    return true;
  };
  const proves = (usd: number): void => {
    if (!(usd > boundUsd)) return;
    boundUsd = Math.min(usd, bestUsd);
    onBound(boundUsd);
  };
  const proven = (): boolean => gapOf(bestUsd, boundUsd) <= options.relativeGap;
  const coreFor = (fates: Fates, hasStandIns = true): { core: Core; start: ProblemSolution } => {
    const start = isWithin(problem, fates, best) ? best : emptySolution(problem);
    return { core: coreOf(strong, fates, keeps, start, hasStandIns), start };
  };
  let misses = 0;
  // Whether cores lean on missing arcs shows in their first cheaper plan; to search on among such plans would be in vain.
  let isDoubted = true;
  let reachUsd = firstReach * Math.max(Math.abs(bound.boundUsd), bestUsd - bound.boundUsd);
  let first = true;
  while (!proven() && signal?.aborted !== true && leftS() > 0) {
    while (bound.boundUsd + reachUsd <= boundUsd) reachUsd *= nextReach;
    // Dearer plans than these are left out, so no more than this is proven.
    let mostUsd = bestUsd;
    let next = first ? coreFor(oftenOpenIn(bound), false) : coreFor(fatesOf(strong, bound, mostUsd));
    if (first) mostUsd = -Infinity;
    else if (next.core.arc.length > (branches ? mostBranchedArcs : lastArcs)) {
      mostUsd = Math.min(bestUsd, bound.boundUsd + reachUsd);
      next = coreFor(fatesOf(strong, bound, mostUsd));
      reachUsd *= nextReach;
    }
    const { core, start } = next;
    if (core.arc.length > (branches ? Math.max(mostArcs, mostBranchedArcs) : mostArcs)) return "";
    const enough = new AbortController();
    const stop = (): void => enough.abort();
    signal?.addEventListener("abort", stop, { once: true });
    let isCutShort = false;
    const terms: PathOptions = {
      ...options,
      relativeGap: first ? Math.max(firstGap, options.relativeGap) : options.relativeGap,
      timeLimitS: (first ? (branches ? firstBranchedShare : firstTimeShare) : 1) * leftS(),
      signal: enough.signal,
      onProgress({ incumbentUsd, boundUsd: usd }) {
        proves(Math.min(usd, mostUsd));
        isCutShort ||= !first && isDoubted && incumbentUsd < mostUsd - rounding * Math.abs(mostUsd);
        if (isCutShort || (!first && (usd >= mostUsd || proven()))) stop();
      },
    };
    const from = restricted(core, start);
    let result: Pick<PathResult, "solution" | "bestBoundUsd" | "message">;
    let isWorthIt = true;
    if (branches) {
      const told = await branchOnPlaces(core.problem, tools, {
        ...terms,
        from: bound,
        patienceS: patienceShare * leftS(),
        mostUsd: first ? bestUsd : mostUsd,
      });
      result = { solution: told.solution ?? from, bestBoundUsd: told.boundUsd, message: "" };
      isWorthIt = told.isWorthIt;
    } else result = await solveExact(core.problem, tools, terms, from);
    signal?.removeEventListener("abort", stop);
    proves(Math.min(result.bestBoundUsd, mostUsd));
    if (result.message !== "") return result.message;
    const short = rowsLeft(core, result);
    const whole = lifted(problem, core, result.solution);
    const quiet = { ...options, ...(signal && { signal }), timeLimitS: leftS() };
    const isBetter = offer(short.length === 0 ? whole : await served(problem, whole, tools, quiet));
    const isMiss = short.length > 0 && !isBetter;
    if (isMiss && ++misses >= mostMisses && core.arc.length > quickArcs) return "";
    for (const row of short) keeps[row] = Infinity;
    if (isCutShort && short.length === 0) isDoubted = false;
    if (!isWorthIt) {
      // The solver gets what was to be told apart.
      branches = false;
      continue;
    }
    first = false;
    // Nothing is left to find where the best of all plans was looked for, and no arc was missing.
    if (mostUsd === bestUsd && short.length === 0 && !isCutShort) return "";
  }
  return "";
}

function oftenOpenIn({ open }: LagrangianResult): Fates {
  return { never: Uint8Array.from(open, (part) => (part < oftenOpen ? 1 : 0)), always: new Uint8Array(open.length) };
}

/** Whether all that stands in a plan is where something may stand. */
function isWithin({ pools }: PlanProblem, { never, always }: Fates, { modules }: ProblemSolution): boolean {
  return modules.every((count, pool) => {
    const site = pools.site[pool]!;
    return count > 0 ? never[site] === 0 : always[site] === 0;
  });
}

/** Rows that a plan of the core serves by arcs that are missing there. */
function rowsLeft(
  { problem: { rows, arcs }, arc }: Core,
  { solution: { share } }: Pick<PathResult, "solution">,
): number[] {
  return Array.from({ length: rows.count }, (_, row) => row).filter((row) => {
    // What stands for missing arcs is the last of its row.
    const last = arcs.starts[row + 1]! - 1;
    return last >= arcs.starts[row]! && arc[last]! < 0 && share[last]! > negligible;
  });
}

/** A plan of the whole in the core, where nothing is missing for it. */
function restricted({ arc }: Core, { open, modules, share }: ProblemSolution): ProblemSolution {
  return {
    open: Uint8Array.of(...open, 1),
    modules: Float64Array.of(...modules, 1),
    share: Float64Array.from(arc, (whole) => (whole < 0 ? 0 : share[whole]!)),
  };
}

/** A plan of the core in the whole, without what it serves by missing arcs. */
function lifted({ arcs }: PlanProblem, { arc }: Core, { open, modules, share }: ProblemSolution): ProblemSolution {
  const whole = new Float64Array(arcs.pool.length);
  for (const [position, at] of arc.entries()) if (at >= 0) whole[at] = share[position]!;
  return { open: open.slice(0, -1), modules: modules.slice(0, -1), share: whole };
}

/** The plan whose modules serve everyone as cheaply as they can; null where none was found in time. */
async function served(
  problem: PlanProblem,
  { open, modules, share }: ProblemSolution,
  tools: PathTools,
  options: PathOptions,
): Promise<ProblemSolution | null> {
  if (!(options.timeLimitS > 0)) return null;
  const standing = restrictArcs(problem, (arc) => modules[problem.arcs.pool[arc]!]! > 0, Infinity);
  const fixed: PlanProblem = {
    ...standing.problem,
    pools: { ...problem.pools, minCount: modules, maxCount: modules },
    sites: { ...problem.sites, forced: open },
  };
  const start = { open, modules, share: Float64Array.from(standing.arc, (whole) => share[whole]!) };
  const { solution } = await solveExact(fixed, tools, options, start);
  const found = new Float64Array(problem.arcs.pool.length);
  for (const [position, whole] of standing.arc.entries()) found[whole] = solution.share[position]!;
  return { open, modules, share: found };
}
