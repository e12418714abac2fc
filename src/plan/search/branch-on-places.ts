/**
 * Branch and bound by prices: cases are told apart by what stands where, each is bounded by prices that begin with those of the
 * case it is part of, and what the prices decide on the way is left out, so that cases shrink as they are told apart. Where
 * a few places are dear against all others and loads are many, a case takes a hundredth of the time of its linear relaxation.
 */
import { boundSteps, type LagrangianResult } from "../bound/lagrangian.ts";
import { caseOf, isNoCase, type Branch } from "../problem/branch-tree.ts";
import {
  checkSolution,
  noTies,
  objectiveUsd,
  openOnlyFilled,
  someStandsEmpty,
  usefulModules,
  type PlanProblem,
  type ProblemSolution,
} from "../problem/problem.ts";
import { restrictArcs, type RestrictedProblem } from "../problem/restrict-arcs.ts";
import { viewBySite } from "../problem/site-view.ts";
import { gapOf, type PathOptions, type PathTools } from "../problem/solution-path.ts";
import { takePauses } from "../problem/steps.ts";
import { fatesOf, type Fates } from "./core-problem.ts";
import { solveExact } from "./exact.ts";
import { planAroundSteps, roundedCounts, type Rounding } from "./round-plan.ts";
import { moveTables } from "./row-moves.ts";

/** Evaluations of a case; it ends earlier when so many in a row close less than this share of what is missing. */
const iterations = 60;
const window = 10;
const leastGain = 0.05;
/** It is given up when so many cases close less than this share of what is missing. */
const casesPerLook = 32;
const worthMore = 0.04;
/** After so many cases one is followed down to where all is known: what is found there lets others be closed. */
const casesPerDive = 48;
/** And when the cases that are open hold so many arcs: 20 bytes each. */
const mostArcsHeld = 15_000_000;
/** A plan is rounded from one of so many cases, while that takes no more than its share of the time. */
const casesPerRounding = 8;
const roundingTimeShare = 0.2;
const rounding: Rounding = { by: "sites", threshold: 0.5 };
/** Averages closer to whole than this are. */
const undecided = 1e-3;

export interface BranchingOptions extends PathOptions {
  /** No plan that costs as much is looked for, and no case needs to prove more, USD/year. */
  readonly mostUsd: number;
  /** It is given up, too, when this long closes as little, s: where a case takes a second, following one down would take all there is. */
  readonly patienceS: number;
  /** Prices of rows and limits to begin with. */
  readonly from: Pick<LagrangianResult, "rowPrice" | "limitPrice">;
}

export interface Branched {
  /** The cheapest plan below `mostUsd` that was found; null where there was none. */
  readonly solution: ProblemSolution | null;
  /** No plan costs less than this, or `mostUsd` if that is less, USD/year. */
  readonly boundUsd: number;
  /** False where it was given up because cases proved too little. */
  readonly isWorthIt: boolean;
}

/** A case that is not decided: what is left of the problem there, and what its prices choose. */
interface OpenCase extends Pick<LagrangianResult, "boundUsd" | "rowPrice" | "limitPrice" | "modules" | "open"> {
  readonly part: RestrictedProblem;
}

/** Whether cases can be told apart so: counts of one period, whose limits all have prices, as far as modules all fit together. */
export function canBranch({ ties = noTies, sites, engines, limits }: PlanProblem): boolean {
  const arePriced = limits.every(({ inBound, closings }) => inBound !== false && closings === undefined);
  return ties.count === 0 && sites.place === undefined && engines === undefined && arePriced;
}

export async function branchOnPlaces(
  problem: PlanProblem,
  tools: PathTools,
  options: BranchingOptions,
): Promise<Branched> {
  const { from, patienceS, relativeGap, seed, signal, timeLimitS, onProgress } = options;
  const startedMs = tools.nowMs();
  const elapsedS = (): number => (tools.nowMs() - startedMs) / 1000;
  const isOver = (): boolean => signal?.aborted === true || elapsedS() >= timeLimitS;
  const { finish } = takePauses(tools, () => undefined);
  const open: OpenCase[] = [];
  let solution: ProblemSolution | null = null;
  let bestUsd = options.mostUsd;
  /** What the cases that are closed prove, and what is known of the one that is being told apart. */
  let closedUsd = Infinity;
  let apartUsd = -Infinity;
  let [cases, roundedS] = [0, 0];
  /** The case that was told apart last, if it is open. */
  let last: OpenCase | null = null;
  const lowUsd = (): number =>
    open.reduce((least, { boundUsd }) => Math.min(least, boundUsd), Math.min(closedUsd, apartUsd, bestUsd));
  const isClosed = (boundUsd: number): boolean => gapOf(bestUsd, boundUsd) <= relativeGap;
  const tell = (): void => onProgress?.({ seconds: elapsedS(), incumbentUsd: bestUsd, boundUsd: lowUsd() });
  const onlyFilled = openOnlyFilled(problem);
  /** Whether a place is open for its own sake: in a case that has it open nothing need stand there for the search. */
  const isHollow = ({ open: isOpen, modules }: ProblemSolution): boolean =>
    someStandsEmpty(
      problem,
      onlyFilled.map((only, site) => only & isOpen[site]!),
      modules,
    );
  const offer = ({ arc }: RestrictedProblem, { open: isOpen, modules, share }: ProblemSolution): void => {
    const whole = new Float64Array(problem.arcs.pool.length);
    for (const [position, at] of arc.entries()) whole[at] = share[position]!;
    const found = { open: isOpen, modules, share: whole };
    const usd = objectiveUsd(problem, found);
    if (!(usd < bestUsd) || isHollow(found) || checkSolution(problem, found).length > 0) return;
    solution = found;
    bestUsd = usd;
    tell();
  };

  async function examine(
    part: RestrictedProblem,
    prices: BranchingOptions["from"],
    leastUsd = -Infinity,
  ): Promise<void> {
    let [reachedUsd, beforeUsd, evaluations] = [-Infinity, -Infinity, 0];
    const bound = await finish(
      boundSteps(part.problem, viewBySite(part.problem), {
        iterations,
        from: prices,
        onBound: (usd) => (reachedUsd = usd),
        stop() {
          if (reachedUsd >= bestUsd || isOver()) return true;
          if (++evaluations % window > 0) return false;
          const gainedUsd = reachedUsd - beforeUsd;
          beforeUsd = reachedUsd;
          return gainedUsd < leastGain * (bestUsd - reachedUsd);
        },
      }),
    );
    const { rowPrice, limitPrice, modules, open: openness } = bound;
    const boundUsd = Math.max(bound.boundUsd, leastUsd);
    if (cases++ % casesPerRounding === 0 && roundedS <= roundingTimeShare * elapsedS()) await round(part, bound);
    if (isClosed(boundUsd)) closedUsd = Math.min(closedUsd, boundUsd);
    else {
      const left = leftOf(part, fatesOf(part.problem, bound, bestUsd));
      last = { part: left, boundUsd, rowPrice, limitPrice, modules, open: openness };
      open.push(last);
    }
  }
  async function round(part: RestrictedProblem, bound: LagrangianResult): Promise<void> {
    const sinceS = elapsedS();
    const tables = moveTables(part.problem, bound.modulePrice);
    const wanted = roundedCounts(part.problem, bound, rounding);
    offer(part, (await finish(planAroundSteps(part.problem, bound, tables, wanted, isOver))).solution());
    roundedS += elapsedS() - sinceS;
  }
  /** All counts are known: who is served where is left, which the solver finds. */
  async function close({ part, boundUsd }: OpenCase): Promise<void> {
    const common = { relativeGap, seed, ...(signal !== undefined && { signal }) };
    const found = await solveExact(part.problem, tools, { ...common, timeLimitS: timeLimitS - elapsedS() });
    closedUsd = Math.min(closedUsd, Math.max(boundUsd, found.bestBoundUsd));
    offer(part, found.solution);
  }

  const all = Int32Array.from(problem.arcs.pool, (_, arc) => arc);
  await examine({ problem, arc: all }, from);
  apartUsd = Infinity;
  const missingUsd = (): number => bestUsd - lowUsd();
  let [missedUsd, nextLook, nextLookS] = [missingUsd(), casesPerLook, elapsedS() + patienceS];
  let [nextDive, dived] = [0, 0];
  let isWorthIt = true;
  while (open.length > 0 && !isOver() && !isClosed(lowUsd())) {
    const below: OpenCase | null = cases < nextDive ? null : last;
    const before = cases;
    const next = below ?? open.reduce((least, one) => (one.boundUsd < least.boundUsd ? one : least));
    if (below === null && cases >= nextDive) nextDive = cases + casesPerDive;
    open.splice(open.indexOf(next), 1);
    apartUsd = next.boundUsd;
    last = null;
    if (isClosed(next.boundUsd)) closedUsd = Math.min(closedUsd, next.boundUsd);
    else {
      const branch = leastDecided(next);
      if (branch === null) await close(next);
      else {
        const { problem: whole, arc } = next.part;
        for (const which of ["less", "more"] as const) {
          const problem = caseOf(whole, branch, which);
          if (!isNoCase(problem)) await examine(withUsefulArcs({ problem, arc }), next, next.boundUsd);
        }
      }
    }
    apartUsd = Infinity;
    tell();
    if (below !== null) dived += cases - before;
    if (cases - dived < nextLook && elapsedS() < nextLookS) continue;
    const heldArcs = open.reduce((sum, { part }) => sum + part.arc.length, 0);
    isWorthIt = missingUsd() <= (1 - worthMore) * missedUsd && heldArcs <= mostArcsHeld;
    if (!isWorthIt) break;
    missedUsd = missingUsd();
    [nextLook, nextLookS] = [cases - dived + casesPerLook, elapsedS() + patienceS];
  }
  return { solution, boundUsd: lowUsd(), isWorthIt };
}

/** Without what is decided, and without the arcs to it. */
function leftOf({ problem, arc }: RestrictedProblem, { never, always }: Fates): RestrictedProblem {
  const { pools } = problem;
  const maxCount = pools.maxCount.map((most, pool) => (never[pools.site[pool]!] === 1 ? 0 : most));
  const minCount = pools.minCount.map((least, pool) => (always[pools.site[pool]!] === 1 ? Math.max(1, least) : least));
  return withUsefulArcs({ problem: { ...problem, pools: { ...pools, maxCount, minCount } }, arc });
}

/** Without the arcs to where nothing may stand. */
function withUsefulArcs({ problem, arc }: RestrictedProblem): RestrictedProblem {
  const { arcs, pools } = problem;
  const kept = restrictArcs(problem, (at) => pools.maxCount[arcs.pool[at]!]! > 0, Infinity);
  return { problem: kept.problem, arc: kept.arc.map((at) => arc[at]!) };
}

/** What to tell apart: the count, or the opening of several pools, that is least whole on average; else one that is not known. */
function leastDecided({ part: { problem }, modules, open }: OpenCase): Branch | null {
  const { pools, sites } = problem;
  const useful = usefulModules(problem);
  let [best, most]: [Branch | null, number] = [null, 0];
  let [unknown, often]: [Branch | null, number] = [null, -1];
  const several = new Uint8Array(sites.count);
  const held = Uint8Array.from(sites.forced);
  for (let pool = 0; pool < pools.count; pool++) {
    if (pools.minCount[pool]! > 0) held[pools.site[pool]!] = 1;
    if (useful[pool]! > 0) several[pools.site[pool]!]!++;
  }
  for (let site = 0; site < sites.count; site++) {
    if (several[site]! < 2 || held[site] === 1 || sites.usd[site] === 0) continue;
    const part = Math.min(open[site]!, 1 - open[site]!);
    if (part > undecided && part > most) [best, most] = [{ site }, part];
  }
  if (best !== null) return best;
  for (let pool = 0; pool < pools.count; pool++) {
    const [least, last] = [pools.minCount[pool]!, useful[pool]!];
    if (least >= last) continue;
    const count = Math.min(Math.max(modules[pool]!, least), last);
    const atMost = Math.min(Math.floor(count + undecided), last - 1);
    const part = Math.min(Math.abs(count - atMost), Math.abs(atMost + 1 - count));
    if (part > undecided && part > most) [best, most] = [{ pool, atMost }, part];
    if (count - least > often) [unknown, often] = [{ pool, atMost: Math.min(atMost, last - 1) }, count - least];
  }
  return best ?? unknown;
}
