/**
 * Makes a certificate prove more by telling cases apart: fewer or more modules of a pool, a site shut or open. In each case the
 * prices are sought anew, and the least of the cases is proven. The case that holds the bound down is split first, where its
 * averaged choices are least decided. Worth it where modules or sites are large against what is to be served.
 */
import { caseOf, type Branch, type BranchNode } from "../problem/branch-tree.ts";
import { pricesOf, recomputeBound } from "./certificate.ts";
import type { Certificate, Prices } from "../problem/prices.ts";
import { lagrangianBound, type LagrangianResult } from "./lagrangian.ts";
import type { PlanProblem, ProblemSolution } from "../problem/problem.ts";
import { boundAt } from "./recompute-bound.ts";
import { relaxedPrices } from "./relaxed-prices.ts";
import { viewBySite } from "../problem/site-view.ts";
import type { Solver } from "../problem/solver.ts";

export interface BranchingOptions {
  /** No case needs to prove more than this, USD/year. */
  readonly targetUsd: number;
  /** The best plan: where prices choose otherwise, cases differ. */
  readonly plan: Pick<ProblemSolution, "modules" | "open">;
  readonly solver: Solver;
  readonly seed: number;
  /** Asked between cases. */
  readonly stop: () => boolean;
  /** Seconds until then, where the time is known. */
  readonly leftS?: () => number;
  /** Lets other events happen between cases. */
  readonly breathe?: () => Promise<void>;
}

/** Most cases, and the most arcs of all of them together: whoever checks reads each arc once per case. */
const mostLeaves = 64;
const mostArcsRead = 4_000_000;
/** Most numbers in the prices of all cases together, which a document has to carry. */
const mostNumbers = 60_000;
const iterations = 300;
const stallRatio = 1e-6;
/** Share of the aim by which a case is proven beyond it. */
const spareShare = 1e-5;
/** Up to so many arcs the linear relaxation is asked too, and for how long: of a case, and once of the whole. */
const mostRelaxedArcs = 4000;
const relaxedTimeS = 5;
const mostWholeArcs = 60_000;
const wholeTimeS = 30;
/** Up to so many limits all of them are priced. */
const mostLimits = 200;
/** Less of a module or site than this is decided. */
const undecided = 1e-3;
/** Digits kept of a price: more would only lengthen the document. */
const priceDigits = 8;

interface Leaf {
  readonly problem: PlanProblem;
  readonly prices: Prices;
  readonly boundUsd: number;
  readonly bound: LagrangianResult;
  /** Most modules that are ever useful, per pool. */
  readonly most: Float64Array;
  /** Where its node stands in the tree. */
  readonly at: number;
}

/** @returns `certificate`, or one that proves more of the same problem. */
export async function branchCertificate(
  problem: PlanProblem,
  certificate: Certificate,
  options: BranchingOptions,
): Promise<Certificate> {
  const { targetUsd, plan, stop, breathe } = options;
  const leavesAtMost = Math.min(
    mostLeaves,
    Math.floor(mostArcsRead / Math.max(1, problem.arcs.pool.length)),
    Math.floor(mostNumbers / Math.max(1, sizeOf(certificate))),
  );
  if (certificate.boundUsd >= targetUsd || leavesAtMost < 1 || stop()) return certificate;
  const nodes: BranchNode[] = [{ leaf: 0 }];
  const leaves: Leaf[] = [await examine(problem, certificate, 0, options)];
  while (leaves.length < leavesAtMost && !stop()) {
    await breathe?.();
    leaves.sort((a, b) => b.boundUsd - a.boundUsd || b.at - a.at);
    const weakest = leaves.at(-1)!;
    if (weakest.boundUsd >= targetUsd) break;
    const branch = leastDecided(weakest, plan);
    if (branch === null) break;
    leaves.pop();
    const [less, more] = [nodes.length, nodes.length + 1];
    nodes[weakest.at] = { ...branch, less, more };
    nodes.push({ leaf: 0 }, { leaf: 0 });
    leaves.push(await examine(caseOf(weakest.problem, branch, "less"), weakest.prices, less, options));
    leaves.push(await examine(caseOf(weakest.problem, branch, "more"), weakest.prices, more, options));
  }
  if (leaves.length === 1) {
    const [{ prices, boundUsd }] = leaves as [Leaf];
    return boundUsd > certificate.boundUsd ? { boundUsd, ...prices } : certificate;
  }
  for (const [k, { at }] of leaves.entries()) nodes[at] = { leaf: k + 1 };
  const { boundUsd: _rootBound, ...root } = certificate;
  const whole = { ...root, branches: nodes, leaves: leaves.map((leaf) => leaf.prices) };
  // What anyone recomputes is what is claimed, to the last digit.
  const boundUsd = recomputeBound(problem, whole);
  return boundUsd > certificate.boundUsd ? { boundUsd, ...whole } : certificate;
}

/** Bounds a case by prices of its own, sought in two ways, or by those of the case it is part of: by what proves most. */
async function examine(
  problem: PlanProblem,
  inherited: Prices,
  at: number,
  { targetUsd, solver, seed, stop, leftS }: BranchingOptions,
): Promise<Leaf> {
  const every = withAllPriced(problem);
  const view = viewBySite(every);
  // A case that proves enough is done with; a little more than enough, for the digits that its prices lose.
  const enoughUsd = targetUsd + spareShare * Math.abs(targetUsd);
  let provenUsd = -Infinity;
  const bound = lagrangianBound(every, view, {
    iterations,
    stallRatio,
    stop: () => provenUsd >= enoughUsd || stop(),
    onBound: (boundUsd) => void (provenUsd = boundUsd),
  });
  const { rowPrices, limitPrices, tiePrices, sitePrices } = inherited;
  const own = rounded(pricesOf(bound, view));
  const offers: Prices[] = [{ rowPrices, limitPrices, tiePrices, sitePrices }, own];
  const best = (): { prices: Prices; boundUsd: number } =>
    offers
      .map((prices) => ({ prices, boundUsd: boundAt(problem, prices) }))
      .reduce((most, offer) => (offer.boundUsd > most.boundUsd ? offer : most));
  const isWhole = at === 0;
  if (problem.arcs.pool.length <= (isWhole ? mostWholeArcs : mostRelaxedArcs) && best().boundUsd < targetUsd) {
    const timeLimitS = Math.max(1, Math.min(isWhole ? wholeTimeS : relaxedTimeS, leftS?.() ?? Infinity));
    // Where there is no plan at all, overrunning a limit by a thousandth of its size costs as much as the best plan.
    const missUsd = 1e3 * Math.max(Math.abs(targetUsd), 1);
    const relaxed = await relaxedPrices(problem, missUsd, solver, { timeLimitS, seed });
    if (relaxed !== null) {
      const sites = relaxed.sitePrices.map((cuts, site) => [...cuts, ...own.sitePrices[site]!]);
      offers.push(rounded({ ...relaxed, sitePrices: sites }));
    }
  }
  return { problem, ...best(), bound, most: view.most, at };
}

/** Limits that are too many to be priced in a large problem are few in a small one. */
function withAllPriced(problem: PlanProblem): PlanProblem {
  if (problem.limits.length > mostLimits) return problem;
  return { ...problem, limits: problem.limits.map(({ inBound: _left, ...limit }) => limit) };
}

/**
 * What to tell apart: the site or the pool whose averaged choice is farthest from whole, weighed by its cost; where all are
 * whole, the one that the plan chooses most otherwise; where they agree, the dearest that could be otherwise.
 */
function leastDecided(
  { problem: { pools, sites }, bound, most: useful }: Leaf,
  plan: BranchingOptions["plan"],
): Branch | null {
  let best: Branch | null = null;
  let most = 0;
  const offer = (branch: Branch, part: number, usd: number): void => {
    if (part <= undecided || part * Math.max(Math.abs(usd), 1e-9) <= most) return;
    most = part * Math.max(Math.abs(usd), 1e-9);
    best = branch;
  };
  const fewest = new Float64Array(sites.count);
  const largest = new Float64Array(sites.count);
  for (let pool = 0; pool < pools.count; pool++) {
    fewest[pools.site[pool]!]! += pools.minCount[pool]!;
    largest[pools.site[pool]!]! += useful[pool]!;
  }
  for (const unlike of [false, true]) {
    for (let site = 0; site < sites.count; site++) {
      if (sites.forced[site] === 1 || fewest[site]! > 0 || largest[site] === 0 || sites.usd[site] === 0) continue;
      const open = bound.open[site]!;
      const part = unlike ? Math.abs(open - plan.open[site]!) : Math.min(open, 1 - open);
      offer({ site }, part, sites.usd[site]!);
    }
    for (let pool = 0; pool < pools.count; pool++) {
      const count = bound.modules[pool]!;
      const below = Math.floor(count + undecided);
      const atMost = unlike ? Math.min(below, plan.modules[pool]!) : below;
      if (atMost < pools.minCount[pool]! || atMost >= useful[pool]!) continue;
      const part = unlike ? Math.abs(count - plan.modules[pool]!) : Math.min(count - below, below + 1 - count);
      offer({ pool, atMost }, part, pools.usd[pool]!);
    }
    if (best !== null) return best;
  }
  // Nothing is open to doubt, and still the prices prove less: what may be otherwise is told apart from what is.
  for (let pool = 0; pool < pools.count; pool++) {
    const here = Math.min(Math.floor(bound.modules[pool]! + undecided), useful[pool]! - 1);
    if (here >= pools.minCount[pool]!) offer({ pool, atMost: here }, 1, pools.usd[pool]!);
  }
  return best;
}

function sizeOf({ rowPrices, limitPrices, tiePrices, sitePrices }: Prices): number {
  const cuts = sitePrices.reduce((sum, site) => sum + site.reduce((numbers, cut) => numbers + cut.length, 0), 0);
  return rowPrices.length + limitPrices.length + tiePrices.length + cuts;
}

function rounded({ rowPrices, limitPrices, tiePrices, sitePrices }: Prices): Prices {
  const round = (prices: readonly number[]): number[] => prices.map((price) => Number(price.toPrecision(priceDigits)));
  return {
    rowPrices: round(rowPrices),
    limitPrices: round(limitPrices),
    tiePrices: round(tiePrices),
    sitePrices: sitePrices.map((site) => site.map(round)),
  };
}
