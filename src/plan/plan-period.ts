/** Plans one period of a world: build the problem, solve it by the way its size asks for, and write the document. */
import type { World } from "../catalog/index.ts";
import { annualCost, type CostBreakdown } from "../finance/index.ts";
import type { Deployment } from "../route/index.ts";
import { judgeDistribution, restrictTo, summariseAlternative } from "./alternatives.ts";
import { capacityWorth } from "./capacity-worth.ts";
import { certify, type Certificate } from "./certificate.ts";
import { findClashes } from "./clashes.ts";
import { limitUse } from "./coupling-limit.ts";
import { toDeployment } from "./deployment.ts";
import type { LimitUse, PlanDocument, SiteLoad, TrainingPlacement } from "./plan-document.ts";
import { lagrangianBound } from "./lagrangian.ts";
import type { PlanProblem, ProblemSolution } from "./problem.ts";
import { viewBySite } from "./site-view.ts";
import type { PlanOptions, PlanTools } from "./plan-options.ts";
import { lastingKw, type PeriodTerms } from "./period-terms.ts";
import { gapOf, type PathOptions, type PathResult, type SearchStatus } from "./solution-path.ts";
import { solveProblem } from "./solve-problem.ts";
import { reportUnserved } from "./unserved.ts";
import { worldProblem, type WorldProblem } from "./world-problem.ts";

/** Gap at which a plan counts as good enough when none is asked for. */
const usualGap = 0.005;
const usualTimeLimitS = 180;
/** Share of the time limit the centralised alternative may take on top; it is much smaller than the plan itself. */
const comparisonTimeShare = 0.25;
/** Evaluations spent on the certificate of an exactly solved problem: milliseconds each, at most 12,000 arcs. */
const certificateIterations = 600;
/** Relative difference between objective and recomputed cost above which the document would be wrong. */
const costTolerance = 1e-6;

/** A period's document and what the periods after it need to know. */
export interface PlannedPeriod {
  readonly document: PlanDocument;
  readonly planned: WorldProblem;
  /** Null when no plan exists. */
  readonly solution: ProblemSolution | null;
}

export async function planPeriod(
  world: World,
  period: number,
  terms: PeriodTerms,
  tools: PlanTools,
  options: PlanOptions,
): Promise<PlannedPeriod> {
  const startedMs = tools.nowMs();
  const planned = worldProblem(world, period, terms);
  const { problem } = planned;
  const path: PathOptions = {
    relativeGap: options.relativeGap ?? usualGap,
    timeLimitS: options.timeLimitS ?? usualTimeLimitS,
    seed: options.seed ?? 1,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    ...(tools.onProgress === undefined ? {} : { onProgress: tools.onProgress }),
  };
  const head = {
    format: "disperse/plan/v1",
    name: world.name,
    inputHash: options.inputHash ?? "",
    catalogVersion: world.catalogVersion,
    world,
    period: planned.period,
  } as const;
  const size = { rows: problem.rows.count, arcs: problem.arcs.pool.length, pools: problem.pools.count };
  const asked = { seed: path.seed, askedGap: path.relativeGap };
  const seconds = (): number => (tools.nowMs() - startedMs) / 1000;

  const clashes = findClashes(planned);
  if (clashes.length > 0) {
    const document: PlanDocument = {
      ...head,
      status: "infeasible",
      objectiveUsdPerYear: null,
      bestBoundUsdPerYear: null,
      relativeGap: null,
      method: "exact",
      search: { ...asked, ...size, seconds: seconds(), curve: [], message: "" },
      deployment: { period: planned.period, pools: [], flows: [] },
      cost: null,
      sites: [],
      limits: [],
      unserved: [],
      training: [],
      certificate: null,
      alternatives: { centralised: null },
      verdict: null,
      clashes,
      horizon: null,
    };
    return { document, planned, solution: null };
  }

  const result = await solveProblem(problem, tools, path);
  const worth = await capacityWorth(problem, result.solution, tools, path);
  const deployment = toDeployment(planned, result.solution, worth);
  const training = placeTraining(planned, result.solution, deployment);
  const cost = annualCost(world, { ...deployment, training: training.map(toTrainingUse) }, planned.period);
  requireSameCost(result.objectiveUsd, cost);

  const compare = options.compare !== false && world.sites.some((site) => site.tier === "core");
  const core = compare ? restrictTo(problem, (site) => world.sites[site]!.tier === "core") : null;
  const { onProgress: _unused, ...quietly } = path;
  const centralised =
    core === null
      ? null
      : summariseAlternative(
          "centralised",
          planned,
          core,
          await solveProblem(core, tools, { ...quietly, timeLimitS: path.timeLimitS * comparisonTimeShare }),
        );

  const proof = await proofOf(planned, terms, result, tools, path);
  const relativeGap = gapOf(result.objectiveUsd, proof.boundUsd);
  const document: PlanDocument = {
    ...head,
    status: statusFor(result.status, relativeGap <= path.relativeGap + 1e-12),
    objectiveUsdPerYear: result.objectiveUsd,
    bestBoundUsdPerYear: proof.boundUsd,
    relativeGap,
    method: result.method,
    search: {
      ...asked,
      ...size,
      seconds: seconds(),
      curve: result.curve.map((point) => ({
        seconds: point.seconds,
        incumbentUsd: finiteOrNull(point.incumbentUsd),
        boundUsd: finiteOrNull(point.boundUsd),
      })),
      message: result.message,
    },
    deployment,
    cost,
    sites: siteLoads(planned, deployment),
    limits: limitUses(planned, result.solution),
    unserved: reportUnserved(planned, result.solution),
    training,
    certificate: proof.certificate,
    alternatives: { centralised },
    verdict: centralised === null ? null : judgeDistribution(planned, result, centralised),
    clashes: [],
    horizon: null,
  };
  return { document, planned, solution: result.solution };
}

function statusFor(search: SearchStatus, proven: boolean): SearchStatus {
  if (proven) return "optimal";
  return search === "optimal" ? "gapNotReached" : search;
}

/**
 * What is proven about the period, and the prices that prove it. A period that follows others is bounded with what was
 * bought before them set free: only then does the bound hold for every plan of the horizon.
 */
async function proofOf(
  planned: WorldProblem,
  terms: PeriodTerms,
  result: PathResult,
  tools: PlanTools,
  path: PathOptions,
): Promise<{ boundUsd: number; certificate: Certificate }> {
  const { world, period } = planned;
  const tied =
    terms.kind === "following" &&
    (terms.carried.size > 0 ||
      period > 0 ||
      world.sites.some((site) => lastingKw(site.powerLimitKw, period, terms) < site.powerLimitKw[period]!) ||
      world.limits.zones.some((zone) => lastingKw(zone.powerLimitKw, period, terms) < zone.powerLimitKw[period]!));
  if (!tied) {
    const certificate = result.certificate ?? certificateOf(planned.problem, path);
    return { boundUsd: result.bestBoundUsd, certificate };
  }
  const { problem } = worldProblem(world, period, { kind: "relaxed" });
  const certificate = certificateOf(problem, path);
  const { onProgress: _quiet, ...quietly } = path;
  const bounds = [certificate.boundUsd];
  if (result.method === "exact") bounds.push((await solveProblem(problem, tools, quietly)).bestBoundUsd);
  return { boundUsd: Math.min(result.objectiveUsd, Math.max(...bounds)), certificate };
}

/** The exact path proves its bound by branching, which cannot be retold briefly; prices prove nearly as much. */
function certificateOf(problem: PlanProblem, { signal }: PathOptions): Certificate {
  const view = viewBySite(problem);
  const iterations = certificateIterations;
  return certify(lagrangianBound(problem, view, { iterations, stop: () => signal?.aborted === true }), view);
}

/** JSON has no infinity. */
function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function requireSameCost(objectiveUsd: number, cost: CostBreakdown): void {
  const difference = Math.abs(objectiveUsd - cost.totalUsdPerYear);
  if (!(difference <= costTolerance * Math.max(1, Math.abs(objectiveUsd)))) {
    throw new Error(
      `the plan costs ${cost.totalUsdPerYear} USD/year by recomputation, its objective says ${objectiveUsd}`,
    );
  }
}

function toTrainingUse(placement: TrainingPlacement): { demand: number; pool: number; modules: number } {
  return { demand: placement.training, pool: placement.pool, modules: placement.modules };
}

function placeTraining(planned: WorldProblem, solution: ProblemSolution, deployment: Deployment): TrainingPlacement[] {
  const { world, period, problem, demandRowCount, poolModule } = planned;
  const placements: TrainingPlacement[] = [];
  for (const [training, demand] of world.training.entries()) {
    const row = demandRowCount + training;
    for (let arc = problem.arcs.starts[row]!; arc < problem.arcs.starts[row + 1]!; arc++) {
      const share = solution.share[arc]!;
      if (share === 0) continue;
      const pool = problem.arcs.pool[arc]!;
      const position = deployment.pools.findIndex(
        (entry) => entry.site === problem.pools.site[pool] && entry.module === poolModule[pool],
      );
      placements.push({
        training,
        pool: position,
        modules: share * problem.arcs.load[arc]!,
        pflops: share * demand.pflops[period]!,
      });
    }
  }
  return placements;
}

/** What every open site is used for in a period. */
export function siteLoads(
  { world, period }: Pick<WorldProblem, "world" | "period">,
  deployment: Deployment,
): SiteLoad[] {
  const loads = new Map<number, { modules: number; servedPerS: number; powerKw: number; egressGbps: number }>();
  const at = (site: number) => {
    let load = loads.get(site);
    if (load === undefined) loads.set(site, (load = { modules: 0, servedPerS: 0, powerKw: 0, egressGbps: 0 }));
    return load;
  };
  for (const pool of deployment.pools) {
    const load = at(pool.site);
    const count = pool.count + pool.trainingCount;
    load.modules += count;
    load.powerKw += count * world.modules[pool.module]!.powerKw * world.sites[pool.site]!.pue;
  }
  for (const flow of deployment.flows) {
    const load = at(deployment.pools[flow.pool]!.site);
    load.servedPerS += flow.peakPerS;
    load.egressGbps += (flow.peakPerS * world.workloads[world.demand[flow.row]!.workload]!.responseBytes * 8) / 1e9;
  }
  return [...loads]
    .sort((a, b) => a[0] - b[0])
    .map(([site, load]) => ({
      site,
      ...load,
      powerLimitKw: world.sites[site]!.powerLimitKw[period]!,
      portGbps: world.sites[site]!.portGbps,
    }));
}

function limitUses({ problem }: WorldProblem, solution: ProblemSolution): LimitUse[] {
  return problem.limits.map((limit) => ({ name: limit.name, used: limitUse(limit, solution), upper: limit.upper }));
}
