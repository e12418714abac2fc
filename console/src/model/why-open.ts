/** Why the plan opened a site, in sentences drawn from the plan itself. */
import { distanceKm } from "../../../src/network/index.ts";
import type { Board, SiteView } from "./board.ts";
import { counted, distance, perSecond, percent } from "./format.ts";

export function whyOpen(board: Board, view: SiteView): string[] {
  const { world } = board;
  const reasons: string[] = [];
  if (view.site.status === "forced") reasons.push("The scenario requires it.");
  if (view.site.status === "existing") reasons.push("It exists already, so opening it costs nothing.");
  const training = view.modules.reduce((sum, module) => sum + module.trainingCount, 0);
  if (training > 0)
    reasons.push(`It trains models on ${counted(training, "module")}; training is placed at core sites only.`);
  for (const load of view.loads) {
    const workload = world.workloads[load.workload]!;
    const total = board.flows.reduce((sum, flow) => sum + (flow.workload === load.workload ? flow.peakPerS : 0), 0);
    reasons.push(
      `It takes ${percent(load.peakPerS / total)} of the served ${workload.name} (${perSecond(load.peakPerS)} from ${counted(load.areas, "area")}).`,
    );
    const next = nearestAlternative(board, view, load.workload);
    if (next)
      reasons.push(`For ${workload.name}, the nearest other open site is ${next.name}, ${distance(next.km)} away.`);
  }
  if (reasons.length === 0) reasons.push("It carries no planned traffic; a minimum in the scenario keeps it open.");
  return reasons;
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
