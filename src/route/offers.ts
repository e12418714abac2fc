import type { Tier } from "../catalog/index.ts";
import type { Deployment } from "./deployment.ts";
import { emptyJudgement } from "./filter.ts";
import type { Group } from "./group.ts";
import { servingAt, type Policy } from "./policy.ts";
import { score } from "./score.ts";

/** What a group asks of a workload whatever the origin; worked out once, because every lane looks at every group. */
export interface Offer {
  readonly index: number;
  readonly group: Group;
  readonly tier: Tier;
  readonly pool: string;
  /** Breaks ties of cost by name, not by position, so that the order in which pools are listed cannot matter. */
  readonly name: string;
  /** Position of the group's layout in the policy's `Serving.options`; -1 when the policy would not choose it. */
  readonly layout: number;
  /** By layout. */
  readonly terms: readonly OfferTerms[];
}

export interface OfferTerms {
  readonly egressUsd: number;
  readonly energyUsd: number;
  readonly prefillMs: number;
  readonly perTokenMs: number;
}

export function compileOffers(
  policy: Policy,
  deployment: Deployment,
  groups: readonly Group[],
  workload: number,
): Offer[] {
  const { world } = policy;
  // Thousands of groups differ in place alone; what is equal is one object, so that it stays in the caches.
  const known = new Map<string, OfferTerms>();
  const shared = (terms: OfferTerms): OfferTerms => {
    const key = Object.values(terms).join(" ");
    const twin = known.get(key) ?? terms;
    known.set(key, twin);
    return twin;
  };
  return groups.flatMap((group, index): Offer[] => {
    if (!group.workloads.includes(workload)) return [];
    const { options } = servingAt(policy, workload, group.module);
    const judgement = emptyJudgement();
    const pool = deployment.pools[group.pool]!.id;
    return [
      {
        index,
        group,
        tier: world.sites[group.site]!.tier,
        pool,
        name: `${pool}/${group.tensorParallel}`,
        layout: options.findIndex((option) => option.tensorParallel === group.tensorParallel),
        terms: options.map((option, position) => {
          judgement.option = position;
          // Money does not depend on where a request comes from, so any origin will do.
          const { egressUsd, energyUsd, prefillMs } = score(
            policy,
            { workload, area: 0, access: 0 },
            group.site,
            group.module,
            judgement,
          );
          // Engines that share an accelerator with others run slower in proportion.
          return shared({
            egressUsd,
            energyUsd,
            prefillMs: prefillMs / group.speedRatio,
            perTokenMs: option.replica.perPrefillTokenMs / group.speedRatio,
          });
        }),
      },
    ];
  });
}
