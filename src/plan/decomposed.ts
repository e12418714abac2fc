/**
 * The path for large problems: a bound by prices, plans by rounding what the prices choose, and improvement by freeing one
 * neighbourhood after another and solving it exactly. The plan document can carry the prices, so that the bound can be
 * checked without trusting, or even having, a solver.
 */
import { certify } from "./certificate.ts";
import { solveExact } from "./exact.ts";
import { lagrangianBound, type LagrangianResult } from "./lagrangian.ts";
import { applyTo, neighbourhoodOf, type Neighbourhood } from "./neighbourhood.ts";
import { createPlanState, type PlanState } from "./plan-state.ts";
import { checkSolution, objectiveUsd, type PlanProblem } from "./problem.ts";
import { moveTables, roundPlan, type MoveTables, type Rounding } from "./round-plan.ts";
import { viewBySite, type SiteView } from "./site-view.ts";
import {
  emptySolution,
  gapOf,
  type CurvePoint,
  type PathOptions,
  type PathResult,
  type PathTools,
  type SearchStatus,
} from "./solution-path.ts";

/** Evaluations of the bound; it is stopped earlier when its step has become too small to matter. */
const boundIterations = 3000;
/** Large problems stop the bound when it grows by less than this share in a while: the search then gains more. */
const stallRatio = 5e-5;
const largeProblemArcs = 200_000;
/** Share of the time limit the bound may take. */
const boundTimeShare = 0.45;
/** Ways of rounding, tried in turn. */
const roundings: readonly Rounding[] = [
  { by: "modules", threshold: 0.5 },
  { by: "sites", threshold: 0.5 },
  { by: "modules", threshold: 0.2 },
  { by: "sites", threshold: 0.25 },
  { by: "modules", threshold: 0.05 },
];
/** Share of the time limit after which no further rounding is tried. */
const latestRounding = 0.6;
/** A site whose averaged opening is above this, or that nearly pays, may be opened by the search. */
const kernelOpening = 0.01;
/** Kernels up to this many arcs are searched as one. */
const wholeKernelArcs = 12_000;
const arcsPerRow = 8;
/** Sites per neighbourhood, open or in the kernel; it grows while they are solved faster than `briskS`. */
const smallestNeighbourhood = 10;
const largestNeighbourhood = 120;
const briskS = 1;
const slowS = 4;
const neighbourhoodTimeS = 10;
/** Rounds of neighbourhoods between two checks of the whole plan. */
const roundsBetweenChecks = 20;
const neighbourhoodGap = 0.002;
/** When the search has run dry, problems up to this many arcs go to the solver whole, with the best plan to start from. */
const closeUpToArcs = 150_000;
const indispensableRivals = 4;
/** Neighbourhoods solved at the same time; they share no site. */
const atOnce = 2;

export async function solveDecomposed(
  problem: PlanProblem,
  tools: PathTools,
  options: PathOptions,
): Promise<PathResult> {
  const startedMs = tools.nowMs();
  const elapsedS = (): number => (tools.nowMs() - startedMs) / 1000;
  const cancelled = (): boolean => options.signal?.aborted === true;
  const timeUp = (): boolean => cancelled() || elapsedS() >= options.timeLimitS;
  const curve: CurvePoint[] = [];
  const record = (incumbentUsd: number, boundUsd: number): void => {
    const point = { seconds: elapsedS(), incumbentUsd, boundUsd };
    curve.push(point);
    options.onProgress?.(point);
  };

  let best = emptySolution(problem);
  let bestUsd = objectiveUsd(problem, best);
  let reportedS = -1;
  const view = viewBySite(problem);
  const bound = lagrangianBound(problem, view, {
    iterations: boundIterations,
    ...(problem.arcs.pool.length > largeProblemArcs ? { stallRatio } : {}),
    stop: () => cancelled() || elapsedS() > boundTimeShare * options.timeLimitS,
    onBound: (boundUsd) => {
      if (elapsedS() - reportedS < 0.5) return;
      reportedS = elapsedS();
      record(bestUsd, boundUsd);
    },
  });
  record(bestUsd, bound.boundUsd);

  const moves = moveTables(problem, bound.modulePrice);
  let state = createPlanState(problem, best);
  const proven = (): boolean => gapOf(bestUsd, bound.boundUsd) <= options.relativeGap;
  const keep = (candidate: PlanState): void => {
    const solution = candidate.solution();
    const usd = objectiveUsd(problem, solution);
    if (usd >= bestUsd || checkSolution(problem, solution).length > 0) return;
    best = solution;
    bestUsd = usd;
    state = candidate;
    record(bestUsd, bound.boundUsd);
  };
  for (const rounding of roundings) {
    if (timeUp() || proven()) break;
    keep(roundPlan(problem, bound, moves, rounding, timeUp));
    if (elapsedS() > latestRounding * options.timeLimitS) break;
  }
  state = createPlanState(problem, best);

  let message = "";
  const search = createSearch(problem, view, bound, moves);
  let round = 0;
  let stateUsd = bestUsd;
  const verify = (): void => {
    const solution = state.solution();
    const usd = objectiveUsd(problem, solution);
    if (usd <= bestUsd && checkSolution(problem, solution).length === 0) {
      best = solution;
      bestUsd = usd;
    } else state = createPlanState(problem, best);
    stateUsd = bestUsd;
  };
  while (!timeUp() && gapOf(stateUsd, bound.boundUsd) > options.relativeGap) {
    const regions = search.next(state, atOnce);
    if (regions.length === 0) break;
    const leftS = options.timeLimitS - elapsedS();
    const solved = await Promise.all(
      regions.map((region) => solvePart(region, tools, options, Math.min(region.timeS, leftS))),
    );
    for (const [i, result] of solved.entries()) {
      if (result === null) continue;
      if (result.message !== "") message = result.message;
      const gained = objectiveUsd(regions[i]!.part.problem, regions[i]!.part.start) - result.objectiveUsd;
      search.learn(regions[i]!.sites, gained, bestUsd, result.curve.at(-1)?.seconds ?? 0);
      if (gained <= 1e-9 * bestUsd) continue;
      applyTo(state, regions[i]!.part, result.solution);
      stateUsd -= gained;
    }
    record(stateUsd, bound.boundUsd);
    if (++round % roundsBetweenChecks === 0) verify();
  }
  verify();
  let boundUsd = bound.boundUsd;
  if (!timeUp() && !proven() && problem.arcs.pool.length <= closeUpToArcs) {
    const left = { ...options, timeLimitS: options.timeLimitS - elapsedS() };
    const { onProgress: _replaced, ...quiet } = left;
    const whole = await solveExact(
      problem,
      tools,
      {
        ...quiet,
        onProgress: (point) => record(Math.min(bestUsd, point.incumbentUsd), Math.max(boundUsd, point.boundUsd)),
      },
      best,
    );
    if (whole.message !== "") message = whole.message;
    if (whole.objectiveUsd < bestUsd) {
      best = whole.solution;
      bestUsd = whole.objectiveUsd;
    }
    boundUsd = Math.max(boundUsd, whole.bestBoundUsd);
    record(bestUsd, boundUsd);
  }
  boundUsd = Math.min(boundUsd, bestUsd);
  const isProven = gapOf(bestUsd, boundUsd) <= options.relativeGap;
  return {
    status: statusOf(isProven, cancelled(), timeUp()),
    solution: best,
    objectiveUsd: bestUsd,
    bestBoundUsd: boundUsd,
    relativeGap: gapOf(bestUsd, boundUsd),
    curve,
    method: "decomposition",
    message,
    certificate: certify(bound, view),
  };
}

function statusOf(proven: boolean, cancelled: boolean, timeUp: boolean): SearchStatus {
  if (proven) return "optimal";
  if (cancelled) return "cancelled";
  return timeUp ? "timeLimit" : "gapNotReached";
}

async function solvePart(
  { part, gap }: Region,
  tools: PathTools,
  options: PathOptions,
  timeS: number,
): Promise<PathResult | null> {
  if (!(timeS > 0)) return null;
  const { seed, signal } = options;
  return solveExact(
    part.problem,
    tools,
    { relativeGap: gap, timeLimitS: timeS, seed, ...(signal === undefined ? {} : { signal }) },
    part.start,
  );
}

interface Region {
  readonly sites: readonly number[];
  readonly part: Neighbourhood;
  readonly timeS: number;
  readonly gap: number;
}

interface Search {
  next(state: PlanState, count: number): Region[];
  learn(sites: readonly number[], gainedUsd: number, objective: number, seconds: number): void;
}

/**
 * Chooses what to free: around the sites whose cost lies farthest above what the bound says they must cost. A site waits
 * its turn again after its neighbourhood was solved; when all have been, neighbourhoods grow.
 */
function createSearch(problem: PlanProblem, view: SiteView, bound: LagrangianResult, tables: MoveTables): Search {
  const { sites, pools, arcs } = problem;
  const near = (site: number): boolean =>
    bound.open[site]! > kernelOpening || bound.siteValue[site]! < 0 || sites.forced[site] === 1;
  const kernel = Uint8Array.from({ length: sites.count }, (_, site) => (near(site) ? 1 : 0));
  const solvedAt = new Float64Array(sites.count).fill(-1);
  let clock = 0;
  let size = smallestNeighbourhood;
  let gainInRound = 0;

  function excess(state: PlanState, site: number): number {
    let cost = state.standing[site]! > 0 || sites.forced[site] ? sites.usd[site]! : 0;
    for (const pool of tables.poolsOfSite[site]!) cost += state.modules[pool]! * pools.usd[pool]!;
    for (let a = view.starts[site]!; a < view.starts[site + 1]!; a++) {
      const arc = view.arc[a]!;
      if (state.share[arc]! > 0) cost += state.share[arc]! * (arcs.usd[arc]! - bound.rowPrice[view.row[a]!]!);
    }
    return cost - bound.siteValue[site]!;
  }

  /** Sites that compete for the same demand, strongest rivals first. */
  function rivals(state: PlanState, seed: number): number[] {
    const weight = new Map<number, number>();
    for (let a = view.starts[seed]!; a < view.starts[seed + 1]!; a++) {
      const row = view.row[a]!;
      if (a > view.starts[seed]! && view.row[a - 1] === row) continue;
      let rank = 0;
      let last = -1;
      for (let i = arcs.starts[row]!; i < arcs.starts[row + 1]! && rank < 12; i++) {
        const arc = tables.ranked[i]!;
        const site = pools.site[arcs.pool[arc]!]!;
        if (site === last) continue;
        last = site;
        // Sites that will not open are no rivals and must not hide those that stand behind them.
        if (site === seed || (!kernel[site] && state.standing[site]! === 0)) continue;
        rank++;
        weight.set(site, (weight.get(site) ?? 0) + (bound.rowPrice[row]! / rank) * (state.share[arc]! > 0 ? 2 : 1));
      }
    }
    return [...weight].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([site]) => site);
  }

  return {
    next(state, count) {
      const active = Array.from({ length: sites.count }, (_, site) => site).filter(
        (site) => kernel[site] === 1 || state.standing[site]! > 0,
      );
      let kernelArcs = 0;
      for (let row = 0; row < problem.rows.count; row++) {
        kernelArcs += Math.min(arcsPerRow, arcs.starts[row + 1]! - arcs.starts[row]!);
      }
      if (kernelArcs <= wholeKernelArcs || active.length <= smallestNeighbourhood) {
        // The whole kernel fits: it is searched with more and more arcs until the time is up.
        if (clock >= 2) return [];
        clock++;
        const perRow = arcsPerRow * 2 ** (clock - 1);
        return [{ sites: active, part: neighbourhoodOf(state, tables, active, perRow), timeS: Infinity, gap: 1e-4 }];
      }
      const pending = active.filter((site) => solvedAt[site]! < 0);
      if (pending.length < active.length * 0.03) {
        if (gainInRound < 1e-4) return [];
        gainInRound = 0;
        solvedAt.fill(-1);
      }
      const scored = active
        .filter((site) => solvedAt[site]! < 0)
        .map((site) => ({ site, excess: excess(state, site) }))
        .sort((a, b) => b.excess - a.excess || a.site - b.site);
      const taken = new Set<number>();
      const regions: Region[] = [];
      for (const { site } of scored) {
        if (regions.length === count) break;
        if (taken.has(site)) continue;
        const nearest = rivals(state, site);
        // Without its strongest rivals a site has nowhere to send its demand: it waits for the next turn.
        if (nearest.slice(0, indispensableRivals).some((rival) => taken.has(rival))) continue;
        const members = [site, ...nearest.filter((rival) => !taken.has(rival)).slice(0, Math.floor(size) - 1)];
        // Regions solved together must not share demand that is split between them either; the seed's rivals suffice.
        for (const member of members) taken.add(member);
        regions.push({
          sites: members,
          part: neighbourhoodOf(state, tables, members, arcsPerRow),
          timeS: neighbourhoodTimeS,
          gap: neighbourhoodGap,
        });
        if (regions.length === 1) for (const row of regions[0]!.part.row) blockRow(row, taken);
      }
      return regions;

      /** Unserved demand may be offered to one region only. */
      function blockRow(row: number, blocked: Set<number>): void {
        if (state.unserved[row]! <= 1e-9) return;
        for (let arc = arcs.starts[row]!; arc < arcs.starts[row + 1]!; arc++) blocked.add(pools.site[arcs.pool[arc]!]!);
      }
    },
    learn(members, gainedUsd, objective, seconds) {
      gainInRound += gainedUsd / objective;
      clock++;
      if (seconds < briskS) size = Math.min(largestNeighbourhood, size * 1.15);
      else if (seconds > slowS) size = Math.max(smallestNeighbourhood, size / 1.3);
      // The seed and its closest rivals count as done; the rim is better solved from its own middle.
      for (const site of members.slice(0, Math.max(1, Math.ceil(members.length * 0.4)))) solvedAt[site] = clock;
    },
  };
}
