/** Why the plan opened a site, in sentences drawn from the plan and, once it is loaded, from the routing policy. */
import { distanceKm } from "../../../src/network/index.ts";
import { sum, type Board, type SiteView, type WorkloadLoad } from "./board.ts";
import { counted, distance, percent, perSecond } from "./format.ts";
import type { PolicyTools } from "./use-policy.ts";

export function whyOpen(board: Board, view: SiteView, tools: PolicyTools | null): string[] {
  const { world } = board;
  const reasons: string[] = [];
  if (view.site.status === "forced") reasons.push("The scenario requires it.");
  if (view.site.status === "existing") reasons.push("It exists already, so opening it costs nothing.");
  const training = sum(view.modules, (module) => module.trainingCount);
  if (training > 0) reasons.push(`It trains models on ${counted(training, "module")}; only core sites may.`);
  for (const load of view.loads) {
    const { name } = world.workloads[load.workload]!;
    const served = sum(board.flows, (flow) => (flow.workload === load.workload ? flow.peakPerS : 0));
    const share = `${percent(load.peakPerS / served)} of the ${name} served: ${perSecond(load.peakPerS)} from ${counted(load.areas, "area")}`;
    const alone = tools && areasThatNeedIt(board, view, load, tools);
    if (alone !== null && alone > 0) {
      const whom = alone < load.areas ? `${alone} of these` : load.areas === 1 ? "it" : "them";
      reasons.push(`${share}. No other open site could serve ${whom} in time.`);
      continue;
    }
    const next = nearestAlternative(board, view, load.workload);
    reasons.push(
      alone === 0
        ? `${share}. Others could take it in time; serving it here is cheaper.`
        : `${share}.${next ? ` The nearest other open site for it is ${next.name}, ${distance(next.km)} away.` : ""}`,
    );
  }
  if (reasons.length === 0) reasons.push("It carries no planned traffic; what the scenario demands keeps it open.");
  return reasons;
}

/** More pairs of areas and pools than this would hold up the page. */
const pairLimit = 200_000;

/** Areas of a site's load for which the policy finds no other open site; null when there is too much to ask. */
function areasThatNeedIt(board: Board, view: SiteView, load: WorkloadLoad, tools: PolicyTools): number | null {
  const { deployment } = board.plan;
  const others = deployment.pools.filter(
    (pool) => pool.site !== view.index && pool.groups.some((group) => group.workloads.includes(load.workload)),
  );
  const flows = view.flows.filter((flow) => flow.workload === load.workload);
  if (others.length * flows.length > pairLimit) return null;
  const alone = new Set<number>();
  for (const { area, row } of flows) {
    const origin = { workload: load.workload, area, access: board.world.demand[row]!.access };
    if (!others.some((pool) => tools.filter(tools.policy, origin, pool.site, pool.module).ok)) alone.add(area);
  }
  return alone.size;
}

function nearestAlternative(board: Board, view: SiteView, workload: number): { name: string; km: number } | null {
  let best: { name: string; km: number } | null = null;
  for (const other of board.openSites) {
    if (other.index === view.index || !other.loads.some((load) => load.workload === workload)) continue;
    const km = distanceKm(view.site, other.site);
    if (km < (best?.km ?? Number.POSITIVE_INFINITY)) best = { name: other.site.name, km };
  }
  return best;
}
