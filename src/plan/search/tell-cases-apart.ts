/**
 * Decides the few openings that matter to a whole large plan by looking at both cases: a site whose averaged opening is neither
 * none nor whole, and dear against the gap. When sites decide alone they open it in part; in truth it stands or does not, and
 * each of the two plans is easier to find and to bound than the mixture. The least of the cases is what is proven.
 */
import { caseOf, type Branch, type BranchNode } from "../problem/branch-tree.ts";
import { certify, recomputeBound } from "../bound/certificate.ts";
import type { Certificate } from "../problem/prices.ts";
import { boundSteps, type LagrangianResult } from "../bound/lagrangian.ts";
import { pricesByPeriod, type KnownPeriods } from "../bound/periods-apart.ts";
import { usefulModules, type PlanProblem } from "../problem/problem.ts";
import type { SiteView } from "../problem/site-view.ts";
import type { Pauses } from "../problem/steps.ts";

/** Most cases: each is as much to check, and to carry in a document, as the whole problem. */
const mostCases = 4;
/** The same over several periods: when a place opens is a case for each of them, most of which are known from others. */
const mostCasesOverYears = 8;
/** An opening is worth looking at both ways from this share of the gap on. */
const worthOfGap = 0.05;
/** Openings that are tried both ways at the prices of the whole problem already. */
const mostDives = 1;
const decided = 0.02;
/** Prices of a horizon climb no further once so many evaluations gain less than this share of what is missing. */
const levelWindow = 10;
const levelShare = 0.02;

/** One case of all plans: what is left of the problem there, its bound and what proves it. */
export interface PlanCase {
  /** With the limits that follow from the whole problem's own. */
  readonly problem: PlanProblem;
  readonly view: SiteView;
  readonly bound: LagrangianResult;
  readonly certificate: Certificate;
  /** Where its node stands in the tree. */
  readonly at: number;
  /** A place that is open in this case, in the period before, where it may be or not; it is told apart next. */
  readonly earlier?: number | undefined;
}

/** The case that is the whole problem, from its bound. */
export function wholeCase(problem: PlanProblem, view: SiteView, bound: LagrangianResult): PlanCase {
  return { problem, view, bound, certificate: certify(problem, bound, view), at: 0 };
}

/** Openings that the averaged choices leave undecided and that are dear against `gapUsd`, the dearest first. */
export function undecidedOpenings({ problem, bound }: PlanCase, gapUsd: number): number[] {
  const { pools, sites } = problem;
  const held = Uint8Array.from(sites.forced);
  for (let pool = 0; pool < pools.count; pool++) if (pools.minCount[pool]! > 0) held[pools.site[pool]!] = 1;
  const found: { site: number; usd: number }[] = [];
  for (let site = 0; site < sites.count; site++) {
    const open = bound.open[site]!;
    if (held[site] === 1 || open < decided || open > 1 - decided) continue;
    const usd = Math.abs(sites.usd[site]!) * Math.min(open, 1 - open);
    if (usd > worthOfGap * gapUsd) found.push({ site, usd });
  }
  return found.sort((a, b) => b.usd - a.usd || a.site - b.site).map(({ site }) => site);
}

/**
 * The problems in which plans are looked for at the prices of the whole: each dear opening that is undecided, both ways.
 *
 * @param problem As it is stated.
 */
export function* dives(problem: PlanProblem, whole: PlanCase, gapUsd: number): Generator<PlanProblem> {
  for (const site of undecidedOpenings(whole, gapUsd).slice(0, mostDives)) {
    for (const which of ["less", "more"] as const) yield caseOf(problem, { site }, which);
  }
}

export interface CaseOptions {
  readonly iterations: number;
  readonly stallRatio: number;
  /** No case needs to prove more than this share below the best plan. */
  readonly relativeGap: number;
  /** The best plan's cost now, USD. */
  readonly bestUsd: () => number;
  readonly stop: () => boolean;
  /** Does the work with pauses. */
  readonly finish: Pauses["finish"];
  /** What is known of single periods. */
  readonly periods: KnownPeriods;
  /** Told of every new case, to look for plans in it. */
  readonly onCase: (found: PlanCase) => Promise<void>;
}

/** The cases of a problem, the weakest first; just the whole problem where nothing is worth telling apart or time is up. */
export async function tellCasesApart(
  whole: PlanCase,
  options: CaseOptions,
): Promise<{ cases: readonly PlanCase[]; certificate: Certificate }> {
  const { bestUsd, stop, relativeGap } = options;
  const nodes: BranchNode[] = [{ leaf: 0 }];
  const cases: PlanCase[] = [whole];
  const targetUsd = (): number => bestUsd() - relativeGap * Math.abs(bestUsd());
  const weakest = (): PlanCase => cases.reduce((a, b) => (b.certificate.boundUsd < a.certificate.boundUsd ? b : a));
  const most = whole.problem.sites.place === undefined ? mostCases : mostCasesOverYears;
  while (cases.length < most && !stop()) {
    const parent = weakest();
    if (parent.certificate.boundUsd >= targetUsd()) break;
    const site = parent.earlier ?? undecidedOpenings(parent, bestUsd() - parent.certificate.boundUsd)[0];
    if (site === undefined) break;
    const at = nodes.length;
    const found: PlanCase[] = [];
    for (const [i, which] of (["less", "more"] as const).entries()) {
      const child = await examine(parent, { site }, which, at + i, { ...options, targetUsd });
      found.push(child);
      // Where it is open when the place opens is what is asked next: plans are looked for when that is known.
      if (child.earlier === undefined) await options.onCase(child);
    }
    // Cases that prove no more than the whole they are part of, cut short or not, are kept out, unless more is to be told apart there.
    const leastUsd = Math.min(...found.map((child) => child.certificate.boundUsd));
    if (leastUsd <= parent.certificate.boundUsd && found.every((child) => child.earlier === undefined)) break;
    nodes[parent.at] = { site, less: at, more: at + 1 };
    nodes.push({ leaf: 0 }, { leaf: 0 });
    cases.splice(cases.indexOf(parent), 1, ...found);
  }
  cases.sort((a, b) => a.certificate.boundUsd - b.certificate.boundUsd || a.at - b.at);
  if (cases.length === 1) return { cases, certificate: whole.certificate };
  for (const [k, { at }] of cases.entries()) nodes[at] = { leaf: k + 1 };
  const { boundUsd: _alone, ...root } = whole.certificate;
  const leaves = cases.map(({ certificate: { boundUsd: _own, ...prices } }) => prices);
  const certificate = { ...root, branches: nodes, leaves };
  // What anyone recomputes is what is claimed, to the last digit.
  return { cases, certificate: { boundUsd: recomputeBound(whole.problem, certificate), ...certificate } };
}

/**
 * Bounds a case by prices of its own: those of the case it is part of lead astray, so different are the two. Those of a horizon begin
 * with what its periods say by themselves, most of which other cases have in common with it.
 */
async function examine(
  parent: PlanCase,
  branch: Branch,
  which: "less" | "more",
  at: number,
  options: CaseOptions & { readonly targetUsd: () => number },
): Promise<PlanCase> {
  const problem = caseOf(parent.problem, branch, which);
  // The arcs are the same; only how many modules are ever useful differs.
  const view = { ...parent.view, most: usefulModules(problem) };
  const { iterations, stop, periods, finish } = options;
  const from = await finish(pricesByPeriod(problem, { iterations, stop, isCancelled: stop, periods }));
  let reached = -Infinity;
  let [evaluations, before] = [0, -Infinity];
  const isLevel = (): boolean => {
    if (from === undefined || ++evaluations % levelWindow > 0) return false;
    const gained = reached - before;
    before = reached;
    return gained < levelShare * (options.bestUsd() - reached);
  };
  const bound = await finish(
    boundSteps(problem, view, {
      iterations,
      stallRatio: options.stallRatio,
      stop: () => stop() || reached >= options.targetUsd() || isLevel(),
      onBound: (usd) => (reached = usd),
      ...(from !== undefined && { from }),
    }),
  );
  const earlier = which === "more" && "site" in branch ? openBefore(problem, view, branch.site) : undefined;
  return {
    problem,
    view,
    bound,
    certificate: best(problem, certify(problem, bound, view), parent.certificate),
    at,
    earlier,
  };
}

/** Of a case's own prices and those of what it is part of, which hold for it too, those that prove more. */
function best(problem: PlanProblem, own: Certificate, { boundUsd: leastUsd, ...inherited }: Certificate): Certificate {
  return own.boundUsd >= leastUsd ? own : { boundUsd: recomputeBound(problem, inherited), ...inherited };
}

/** The same place in the period before, where it may be open or not. */
function openBefore({ pools, sites }: PlanProblem, { most }: SiteView, site: number): number | undefined {
  const before = sites.place?.lastIndexOf(sites.place[site]!, site - 1) ?? -1;
  if (site === 0 || before < 0 || sites.forced[before] === 1) return undefined;
  const here = Array.from(most.keys()).filter((pool) => pools.site[pool] === before);
  const mayBeShut = here.every((pool) => pools.minCount[pool] === 0);
  return mayBeShut && here.some((pool) => most[pool]! > 0) ? before : undefined;
}
