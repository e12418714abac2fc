import { normalCdf } from "../network/index.ts";
import type { Deployment } from "./deployment.ts";
import { emptyJudgement, filter, judge, type RejectReason, type RouteOrigin } from "./filter.ts";
import { atDistance } from "./latency.ts";
import type { Policy } from "./policy.ts";
import { score } from "./score.ts";

/** Engines of one workload in one pool, numbered `firstReplica` to `firstReplica + replicas - 1`. */
export interface Group {
  readonly pool: number;
  readonly site: number;
  readonly module: number;
  readonly workload: number;
  readonly tensorParallel: number;
  readonly firstReplica: number;
  readonly replicas: number;
  readonly speedRatio: number;
  readonly capacityUsdPerModuleS: number;
}

/** A refusal that holds whatever the load. */
export interface Rejection {
  readonly site: string;
  readonly pool: string;
  readonly reason: RejectReason | "unhealthy";
  readonly detail: string;
}

/**
 * The eligible groups of one origin, cheapest first. Parallel arrays: `choose` walks them without allocating.
 * `boundUsd` is the expected cost with an idle engine, below which no load can bring a candidate.
 */
export interface Lane {
  readonly origin: RouteOrigin;
  readonly group: Int32Array;
  readonly boundUsd: Float64Array;
  readonly fixedUsd: Float64Array;
  readonly mu: Float64Array;
  readonly sigma: Float64Array;
  readonly rttMs: Float64Array;
  readonly prefillMs: Float64Array;
  readonly perTokenMs: Float64Array;
  readonly egressUsd: Float64Array;
  readonly energyUsd: Float64Array;
  readonly budgetMs: number;
  readonly missUsd: number;
  readonly latencyUsdPerMs: number;
  /** Refusals by law, tier, memory and latency, nearest sites first, at most `rejectionsKept`. */
  readonly rejected: readonly Rejection[];
}

/** A deployment prepared for decisions. */
export interface Routes {
  readonly policy: Policy;
  readonly deployment: Deployment;
  readonly groups: readonly Group[];
  readonly replicaCount: number;
  /** Group of each replica. */
  readonly groupOfReplica: Int32Array;
  /** The lane of an origin; made when first asked for. */
  lane(workload: number, area: number, access: number): Lane;
}

/** Refusals listed per lane; a mesh of thousands of sites would otherwise answer with thousands of sentences. */
const rejectionsKept = 32;

/**
 * Weight of one whole budget of waiting against the cost of missing it. It orders sites that all keep the objective
 * and cost the same, and stays small so that it never buys speed nobody asked for.
 */
const patienceRatio = 0.01;
/** Cost of a miss when a workload names none, USD: only its sign matters, as nothing else is then at stake. */
const nominalMissUsd = 1e-6;

export function compileRoutes(policy: Policy, deployment: Deployment): Routes {
  const groups: Group[] = [];
  let replicaCount = 0;
  for (const [pool, entry] of deployment.pools.entries()) {
    for (const group of entry.groups) {
      if (group.replicas < 1) continue;
      groups.push({
        pool,
        site: entry.site,
        module: entry.module,
        workload: group.workload,
        tensorParallel: group.tensorParallel,
        firstReplica: replicaCount,
        replicas: group.replicas,
        speedRatio: group.speedRatio,
        capacityUsdPerModuleS: entry.capacityUsdPerModuleS,
      });
      replicaCount += group.replicas;
    }
  }
  const groupOfReplica = new Int32Array(replicaCount);
  for (const [index, group] of groups.entries()) {
    groupOfReplica.fill(index, group.firstReplica, group.firstReplica + group.replicas);
  }
  const { world } = policy;
  const lanes: (Lane | undefined)[] = [];
  const routes: Routes = {
    policy,
    deployment,
    groups,
    replicaCount,
    groupOfReplica,
    lane(workload, area, access) {
      const key = (workload * world.areas.length + area) * world.accessTypes.length + access;
      return (lanes[key] ??= compileLane(routes, { workload, area, access }));
    },
  };
  return routes;
}

interface Candidate {
  group: number;
  boundUsd: number;
  fixedUsd: number;
  mu: number;
  sigma: number;
  rttMs: number;
  prefillMs: number;
  perTokenMs: number;
  egressUsd: number;
  energyUsd: number;
}

function compileLane(routes: Routes, origin: RouteOrigin): Lane {
  const { policy, deployment, groups } = routes;
  const { world } = policy;
  const workload = world.workloads[origin.workload]!;
  const missUsd = Math.max(workload.unservedUsdPerRequest, nominalMissUsd);
  const latencyUsdPerMs = (missUsd * patienceRatio) / workload.ttft.budgetMs;
  const judgement = emptyJudgement();
  const candidates: Candidate[] = [];
  const refused: { km: number; reason: RejectReason; group: Group; pool: string }[] = [];
  for (const [index, group] of groups.entries()) {
    if (group.workload !== origin.workload) continue;
    judgement.km = Number.POSITIVE_INFINITY;
    const reason = judge(policy, origin, group.site, group.module, judgement);
    if (reason !== null) {
      refused.push({ km: judgement.km, reason, group, pool: deployment.pools[group.pool]!.id });
      continue;
    }
    const serving = policy.serving[origin.workload * world.modules.length + group.module]!;
    const layout = serving.options.findIndex((option) => option.tensorParallel === group.tensorParallel);
    if (layout >= 0) judgement.option = layout;
    const option = serving.options[judgement.option]!;
    const terms = score(policy, origin, group.site, group.module, judgement);
    const table = policy.latency(origin.workload, origin.access, judgement.relation);
    // Engines that share an accelerator with others run slower in proportion.
    const prefillMs = terms.prefillMs / group.speedRatio;
    const capacityUsd = judgement.perModulePerS > 0 ? group.capacityUsdPerModuleS / judgement.perModulePerS : 0;
    const candidate: Candidate = {
      group: index,
      boundUsd: 0,
      fixedUsd: terms.egressUsd + terms.energyUsd + capacityUsd,
      mu: atDistance(table.mu, judgement.km),
      sigma: atDistance(table.sigma, judgement.km),
      rttMs: terms.rttMs,
      prefillMs,
      perTokenMs: option.replica.perPrefillTokenMs / group.speedRatio,
      egressUsd: terms.egressUsd,
      energyUsd: terms.energyUsd,
    };
    candidate.boundUsd = expectedUsd(candidate, prefillMs, workload.ttft.budgetMs, missUsd, latencyUsdPerMs);
    candidates.push(candidate);
  }
  // Ties are broken by name, not by position, so that the order in which pools are listed cannot matter.
  const nameOf = (candidate: Candidate) => {
    const group = groups[candidate.group]!;
    return `${deployment.pools[group.pool]!.id}/${group.tensorParallel}`;
  };
  candidates.sort((a, b) => a.boundUsd - b.boundUsd || (nameOf(a) < nameOf(b) ? -1 : 1));
  // Sites refused before distance was asked have no distance and come last.
  refused.sort((a, b) => (a.km === b.km ? (a.pool < b.pool ? -1 : 1) : a.km - b.km));
  const column = (name: keyof Candidate) => Float64Array.from(candidates, (candidate) => candidate[name]);
  return {
    origin,
    group: Int32Array.from(candidates, (candidate) => candidate.group),
    boundUsd: column("boundUsd"),
    fixedUsd: column("fixedUsd"),
    mu: column("mu"),
    sigma: column("sigma"),
    rttMs: column("rttMs"),
    prefillMs: column("prefillMs"),
    perTokenMs: column("perTokenMs"),
    egressUsd: column("egressUsd"),
    energyUsd: column("energyUsd"),
    budgetMs: workload.ttft.budgetMs,
    missUsd,
    latencyUsdPerMs,
    rejected: refused.slice(0, rejectionsKept).map(({ reason, group, pool }) => ({
      site: world.sites[group.site]!.id,
      pool,
      reason,
      detail: filter(policy, origin, group.site, group.module).detail,
    })),
  };
}

/** Probability that the first token misses `budgetMs` when queue and prefill take `computeMs`. */
export function missRatio(mu: number, sigma: number, budgetMs: number, computeMs: number): number {
  const leftMs = budgetMs - computeMs;
  return leftMs > 0 ? 1 - normalCdf((Math.log(leftMs) - mu) / sigma) : 1;
}

/** Expected cost of a request on a candidate, USD: money spent, plus the miss it risks, plus a little for waiting. */
export function expectedUsd(
  candidate: { fixedUsd: number; mu: number; sigma: number; rttMs: number },
  computeMs: number,
  budgetMs: number,
  missUsd: number,
  latencyUsdPerMs: number,
): number {
  return (
    candidate.fixedUsd +
    missUsd * missRatio(candidate.mu, candidate.sigma, budgetMs, computeMs) +
    latencyUsdPerMs * (candidate.rttMs + computeMs)
  );
}
