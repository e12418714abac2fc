import type { ServerModule } from "../catalog/index.ts";
import { acceleratorsOf } from "./engine-spec.ts";
import { saturationPerS } from "./load-point.ts";
import type { Replica } from "./replica.ts";
import type { RequestShape } from "./request-shape.ts";

const secondsPerHour = 3600;

/** Wall power of a server, kW before PUE, at a utilisation in [0, 1]: linear between idle and full load. */
export function wallPowerKw(module: ServerModule, utilization: number): number {
  const share = Math.min(Math.max(utilization, 0), 1);
  return module.idlePowerKw + (module.powerKw - module.idlePowerKw) * share;
}

/**
 * Energy of one request above idling, kWh at the wall before PUE: the power a server adds between idle and full load,
 * divided over the requests its engines finish per second at saturation. 0 when a request does not fit.
 */
export function energyKwhPerRequest(
  module: Pick<ServerModule, "acceleratorCount" | "powerKw" | "idlePowerKw">,
  replica: Replica,
  shape: RequestShape,
): number {
  const engines = Math.floor(module.acceleratorCount / acceleratorsOf(replica.spec));
  const perS = saturationPerS(replica, shape) * engines;
  return perS > 0 ? (module.powerKw - module.idlePowerKw) / secondsPerHour / perS : 0;
}
