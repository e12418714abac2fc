import type { Site, World } from "../../catalog/index.ts";

/**
 * What a plan may send through a site's port at the peak, Gbit/s: answers come in crowds, and the queue at a port that is planned
 * to the last bit has no end.
 */
export function plannedPortGbps({ limits }: Pick<World, "limits">, { portGbps }: Pick<Site, "portGbps">): number {
  return portGbps * portRatio(limits);
}

/** Port that one more planned Gbit/s takes, Gbit/s. */
export function portPerPlannedGbps({ limits }: Pick<World, "limits">): number {
  return 1 / portRatio(limits);
}

function portRatio({ portHeadroomRatio = 1 }: World["limits"]): number {
  return portHeadroomRatio;
}
