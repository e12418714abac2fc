/** Why demand is served from where it is, or not at all: every candidate with its terms, every refusal with its reason. */
import type { Tier } from "../../catalog/index.ts";
import { backhaulUsdPerPeakRequest, missedRequestUsd, moduleAnnualUsd, secondsPerYear } from "../../finance/index.ts";
import {
  areaSiteKm,
  emptyJudgement,
  explainPhysics,
  filter,
  judge,
  score,
  compilePolicy,
  type Physics,
  type Policy,
  type RejectReason,
} from "../../route/index.ts";
import type { PlanDocument } from "../document/plan-document.ts";
import type { Unserved } from "../document/unserved.ts";

/** A place that may serve the demand. Money is per request, in USD. */
export interface ServingCandidate {
  readonly site: string;
  readonly tier: Tier;
  readonly module: string;
  /** Modules of this kind the plan puts there. */
  readonly planned: number;
  readonly km: number;
  /** Network share of the first token at the attainment quantile, ms. */
  readonly networkMs: number;
  /** Median on an idle engine, ms. */
  readonly prefillMs: number;
  /** Requests/s one module carries within the objective, before headroom. */
  readonly perModulePerS: number;
  readonly egressUsd: number;
  readonly energyUsd: number;
  /** Line to the site's parent, rented by the peak, at the demand's ratio of mean to peak. */
  readonly backhaulUsd: number;
  /** The module's yearly cost over the requests it may carry at the demand's ratio of mean to peak. */
  readonly moduleUsd: number;
  readonly totalUsd: number;
  /** Requests/s the plan sends here at the peak. */
  readonly servedPerS: number;
}

export interface DemandExplanation {
  readonly area: string;
  readonly workload: string;
  readonly access: string;
  readonly askedPerS: number;
  readonly servedPerS: number;
  readonly budgetMs: number;
  /** What leaving a request unserved costs, USD. */
  readonly unservedUsd: number;
  /** How many (site, module) pairs may serve it. */
  readonly eligible: number;
  /** Those in use, then the cheapest of the others, at most `candidatesKept` of these. */
  readonly candidates: readonly ServingCandidate[];
  /** Pairs that may not, by reason, with the nearest as an example. */
  readonly refusals: readonly {
    readonly reason: RejectReason;
    readonly count: number;
    readonly nearest: { readonly site: string; readonly module: string; readonly detail: string };
  }[];
  /** Where nothing may serve it: the budget taken apart. */
  readonly physics: Physics | null;
  /** Reasons the plan gives for leaving demand of this workload and access unserved; empty when this one is served. */
  readonly unserved: readonly Unserved[];
}

const candidatesKept = 12;
/** Shares below this are rounding. */
const noticeableShare = 1e-6;

/**
 * @param area Position in `plan.world.areas`.
 * @param workload Position in `plan.world.workloads`; null for all.
 */
export function explainDemand(plan: PlanDocument, area: number, workload: number | null): DemandExplanation[] {
  const policy = compilePolicy(plan.world, plan.period);
  return plan.world.demand.flatMap((row, index) =>
    row.area === area && (workload === null || row.workload === workload) ? [explainRow(plan, policy, index)] : [],
  );
}

function explainRow(plan: PlanDocument, policy: Policy, row: number): DemandExplanation {
  const { world, period, deployment } = plan;
  const demand = world.demand[row]!;
  const workload = world.workloads[demand.workload]!;
  const askedPerS = demand.peakPerS[period]!;
  const sent = new Map<string, number>();
  let servedPerS = 0;
  for (const flow of deployment.flows) {
    if (flow.row !== row) continue;
    const pool = deployment.pools[flow.pool]!;
    sent.set(`${pool.site} ${pool.module}`, flow.peakPerS);
    servedPerS += flow.peakPerS;
  }
  const candidates = eligiblePlaces(plan, policy, row, sent);
  const unserved = askedPerS > 0 && servedPerS < askedPerS * (1 - noticeableShare);
  const possible = candidates.length > 0;
  // With a candidate only money, limits and scale can be in the way; without one only the rest.
  const ofMoney = (reason: Unserved["reason"]): boolean => ["price", "limits", "scale"].includes(reason);
  const used = candidates.filter((candidate) => candidate.servedPerS > 0);
  return {
    area: world.areas[demand.area]!.id,
    workload: workload.id,
    access: world.accessTypes[demand.access]!.id,
    askedPerS,
    servedPerS,
    budgetMs: workload.ttft.budgetMs,
    unservedUsd: missedRequestUsd(world, demand.workload),
    eligible: candidates.length,
    candidates: [...used, ...candidates.filter((candidate) => candidate.servedPerS === 0).slice(0, candidatesKept)],
    refusals: refusalsOf(policy, row),
    physics: possible ? null : explainPhysics(policy, demand),
    unserved: unserved
      ? plan.unserved.filter(
          (entry) =>
            entry.workload === workload.id &&
            entry.access === world.accessTypes[demand.access]!.id &&
            ofMoney(entry.reason) === possible,
        )
      : [],
  };
}

/** Every eligible (site, module) pair, cheapest first. */
function eligiblePlaces(
  { world, period, deployment }: PlanDocument,
  policy: Policy,
  row: number,
  sent: ReadonlyMap<string, number>,
): ServingCandidate[] {
  const demand = world.demand[row]!;
  const [peakPerS, meanPerS] = [demand.peakPerS[period]!, demand.meanPerS[period]!];
  const meanToPeak = peakPerS > 0 && meanPerS > 0 ? meanPerS / peakPerS : 1;
  const planned = new Map(deployment.pools.map((pool) => [`${pool.site} ${pool.module}`, pool.count]));
  const judgement = emptyJudgement();
  const candidates: ServingCandidate[] = [];
  for (const [site, place] of world.sites.entries()) {
    for (const [module, server] of world.modules.entries()) {
      if (judge(policy, demand, site, module, judgement) !== null) continue;
      const { egressUsd, energyUsd, prefillMs } = score(policy, demand, site, module, judgement);
      const perYear = judgement.perModulePerS * world.limits.headroomRatio * meanToPeak * secondsPerYear;
      const moduleUsd = moduleAnnualUsd(world, site, module, period).totalUsd / perYear;
      const backhaulUsd = backhaulUsdPerPeakRequest(world, demand.workload, site) / (meanToPeak * secondsPerYear);
      candidates.push({
        site: place.id,
        tier: place.tier,
        module: server.id,
        planned: planned.get(`${site} ${module}`) ?? 0,
        km: judgement.km,
        networkMs: judgement.networkMs,
        prefillMs,
        perModulePerS: judgement.perModulePerS,
        egressUsd,
        energyUsd,
        backhaulUsd,
        moduleUsd,
        totalUsd: egressUsd + energyUsd + backhaulUsd + moduleUsd,
        servedPerS: sent.get(`${site} ${module}`) ?? 0,
      });
    }
  }
  return candidates.sort((a, b) => a.totalUsd - b.totalUsd || (a.site < b.site ? -1 : 1));
}

function refusalsOf(policy: Policy, row: number): DemandExplanation["refusals"] {
  const { world } = policy;
  const demand = world.demand[row]!;
  const judgement = emptyJudgement();
  const found = new Map<RejectReason, { count: number; km: number; site: number; module: number }>();
  for (let site = 0; site < world.sites.length; site++) {
    const km = areaSiteKm(policy, demand.area, site);
    for (let module = 0; module < world.modules.length; module++) {
      const reason = judge(policy, demand, site, module, judgement);
      if (reason === null) continue;
      const entry = found.get(reason);
      if (entry === undefined) found.set(reason, { count: 1, km, site, module });
      else found.set(reason, { ...(km < entry.km ? { km, site, module } : entry), count: entry.count + 1 });
    }
  }
  return [...found]
    .sort((a, b) => b[1].count - a[1].count || (a[0] < b[0] ? -1 : 1))
    .map(([reason, { count, site, module }]) => ({
      reason,
      count,
      nearest: {
        site: world.sites[site]!.id,
        module: world.modules[module]!.id,
        detail: filter(policy, demand, site, module).detail,
      },
    }));
}
