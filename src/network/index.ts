/** Floor 4: distance to round-trip time, the last mile, ports and egress. Pure. */
export { distanceKm, type Coordinates } from "./distance.ts";
export {
  egressCapacityTbps,
  egressUsd,
  egressUsdPerYear,
  exabytesPerMonth,
  portLoadGbps,
  splitOverNodes,
  type EgressPrice,
} from "./egress.ts";
export {
  meanMs,
  probabilityWithin,
  quantileMs,
  sampleMs,
  userRtt,
  wideAreaRtt,
  type LatencyDistribution,
  type Relation,
} from "./latency.ts";
export { normalCdf, normalQuantile } from "./normal.ts";
