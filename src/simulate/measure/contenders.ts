import type { World } from "../../catalog/index.ts";
import { costUsd, laneTerm, termsAt, type Routes } from "../../route/index.ts";

/** Requests that hardly ever go elsewhere: the others may then take a part that moves nothing. */
const negligibleShare = 0.05;

/**
 * How many groups compete for the requests of each group, itself included: those that cost less, when idle, than the cheapest
 * with a usual wait. Mean over its requests; 1 where hardly any of them has a choice.
 *
 * @param waitMs a wait before the prompt that is usual at a group, ms; 0 where none is known. @param simulatedS origins that
 * send less than a request in this time are not looked at: of a large mesh that are most.
 */
export function contendersOf(world: World, routes: Routes, waitMs: Float64Array, simulatedS: number): Float64Array {
  const requests = new Float64Array(routes.groups.length);
  const contested = new Float64Array(routes.groups.length);
  const weighted = new Float64Array(routes.groups.length);
  const { period } = routes.deployment;
  for (const { workload, area, access, meanPerS } of world.demand) {
    const perS = meanPerS[period] ?? 0;
    if (!(perS * simulatedS >= 1)) continue;
    const lane = routes.lane(workload, area, access);
    if (lane.count === 0) continue;
    const groupAt = (index: number) => lane.terms[termsAt(lane, index) + laneTerm.group]!;
    const mostUsd = costUsd(lane, 0, waitMs[groupAt(0)]!, 0);
    let count = 1;
    while (count < lane.count && lane.terms[termsAt(lane, count) + laneTerm.boundUsd]! < mostUsd) count++;
    for (let index = 0; index < count; index++) {
      const group = groupAt(index);
      requests[group]! += perS / count;
      weighted[group]! += perS;
      if (count > 1) contested[group]! += perS / count;
    }
  }
  return requests.map((perS, group) =>
    contested[group]! > negligibleShare * perS ? Math.max(2, weighted[group]! / perS) : 1,
  );
}
