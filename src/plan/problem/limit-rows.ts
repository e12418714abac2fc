/** Building coupling limits from lists of what counts. */
import type { CouplingLimit } from "./coupling-limit.ts";

/** What counts and how much. */
export type Weighed = readonly (readonly [position: number, weight: number])[];

export interface LimitRow {
  readonly name: string;
  readonly upper: number;
  readonly sites?: Weighed;
  readonly pools?: Weighed;
  readonly arcs?: Weighed;
  readonly unserved?: Weighed;
  readonly of?: "purchases" | "built";
  readonly inBound?: false;
  /** Pools as in `pools`, per earlier period of purchase. */
  readonly poolsBoughtIn?: readonly Weighed[];
}

export function limitRow({
  name,
  upper,
  sites = [],
  pools = [],
  arcs = [],
  unserved,
  of,
  inBound,
  poolsBoughtIn = [],
}: LimitRow): CouplingLimit {
  const positions = (entries: Weighed): Int32Array => Int32Array.from(entries, ([position]) => position);
  const weights = (entries: Weighed): Float64Array => Float64Array.from(entries, ([, weight]) => weight);
  return {
    name,
    upper,
    sites: positions(sites),
    siteWeights: weights(sites),
    pools: positions(pools),
    poolWeights: weights(pools),
    ...(arcs.length > 0 && { arcs: positions(arcs), arcWeights: weights(arcs) }),
    ...(unserved !== undefined && { unserved: positions(unserved), unservedWeights: weights(unserved) }),
    ...(of !== undefined && { of }),
    ...(inBound === false && { inBound }),
    ...(poolsBoughtIn.length > 0 && { poolWeightsBoughtIn: poolsBoughtIn.map(weights) }),
  };
}
