import { tiers, type Tier } from "../../catalog/index.ts";
import { enginePredictions } from "../../route/index.ts";
import { conversationWorkloads } from "../arrival/conversations.ts";
import { quantilesOf, QuantileSketch, type Quantiles } from "../chance/quantile-sketch.ts";
import { rejectionReasons, type ServedCell } from "../measure/measures.ts";
import { poolUsage } from "../measure/pool-usage.ts";
import { simulatedMoney } from "../measure/simulated-money.ts";
import { compareClosedForms } from "./closed-form-agreement.ts";
import {
  describeAreaHours,
  describeLinks,
  describeSites,
  describeSiteWindows,
  describeWindows,
} from "./describe-places.ts";
import { spanMs, type MeasuredRun } from "./measured-run.ts";
import { compareWithPlan } from "./plan-agreement.ts";
import type { ServedResult, SimulationResult, WorkloadResult } from "./simulation-result.ts";

/** The result of a run: the sums over everything and by workload here, those by place and time in `describe-places.ts`. */
export function describeResult(run: MeasuredRun): SimulationResult {
  const { world, measures, options } = run;
  const simulatedMs = spanMs(run);
  const workloads = world.workloads.map((_, workload) => describeWorkload(run, workload));
  const pools = poolUsage(world, run.routes, run.activity, run.scalingOfGroup, simulatedMs);
  const sum = (pick: (result: WorkloadResult) => number) =>
    workloads.reduce((total, result) => total + pick(result), 0);
  const withinSlo = measures.cells.reduce((total, cell) => total + cell.withinSlo, 0);
  const outputTokens = sum((result) => result.outputTokens);
  return {
    format: "disperse/simulation/v1",
    scenario: world.name,
    options,
    simulatedS: simulatedMs / 1000,
    requests: {
      arrived: sum((result) => result.arrived),
      completed: sum((result) => result.completed),
      rejected: sum((result) => result.rejected),
      inFlight: measures.inFlight,
      retries: measures.retries,
      waited: measures.lineMs.count,
      preemptions: sum((result) => result.preemptions),
      goodputPerS: simulatedMs > 0 ? (withinSlo * 1000) / simulatedMs : 0,
    },
    workloads,
    tiers: tiers.map((tier) => ({
      tier,
      completed: sum((result) => tierOf(result, tier).completed),
      outputTokens: sum((result) => tierOf(result, tier).outputTokens),
      egressBytes: sum((result) => tierOf(result, tier).egressBytes),
      energyKwh: pools.reduce((total, pool) => (pool.tier === tier ? total + pool.energyKwh : total), 0),
    })),
    sites: describeSites(run),
    pools,
    windows: describeWindows(run),
    siteWindows: describeSiteWindows(run),
    links: describeLinks(run),
    areaHours: describeAreaHours(run),
    waitingLine: options.waitingLine && { waitMs: quantilesOf(measures.lineMs), largestQueued: measures.largestQueued },
    agreement: compareWithPlan(world, run.routes, run.rate, measures, pools, run),
    closedForms: compareClosedForms(world, run.routes, measures, simulatedMs, recordedWorkloads(run), options),
    predictions: enginePredictions(world, run.routes.deployment),
    money: simulatedMoney(
      world,
      run.routes.deployment,
      pools,
      Float64Array.from(world.sites, (_, site) => measures.traffic.of(site).bytesOut),
      simulatedMs,
      outputTokens,
    ),
    residencyViolations: measures.residencyViolations,
    quantileError: options.quantileError,
  };
}

/** Workloads whose lengths are not drawn from their distribution. */
function recordedWorkloads({ world, options, recorded }: MeasuredRun): ReadonlySet<number> {
  return options.conversations ? recorded.union(conversationWorkloads(world, options.conversations)) : recorded;
}

function tierOf(result: WorkloadResult, tier: Tier): ServedResult {
  return result.tiers.find((entry) => entry.tier === tier)!;
}

function describeWorkload(run: MeasuredRun, workload: number): WorkloadResult {
  const { world, measures } = run;
  const { id, ttft, callers } = world.workloads[workload]!;
  const arrived = measures.arrived[workload]!;
  const cells = tiers.map((_, tier) => measures.cell(workload, tier));
  const rejections = rejectionReasons
    .map((reason, i) => ({ reason, count: measures.rejected[workload * rejectionReasons.length + i]! }))
    .filter((entry) => entry.count > 0);
  const withinSlo = cells.reduce((total, cell) => total + cell.withinSlo, 0);
  return {
    workload: id,
    arrived,
    rejected: rejections.reduce((total, entry) => total + entry.count, 0),
    rejections,
    attainmentOfArrivedRatio: arrived > 0 ? withinSlo / arrived : null,
    targetRatio: ttft.attainmentRatio,
    ...(callers && { callers: measures.callers!.of(workload) }),
    ...describeCells(cells, run.options.quantileError),
    tiers: tiers.map((tier, i) => ({ tier, ...describeCells([cells[i]!], run.options.quantileError) })),
  };
}

function describeCells(cells: readonly ServedCell[], quantileError: number): ServedResult {
  const total = (pick: (cell: ServedCell) => number) => cells.reduce((sum, cell) => sum + pick(cell), 0);
  const merged = (pick: (cell: ServedCell) => QuantileSketch): Quantiles => {
    const sketch = new QuantileSketch(quantileError);
    for (const cell of cells) sketch.merge(pick(cell));
    return quantilesOf(sketch);
  };
  const completed = total((cell) => cell.completed);
  return {
    completed,
    answeredFromCache: total((cell) => cell.answeredFromCache),
    ttftMs: merged((cell) => cell.ttftMs),
    tpotMs: merged((cell) => cell.tpotMs),
    e2eMs: merged((cell) => cell.e2eMs),
    queueMs: merged((cell) => cell.queueMs),
    ttftAttainmentRatio: completed > 0 ? total((cell) => cell.withinTtft) / completed : null,
    sloAttainmentRatio: completed > 0 ? total((cell) => cell.withinSlo) / completed : null,
    inputTokens: total((cell) => cell.inputTokens),
    cachedTokens: total((cell) => cell.cachedTokens),
    outputTokens: total((cell) => cell.outputTokens),
    egressBytes: total((cell) => cell.egressBytes),
    preemptions: total((cell) => cell.preemptions),
  };
}
