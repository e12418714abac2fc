import type { Tier, Workload } from "../catalog/index.ts";
import { normalCdf } from "../network/index.ts";
import { emptyJudgement, judge, type RouteOrigin } from "./filter.ts";
import { Horizon, offerFigure, type OfferRegion } from "./horizon.ts";
import { atDistance } from "./latency.ts";
import type { Offer, OfferTerms } from "./offers.ts";
import type { Policy } from "./policy.ts";
import { laneTerm, termCount, type Choices, type LaneShelf } from "./lane-terms.ts";
import { listRejections, type Rejection } from "./rejections.ts";

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
  /** As in `ReplicaGroup`. */
  readonly memoryRatio?: number;
  readonly capacityUsdPerModuleS: number;
}

/** What a decision says of a group: its names, side by side, as a large mesh does not fit the processor's caches. */
export interface GroupNames {
  readonly pool: string;
  readonly site: string;
  readonly siteName: string;
  readonly tier: Tier;
  readonly country: string;
}

/** What time is worth to a workload; one object for all its lanes. */
export interface Stakes {
  /** First-token budget. */
  readonly budgetMs: number;
  /** Cost of missing it, USD. */
  readonly missUsd: number;
  /** Cost of waiting within it, USD/ms. */
  readonly latencyUsdPerMs: number;
}

export function stakesOf(workload: Workload): Stakes {
  const missUsd = Math.max(workload.unservedUsdPerRequest, nominalMissUsd);
  const { budgetMs } = workload.ttft;
  return { budgetMs, missUsd, latencyUsdPerMs: (missUsd * patienceRatio) / budgetMs };
}

/** The eligible groups of one origin, cheapest first, in typed arrays that `choose` walks without allocating. */
export interface Lane extends Choices {
  /** False for a shortlist: more groups are eligible, and `Routes.wholeLane` has them. */
  readonly isWhole: boolean;
  readonly origin: RouteOrigin;
  readonly group: Int32Array;
  /** Money of one request at a candidate, USD. */
  moneyOf(index: number): { readonly egressUsd: number; readonly energyUsd: number };
  /** Refusals by law, tier, memory and latency, nearest sites first, at most `rejectionsKept`; found when first read. */
  readonly rejected: readonly Rejection[];
}

/**
 * Groups kept per tier in a shortlist. A mesh of thousands of sites has tens of thousands of origins; listing every
 * eligible site for each would take gigabytes, and a request hardly ever goes beyond the first few. The best of every
 * tier are kept, so that the loss of a tier does not empty the list.
 */
export const shortlistPerTier = 16;

/**
 * Weight of one whole budget of waiting against the cost of missing it. It orders sites that all keep the objective
 * and cost the same, and stays small so that it never buys speed nobody asked for.
 */
const patienceRatio = 0.01;
/** Cost of a miss when a workload names none, USD: only its sign matters, as nothing else is then at stake. */
const nominalMissUsd = 1e-6;

interface Candidate {
  /** Position in the offers. */
  readonly offer: number;
  /** Position of the layout in the offer's terms. */
  readonly layout: number;
  readonly boundUsd: number;
  readonly fixedUsd: number;
  readonly mu: number;
  readonly sigma: number;
  readonly rttMs: number;
}

/** The lane of an origin: at most `perTier` groups of each tier, the cheapest. */
export function compileLane(
  policy: Policy,
  origin: RouteOrigin,
  { offers, regions }: { readonly offers: readonly Offer[]; readonly regions: readonly OfferRegion[] },
  stakes: Stakes,
  reachKm: Float64Array,
  perTier: number,
  shelf: LaneShelf,
): Lane {
  const { budgetMs, missUsd, latencyUsdPerMs } = stakes;
  const judgement = emptyJudgement();
  const cheaperFirst = (a: Candidate, b: Candidate): number =>
    a.boundUsd - b.boundUsd || (offers[a.offer]!.name < offers[b.offer]!.name ? -1 : 1);
  const shortlists: Shortlist[] = [];
  let isWhole = true;
  for (const region of regions) {
    const shortlist = new Shortlist(perTier, cheaperFirst);
    shortlists.push(shortlist);
    const horizon = new Horizon(policy, origin, stakes, region, reachKm);
    const { figures } = region;
    for (let at = horizon.next(); at >= 0; at = horizon.next()) {
      const site = figures[at + offerFigure.site]!;
      const module = figures[at + offerFigure.module]!;
      if (judge(policy, origin, site, module, judgement) !== null) continue;
      const capacityUsdPerModuleS = figures[at + offerFigure.capacityUsdPerModuleS]!;
      const offer = figures[at + offerFigure.offer]!;
      const chosen = figures[at + offerFigure.layout]!;
      const layout = chosen >= 0 ? chosen : judgement.option;
      const table = policy.latency(origin.workload, origin.access, judgement.relation);
      const capacityUsd = judgement.perModulePerS > 0 ? capacityUsdPerModuleS / judgement.perModulePerS : 0;
      // Those of an unusual layout are looked up; all others stand where the offer's place does.
      const money = chosen >= 0 ? null : offers[offer]!.terms[layout]!;
      const fixedUsd =
        (money?.egressUsd ?? figures[at + offerFigure.egressUsd]!) +
        (money?.energyUsd ?? figures[at + offerFigure.energyUsd]!) +
        capacityUsd;
      const prefillMs = money?.prefillMs ?? figures[at + offerFigure.prefillMs]!;
      const mu = atDistance(table.mu, judgement.km);
      const rttMs = Math.exp(mu);
      // What a miss may cost comes on top; most sites are out of the running without it.
      if (fixedUsd + latencyUsdPerMs * (rttMs + prefillMs) > shortlist.worstUsd) {
        isWhole = false;
        continue;
      }
      const timing = { fixedUsd, mu, sigma: atDistance(table.sigma, judgement.km), rttMs };
      const boundUsd = expectedUsd(timing, prefillMs, budgetMs, missUsd, latencyUsdPerMs);
      const { sigma } = timing;
      if (shortlist.offer({ offer, layout, boundUsd, fixedUsd, mu, sigma, rttMs })) horizon.drawIn(shortlist.worstUsd);
    }
    isWhole &&= !horizon.hasOutbid;
  }
  const kept = shortlists.flatMap((shortlist) => shortlist.kept()).sort(cheaperFirst);
  const money = kept.map(({ offer, layout }) => offers[offer]!.terms[layout]!);
  let rejected: readonly Rejection[] | undefined;
  return {
    // What every decision reads stands in front, in one line of memory.
    stakes,
    ...shelf.put(packTerms(kept, offers, money)),
    isWhole: isWhole && shortlists.every((shortlist) => shortlist.isWhole),
    origin,
    group: Int32Array.from(kept, ({ offer }) => offers[offer]!.index),
    moneyOf: (index) => money[index]!,
    get rejected() {
      return (rejected ??= listRejections(policy, origin, offers));
    },
  };
}

/** The cheapest so many candidates of one tier. */
class Shortlist {
  readonly #capacity: number;
  readonly #cheaperFirst: (a: Candidate, b: Candidate) => number;
  #candidates: Candidate[] = [];
  #worstUsd = Number.POSITIVE_INFINITY;
  /** Whether every candidate offered is still there. */
  isWhole = true;

  constructor(capacity: number, cheaperFirst: (a: Candidate, b: Candidate) => number) {
    this.#capacity = capacity;
    this.#cheaperFirst = cheaperFirst;
  }

  /** A candidate that costs more has no chance. */
  get worstUsd(): number {
    return this.#worstUsd;
  }

  /** Whether the worst that is kept has become cheaper. */
  offer(candidate: Candidate): boolean {
    this.#candidates.push(candidate);
    // Sorting now and then costs less than keeping order with every candidate.
    if (this.#candidates.length < 2 * this.#capacity) return false;
    this.#trim();
    return true;
  }

  kept(): readonly Candidate[] {
    this.#trim();
    return this.#candidates;
  }

  #trim(): void {
    if (this.#candidates.length <= this.#capacity) return;
    this.#candidates.sort(this.#cheaperFirst);
    this.#candidates.length = this.#capacity;
    this.isWhole = false;
    this.#worstUsd = this.#candidates.at(-1)!.boundUsd;
  }
}

function packTerms(
  candidates: readonly Candidate[],
  offers: readonly Offer[],
  money: readonly OfferTerms[],
): Float64Array {
  const packed = new Float64Array(candidates.length * termCount);
  for (const [index, { offer, boundUsd, fixedUsd, mu, sigma, rttMs }] of candidates.entries()) {
    const at = index * termCount;
    packed[at + laneTerm.boundUsd] = boundUsd;
    packed[at + laneTerm.fixedUsd] = fixedUsd;
    packed[at + laneTerm.mu] = mu;
    packed[at + laneTerm.sigma] = sigma;
    packed[at + laneTerm.rttMs] = rttMs;
    packed[at + laneTerm.prefillMs] = money[index]!.prefillMs;
    packed[at + laneTerm.perTokenMs] = money[index]!.perTokenMs;
    packed[at + laneTerm.group] = offers[offer]!.index;
  }
  return packed;
}

/** So many deviations above the mean the distribution function is 1 to the last digit of a double. */
const surely = 8.5;

/** Probability that the first token misses `budgetMs` when queue and prefill take `computeMs`. */
export function missRatio(mu: number, sigma: number, budgetMs: number, computeMs: number): number {
  const leftMs = budgetMs - computeMs;
  if (leftMs <= 0) return 1;
  const deviations = (Math.log(leftMs) - mu) / sigma;
  return deviations > surely ? 0 : 1 - normalCdf(deviations);
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
