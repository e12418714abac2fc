import { normalCdf } from "../network/index.ts";
import type { Tier } from "../catalog/index.ts";
import { reachKm } from "./arcs.ts";
import type { Deployment } from "./deployment.ts";
import { emptyJudgement, filter, judge, type Judgement, type RejectReason, type RouteOrigin } from "./filter.ts";
import { atDistance } from "./latency.ts";
import { areaSiteKm, relationOf, type Policy } from "./policy.ts";
import { score } from "./score.ts";

/** Engines of one kind in one pool, numbered `firstReplica` to `firstReplica + replicas - 1`. */
export interface Group {
  readonly pool: number;
  readonly site: number;
  readonly module: number;
  /** Workloads served; the first stands for what they share: model, number formats, engine. */
  readonly workloads: readonly number[];
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
 * What `choose` weighs of one candidate, by position within its `termCount` numbers. They lie side by side: the lanes of
 * a large mesh do not fit the processor's caches, and a candidate then costs one miss instead of eight.
 */
export const laneTerm = {
  /** Expected cost with an idle engine, below which no load can bring the candidate, USD. */
  boundUsd: 0,
  fixedUsd: 1,
  mu: 2,
  sigma: 3,
  rttMs: 4,
  prefillMs: 5,
  perTokenMs: 6,
  group: 7,
} as const;
export const termCount = 8;

/** The eligible groups of one origin, cheapest first, in typed arrays that `choose` walks without allocating. */
export interface Lane {
  readonly origin: RouteOrigin;
  /** False for a shortlist: more groups are eligible, and `Routes.wholeLane` has them. */
  readonly isWhole: boolean;
  readonly group: Int32Array;
  /** `laneTerm` says what is where. */
  readonly terms: Float64Array;
  readonly egressUsd: Float64Array;
  readonly energyUsd: Float64Array;
  readonly budgetMs: number;
  readonly missUsd: number;
  readonly latencyUsdPerMs: number;
  /** Refusals by law, tier, memory and latency, nearest sites first, at most `rejectionsKept`; found when first read. */
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
  /**
   * The lane of an origin, made when first asked for: all eligible groups of a small deployment, the cheapest
   * `shortlistPerTier` of each tier in a large one. When none of a shortlist takes requests, ask `wholeLane`.
   */
  lane(workload: number, area: number, access: number): Lane;
  /** All eligible groups of an origin, however many. */
  wholeLane(workload: number, area: number, access: number): Lane;
}

/** Refusals listed per lane; a mesh of thousands of sites would otherwise answer with thousands of sentences. */
const rejectionsKept = 32;

/**
 * Groups kept per tier in a shortlist. A mesh of thousands of sites has tens of thousands of origins; listing every
 * eligible site for each would take gigabytes, and a request hardly ever goes beyond the first few. The best of every
 * tier are kept, so that the loss of a tier does not empty the list.
 */
const shortlistPerTier = 24;

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
        workloads: group.workloads,
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
  const groupsOf = world.workloads.map((_, workload) =>
    groups.flatMap((group, index) => (group.workloads.includes(workload) ? [index] : [])),
  );
  const reaches: (Float64Array | undefined)[] = [];
  const lanes: (Lane | undefined)[] = [];
  const wholeLanes: (Lane | undefined)[] = [];
  const keyOf = (workload: number, area: number, access: number) =>
    (workload * world.areas.length + area) * world.accessTypes.length + access;
  const compile = (origin: RouteOrigin, perTier: number) => {
    const { workload, access } = origin;
    const reach = (reaches[workload * world.accessTypes.length + access] ??= reachKm(policy, workload, access));
    return compileLane(routes, origin, groupsOf[workload]!, reach, perTier);
  };
  const routes: Routes = {
    policy,
    deployment,
    groups,
    replicaCount,
    groupOfReplica,
    lane(workload, area, access) {
      const origin = { workload, area, access };
      return (lanes[keyOf(workload, area, access)] ??= compile(origin, shortlistPerTier));
    },
    wholeLane(workload, area, access) {
      const short = routes.lane(workload, area, access);
      if (short.isWhole) return short;
      return (wholeLanes[keyOf(workload, area, access)] ??= compile(short.origin, Number.POSITIVE_INFINITY));
    },
  };
  return routes;
}

interface Candidate {
  readonly group: number;
  readonly tier: Tier;
  /** Breaks ties of cost by name, not by position, so that the order in which pools are listed cannot matter. */
  readonly name: string;
  boundUsd: number;
  readonly fixedUsd: number;
  readonly mu: number;
  readonly sigma: number;
  readonly rttMs: number;
  readonly prefillMs: number;
  readonly perTokenMs: number;
  readonly egressUsd: number;
  readonly energyUsd: number;
}

function compileLane(
  routes: Routes,
  origin: RouteOrigin,
  groups: readonly number[],
  reach: Float64Array,
  perTier: number,
): Lane {
  const { policy } = routes;
  const { world } = policy;
  const workload = world.workloads[origin.workload]!;
  const missUsd = Math.max(workload.unservedUsdPerRequest, nominalMissUsd);
  const latencyUsdPerMs = (missUsd * patienceRatio) / workload.ttft.budgetMs;
  const judgement = emptyJudgement();
  const candidates: Candidate[] = [];
  for (const index of groups) {
    const { site, module } = routes.groups[index]!;
    // Beyond reach `judge` can only refuse; most sites of a large mesh are.
    if (areaSiteKm(policy, origin.area, site) > reach[relationOf(policy, origin.area, site)]!) continue;
    if (judge(policy, origin, site, module, judgement) !== null) continue;
    const candidate = describeCandidate(routes, origin, index, judgement);
    candidate.boundUsd = expectedUsd(candidate, candidate.prefillMs, workload.ttft.budgetMs, missUsd, latencyUsdPerMs);
    candidates.push(candidate);
  }
  candidates.sort((a, b) => a.boundUsd - b.boundUsd || (a.name < b.name ? -1 : 1));
  const kept = perTier >= candidates.length ? candidates : cheapestOfEachTier(candidates, perTier);
  const column = (name: NumberColumn) => Float64Array.from(kept, (candidate) => candidate[name]);
  let rejected: readonly Rejection[] | undefined;
  return {
    origin,
    isWhole: kept.length === candidates.length,
    group: Int32Array.from(kept, (candidate) => candidate.group),
    terms: Float64Array.from(kept.flatMap(termsOf)),
    egressUsd: column("egressUsd"),
    energyUsd: column("energyUsd"),
    budgetMs: workload.ttft.budgetMs,
    missUsd,
    latencyUsdPerMs,
    get rejected() {
      return (rejected ??= listRejections(routes, origin, groups));
    },
  };
}

function termsOf(candidate: Candidate): number[] {
  const terms = Array.from({ length: termCount }, () => 0);
  for (const [name, position] of Object.entries(laneTerm)) terms[position] = candidate[name as keyof typeof laneTerm];
  return terms;
}

type NumberColumn = Exclude<keyof Candidate, "tier" | "name">;

function describeCandidate(routes: Routes, origin: RouteOrigin, index: number, judgement: Judgement): Candidate {
  const { policy, deployment } = routes;
  const { world } = policy;
  const group = routes.groups[index]!;
  const serving = policy.serving[origin.workload * world.modules.length + group.module]!;
  const layout = serving.options.findIndex((option) => option.tensorParallel === group.tensorParallel);
  if (layout >= 0) judgement.option = layout;
  const option = serving.options[judgement.option]!;
  const terms = score(policy, origin, group.site, group.module, judgement);
  const table = policy.latency(origin.workload, origin.access, judgement.relation);
  const capacityUsd = judgement.perModulePerS > 0 ? group.capacityUsdPerModuleS / judgement.perModulePerS : 0;
  return {
    group: index,
    tier: world.sites[group.site]!.tier,
    name: `${deployment.pools[group.pool]!.id}/${group.tensorParallel}`,
    boundUsd: 0,
    fixedUsd: terms.egressUsd + terms.energyUsd + capacityUsd,
    mu: atDistance(table.mu, judgement.km),
    sigma: atDistance(table.sigma, judgement.km),
    rttMs: terms.rttMs,
    // Engines that share an accelerator with others run slower in proportion.
    prefillMs: terms.prefillMs / group.speedRatio,
    perTokenMs: option.replica.perPrefillTokenMs / group.speedRatio,
    egressUsd: terms.egressUsd,
    energyUsd: terms.energyUsd,
  };
}

function cheapestOfEachTier(sorted: readonly Candidate[], perTier: number): Candidate[] {
  const kept: Record<Tier, number> = { core: 0, regional: 0, edge: 0 };
  return sorted.filter(({ tier }) => kept[tier]++ < perTier);
}

function listRejections(routes: Routes, origin: RouteOrigin, groups: readonly number[]): Rejection[] {
  const { policy, deployment } = routes;
  const judgement = emptyJudgement();
  const refused: { km: number; reason: RejectReason; group: Group; pool: string }[] = [];
  for (const index of groups) {
    const group = routes.groups[index]!;
    judgement.km = Number.POSITIVE_INFINITY;
    const reason = judge(policy, origin, group.site, group.module, judgement);
    if (reason === null) continue;
    refused.push({ km: judgement.km, reason, group, pool: deployment.pools[group.pool]!.id });
  }
  // Sites refused before distance was asked have no distance and come last.
  refused.sort((a, b) => (a.km === b.km ? (a.pool < b.pool ? -1 : 1) : a.km - b.km));
  return refused.slice(0, rejectionsKept).map(({ reason, group, pool }) => ({
    site: policy.world.sites[group.site]!.id,
    pool,
    reason,
    detail: filter(policy, origin, group.site, group.module).detail,
  }));
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
