import type { ServerModule } from "../catalog/index.ts";
import { acceleratorsOf } from "./engine-spec.ts";
import type { Replica } from "./replica.ts";
import { drawnMsPerRequest } from "./request-draw.ts";
import type { RequestShape } from "./request-shape.ts";

const secondsPerHour = 3600;

/**
 * Wall power of a server, kW before PUE, whose accelerators draw `drawRatio` in [0, 1] of what they add between idle and full
 * load: the rest of the server is taken to follow them.
 */
export function wallPowerKw(module: ServerModule, drawRatio: number): number {
  const share = Math.min(Math.max(drawRatio, 0), 1);
  return module.idlePowerKw + (module.powerKw - module.idlePowerKw) * share;
}

/**
 * Energy of one request above idling, kWh at the wall before PUE, on an engine of the server that gets `requestsPerS`; 0 when
 * a request does not fit.
 */
export function energyKwhPerRequest(
  module: Pick<ServerModule, "acceleratorCount" | "powerKw" | "idlePowerKw">,
  replica: Replica,
  shape: RequestShape,
  requestsPerS: number,
): number {
  const share = acceleratorsOf(replica.spec) / module.acceleratorCount;
  const hours = drawnMsPerRequest(replica, shape, requestsPerS) / 1000 / secondsPerHour;
  return (module.powerKw - module.idlePowerKw) * share * hours;
}
