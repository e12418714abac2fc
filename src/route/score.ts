import { requestUsd } from "../finance/index.ts";
import type { Judgement, RouteOrigin } from "./filter.ts";
import { atDistance } from "./latency.ts";
import { servingAt, type Policy } from "./policy.ts";

/** What one request costs on an arc, term by term. `plan` uses the money terms as objective coefficients. */
export interface StaticTerms {
  /** Median round trip, ms. */
  readonly rttMs: number;
  /** Median compute share of the first token on an idle engine, ms. */
  readonly prefillMs: number;
  readonly egressBytes: number;
  readonly egressUsd: number;
  /** Energy above idling, kWh at the wall before PUE. */
  readonly energyKwh: number;
  readonly energyUsd: number;
}

/** Terms of an eligible arc; `judgement` is what `judge` filled in. */
export function score(
  policy: Policy,
  origin: RouteOrigin,
  site: number,
  module: number,
  judgement: Judgement,
): StaticTerms {
  const { world } = policy;
  const option = servingAt(policy, origin.workload, module).options[judgement.option]!;
  const money = moneyTerms(policy, origin.workload, site, module, judgement.option);
  const table = policy.latency(origin.workload, origin.access, judgement.relation);
  return {
    rttMs: Math.exp(atDistance(table.mu, judgement.km)),
    prefillMs: option.unloadedMeanMs,
    egressBytes: world.workloads[origin.workload]!.responseBytes,
    egressUsd: money.egressUsd,
    energyKwh: option.energyKwhPerRequest,
    energyUsd: money.energyUsd,
  };
}

/** The money terms of an arc, which are the same for all who are served there the same way, USD per request. */
export function moneyTerms(
  policy: Policy,
  workload: number,
  site: number,
  module: number,
  option: number,
): Pick<StaticTerms, "egressUsd" | "energyUsd"> {
  const { energyKwhPerRequest } = servingAt(policy, workload, module).options[option]!;
  return requestUsd(policy.world, workload, site, energyKwhPerRequest);
}
