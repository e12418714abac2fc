/**
 * Solves a problem whose arcs are too many to look at again and again: prices and plans are sought with a part of them
 * (`arc-part.ts`), and what is claimed is recomputed from the prices with all of them, as whoever checks it does.
 */
import { askOutside, firstPart, partOfArcs, type Outside } from "./arc-part.ts";
import { pricesOf, recomputeBound } from "../bound/certificate.ts";
import type { Certificate } from "../problem/prices.ts";
import { solveDecomposed } from "./decomposed.ts";
import { withImpliedLimits } from "../problem/implied-limits.ts";
import { boundSteps, type LagrangianResult } from "../bound/lagrangian.ts";
import { pricesByPeriod } from "../bound/periods-apart.ts";
import type { PlanProblem, ProblemSolution } from "../problem/problem.ts";
import type { RestrictedProblem } from "../problem/restrict-arcs.ts";
import { viewBySite, type SiteView } from "../problem/site-view.ts";
import {
  emptySolution,
  gapOf,
  type CurvePoint,
  type PathOptions,
  type PathResult,
  type PathTools,
} from "../problem/solution-path.ts";
import { takePauses } from "../problem/steps.ts";

/** Problems with more arcs than this, and more per row, are solved in part. */
const mostArcs = 4_000_000;
const mostPerRow = 200;
/** Evaluations of the bound at most before the arcs outside are asked again, and when it ends sooner. */
const iterations = 400;
const stallRatio = 2e-4;
const stallWindow = 20;
/** How often they are asked before plans are looked for, and the share of the time limit that takes at most. */
const mostRounds = 6;
const roundsTimeShare = 0.4;
/** Share of the time limit that first prices of every period by itself may take. */
const periodsTimeShare = 0.25;
/** Share of the asked gap that arcs outside may still take off the bound when plans are looked for. */
const mayLose = 0.1;
/** The part is solved to this share of the asked gap at the closest, and again while this share of the time is left. */
const closestShare = 0.3;
const worthAgain = 0.25;

export function isSolvedInPart({ arcs, rows }: PlanProblem): boolean {
  return arcs.pool.length > mostArcs && arcs.pool.length > mostPerRow * rows.count;
}

/**
 * Engines of models that do not fit together are left out: plans are made to run once they are found.
 *
 * @param perRow How many arcs of each row, twice over, the part begins with; what is usual when left out.
 */
export async function solveInPart(
  { engines: _tooMany, ...problem }: PlanProblem,
  tools: PathTools,
  { toRun: _later, ...options }: PathOptions,
  perRow?: number,
): Promise<PathResult> {
  const startedMs = tools.nowMs();
  const elapsedS = (): number => (tools.nowMs() - startedMs) / 1000;
  const cancelled = (): boolean => options.signal?.aborted === true;
  const beyond = (share: number): boolean => cancelled() || elapsedS() > share * options.timeLimitS;
  const curve: CurvePoint[] = [];
  let best = emptySolution(problem);
  let bestUsd = Infinity;
  let proof: Certificate | undefined;
  const provenUsd = (): number => proof?.boundUsd ?? -Infinity;
  // What the part proves of itself is no bound of the whole.
  const now = (incumbentUsd: number): CurvePoint => {
    return { seconds: elapsedS(), incumbentUsd: Math.min(bestUsd, incumbentUsd), boundUsd: provenUsd() };
  };
  const record = (incumbentUsd: number): void => {
    curve.push(now(incumbentUsd));
    options.onProgress?.(curve.at(-1)!);
  };
  const { finish } = takePauses(tools, (stage) => {
    options.onProgress?.(stage === "" ? now(Infinity) : { ...now(Infinity), stage });
  });

  const strong = withImpliedLimits(problem);
  const marks = await finish(firstPart(problem, perRow));
  let part = partOfArcs(problem, marks);
  /** Finds out what prices of the part prove of the whole, and marks the arcs that would have changed them. */
  const prove = async (bound: LagrangianResult, view: SiteView): Promise<Outside> => {
    const outside = await finish(askOutside(strong, marks, bound));
    const prices = { ...pricesOf(bound, view), rowPrices: Array.from(outside.rowPrice) };
    const boundUsd = recomputeBound(problem, prices);
    if (boundUsd > provenUsd() || proof === undefined) proof = { boundUsd, ...prices };
    record(bestUsd);
    return outside;
  };

  let bound: LagrangianResult | undefined;
  let from: Parameters<typeof boundSteps>[2]["from"] = await finish(
    pricesByPeriod(withImpliedLimits(part.problem), {
      iterations,
      isCancelled: cancelled,
      stop: (share) => beyond(((1 + share) / 2) * periodsTimeShare),
    }),
  );
  const begunShare = elapsedS() / options.timeLimitS;
  for (let round = 0; round < mostRounds; round++) {
    const strongPart = withImpliedLimits(part.problem);
    const view = viewBySite(strongPart);
    const untilShare = begunShare + (roundsTimeShare * (round + 1)) / mostRounds;
    bound = await finish(
      boundSteps(strongPart, view, {
        iterations,
        stallRatio,
        stallWindow,
        isCancelled: cancelled,
        stop: () => beyond(untilShare),
        ...(from !== undefined && { from }),
      }),
    );
    const { joined, rowPrice } = await prove(bound, view);
    from = { rowPrice, limitPrice: bound.limitPrice };
    if (joined > 0) part = partOfArcs(problem, marks);
    const mayLoseUsd = mayLose * options.relativeGap * Math.abs(provenUsd());
    if (joined === 0 || bound.boundUsd - provenUsd() <= mayLoseUsd || beyond(begunShare + roundsTimeShare)) break;
  }

  for (;;) {
    const solved = part;
    const lost = gapOf(bound!.boundUsd, provenUsd());
    let outside: Outside | undefined;
    const result = await solveDecomposed(
      solved.problem,
      tools,
      {
        ...options,
        relativeGap: Math.max(closestShare * options.relativeGap, options.relativeGap - lost),
        timeLimitS: Math.max(0, options.timeLimitS - elapsedS()),
        onProgress: ({ incumbentUsd, stage }) => {
          if (stage === undefined) record(incumbentUsd);
          else options.onProgress?.({ ...now(incumbentUsd), stage });
        },
      },
      {
        from: { ...bound!, ...from! },
        ...(bestUsd < Infinity && { plan: planOfPart(solved, best) }),
        async onBound(found, view) {
          bound = found;
          outside = await prove(found, view);
        },
        isEnough: (usd) => gapOf(usd, provenUsd()) <= options.relativeGap,
      },
    );
    if (result.objectiveUsd < bestUsd) {
      best = planOfWhole(problem, solved, result.solution);
      bestUsd = result.objectiveUsd;
    }
    record(bestUsd);
    const { joined, rowPrice } = outside!;
    const relativeGap = gapOf(bestUsd, provenUsd());
    const isProven = relativeGap <= options.relativeGap;
    if (!isProven && joined > 0 && !beyond(1 - worthAgain)) {
      part = partOfArcs(problem, marks);
      from = { rowPrice, limitPrice: bound!.limitPrice };
      continue;
    }
    const unproven = result.status === "optimal" ? "gapNotReached" : result.status;
    return {
      ...result,
      status: isProven ? "optimal" : unproven,
      solution: best,
      objectiveUsd: bestUsd,
      bestBoundUsd: Math.min(provenUsd(), bestUsd),
      relativeGap,
      curve,
      ...(proof !== undefined && { certificate: proof }),
    };
  }
}

/** A plan of the whole in a part that has all the arcs it uses. */
function planOfPart({ arc }: RestrictedProblem, { open, modules, share }: ProblemSolution): ProblemSolution {
  return { open, modules, share: Float64Array.from(arc, (whole) => share[whole]!) };
}

function planOfWhole({ arcs }: PlanProblem, { arc }: RestrictedProblem, plan: ProblemSolution): ProblemSolution {
  const share = new Float64Array(arcs.pool.length);
  for (let i = 0; i < arc.length; i++) share[arc[i]!] = plan.share[i]!;
  return { ...plan, share };
}
