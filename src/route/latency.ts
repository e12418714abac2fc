import type { AccessType, NetworkModel, World } from "../catalog/index.ts";
import { quantileMs, userRtt, wideAreaRtt, type LatencyDistribution } from "../network/index.ts";
import { Answers } from "./answers.ts";

export type Relation = "sameCountry" | "sameContinent" | "betweenContinents";
export const relations: readonly Relation[] = ["sameCountry", "sameContinent", "betweenContinents"];

/** Longest great circle on Earth, km; the table covers every distance that can occur. */
const longestKm = 20_038;
/** Grid positions grow with the square root of distance: 1 km apart near the user, 180 km apart at the antipode. */
const gridSize = 640;

/**
 * Round-trip time against distance for one access type and relation, tabulated because the planner asks for it for
 * every (area, site) pair and the moment-matched sum costs a quantile each time.
 */
export interface LatencyTable {
  readonly mu: Float64Array;
  readonly sigma: Float64Array;
  readonly quantileMs: Float64Array;
}

interface LatencyQuestion {
  readonly network: NetworkModel;
  readonly access: Pick<AccessType, "medianMs" | "sigma">;
  readonly relation: Relation;
  readonly quantile: number;
}

const tables = new Answers(latencyTableFor, 500);

export function compileLatencyTable(world: World, access: number, relation: Relation, quantile: number): LatencyTable {
  const { medianMs, sigma } = world.accessTypes[access]!;
  return tables.to({ network: world.network, access: { medianMs, sigma }, relation, quantile });
}

function latencyTableFor({ network, access, relation, quantile }: LatencyQuestion): LatencyTable {
  const mu = new Float64Array(gridSize + 1);
  const sigma = new Float64Array(gridSize + 1);
  const quantiles = new Float64Array(gridSize + 1);
  for (let index = 0; index <= gridSize; index++) {
    const km = (index / gridSize) ** 2 * longestKm;
    const rtt: LatencyDistribution = userRtt(wideAreaRtt(network, km, relation), access);
    mu[index] = Math.log(rtt.medianMs);
    sigma[index] = rtt.sigma;
    quantiles[index] = quantileMs(rtt, quantile);
  }
  return { mu, sigma, quantileMs: quantiles };
}

/** Value of a table column at a distance, linear between grid positions. */
export function atDistance(column: Float64Array, km: number): number {
  const position = Math.sqrt(Math.min(km, longestKm) / longestKm) * gridSize;
  const index = Math.min(Math.floor(position), gridSize - 1);
  const share = position - index;
  return column[index]! + share * (column[index + 1]! - column[index]!);
}

/** The farthest distance, km, at which a rising table column is at most `value`, rounded up to the grid; -1 when none is. */
export function farthestKm(column: Float64Array, value: number): number {
  if (!(column[0]! <= value)) return -1;
  let low = 0;
  let high = gridSize + 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (column[middle]! <= value) low = middle;
    else high = middle;
  }
  return (Math.min(low + 1, gridSize) / gridSize) ** 2 * longestKm;
}
