import { emptyJudgement, filter, judge, type RouteOrigin } from "./filter.ts";
import type { Offer } from "./offers.ts";
import type { Policy } from "./policy.ts";
import type { RejectReason } from "./standing.ts";

/** A refusal that holds whatever the load. */
export interface Rejection {
  readonly site: string;
  readonly pool: string;
  readonly reason: RejectReason | "unhealthy";
  readonly detail: string;
}

/** Refusals listed per lane; a mesh of thousands of sites would otherwise answer with thousands of sentences. */
const rejectionsKept = 32;

/** The refusals of an origin, nearest sites first. */
export function listRejections(policy: Policy, origin: RouteOrigin, offers: readonly Offer[]): Rejection[] {
  const judgement = emptyJudgement();
  // Thousands may be refused and few are told; so the nearest are kept in order instead of all being sorted.
  const nearest: Refusal[] = [];
  for (const offer of offers) {
    judgement.km = Number.POSITIVE_INFINITY;
    const reason = judge(policy, origin, offer.group.site, offer.group.module, judgement);
    if (reason === null) continue;
    const { km } = judgement;
    let at = nearest.length;
    while (at > 0 && isNearer(km, offer.pool, nearest[at - 1]!)) at--;
    if (at === rejectionsKept) continue;
    nearest.splice(at, 0, { km, reason, offer });
    if (nearest.length > rejectionsKept) nearest.pop();
  }
  return nearest.map(({ reason, offer: { group, pool } }) => ({
    site: policy.world.sites[group.site]!.id,
    pool,
    reason,
    detail: filter(policy, origin, group.site, group.module).detail,
  }));
}

interface Refusal {
  /** Sites refused before distance was asked have none, are infinitely far and come last. */
  readonly km: number;
  readonly reason: RejectReason;
  readonly offer: Offer;
}

function isNearer(km: number, pool: string, other: Refusal): boolean {
  return km === other.km ? pool < other.offer.pool : km < other.km;
}
