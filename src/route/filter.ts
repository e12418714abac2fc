import { atDistance } from "./latency.ts";
import { areaSiteKm, relationOf, servingAt, type Policy } from "./policy.ts";
import { residencyDetail } from "./residency.ts";
import { minimumRateShare, rateWithin } from "./serving.ts";
import { rejectReasons, residencyStanding, type RejectReason } from "./standing.ts";

/** A kind of request: positions in the world's workloads, areas and access types. */
export interface RouteOrigin {
  readonly workload: number;
  readonly area: number;
  readonly access: number;
}

/** What an eligible (origin, site, module) can do. Reused between calls of `judge` to keep the planner off the heap. */
export interface Judgement {
  km: number;
  relation: number;
  /** Network share of the first-token time at the attainment quantile, ms. */
  networkMs: number;
  /** What is left of the budget for queue and prefill, ms. */
  computeBudgetMs: number;
  /** Position in `Serving.options` of the layout that carries most. */
  option: number;
  /** Requests/s one module carries within the objective, before headroom. */
  perModulePerS: number;
}

export const emptyJudgement = (): Judgement => ({
  km: 0,
  relation: 0,
  networkMs: 0,
  computeBudgetMs: 0,
  option: -1,
  perModulePerS: 0,
});

/**
 * The only place where eligibility is decided: may `module` at `site` serve requests of `origin`, and at what rate?
 *
 * Returns null when it may and fills `into`; otherwise the first reason against it. It looks at law, tier, memory and
 * the latency budget, none of which depends on load; health and load are the business of `decide`.
 */
export function judge(
  policy: Policy,
  origin: RouteOrigin,
  site: number,
  module: number,
  into: Judgement,
): RejectReason | null {
  const refused = refusal(policy, origin, site, module);
  if (refused !== null) return refused;
  judgeWay(policy, origin, areaSiteKm(policy, origin.area, site), relationOf(policy, origin.area, site), into);
  return judgePace(policy, origin, module, into);
}

/** Why law, tier or memory keep requests of `origin` from `module` at `site`; null when they do not. */
export function refusal(policy: Policy, origin: RouteOrigin, site: number, module: number): RejectReason | null {
  const standing =
    policy.standing[(origin.workload * policy.world.modules.length + module) * policy.world.sites.length + site]!;
  if (standing > 0 && standing <= residencyStanding) return rejectReasons[standing - 1]!;
  const countries = policy.residency.countries.length;
  const matrix = policy.residency.allowed[policy.dataClassOf[origin.workload]!]!;
  if (!matrix[policy.areaCountry[origin.area]! * countries + policy.siteCountry[site]!]) return "residency";
  return standing > 0 ? rejectReasons[standing - 1]! : null;
}

/** What the way to a site `km` away takes of the budget, the same for all that stands there; fills that part of `into`. */
export function judgeWay(policy: Policy, origin: RouteOrigin, km: number, relation: number, into: Judgement): void {
  into.km = km;
  into.relation = relation;
  into.networkMs = atDistance(policy.latency(origin.workload, origin.access, relation).quantileMs, km);
  into.computeBudgetMs = policy.world.workloads[origin.workload]!.ttft.budgetMs - into.networkMs;
}

/** Whether a module keeps pace in what the way has left of the budget; null when it does, and then fills the rest of `into`. */
export function judgePace(policy: Policy, origin: RouteOrigin, module: number, into: Judgement): RejectReason | null {
  if (!(into.computeBudgetMs > 0)) return "latency-network";
  const serving = servingAt(policy, origin.workload, module);
  into.option = -1;
  into.perModulePerS = 0;
  for (let index = 0; index < serving.options.length; index++) {
    const option = serving.options[index]!;
    const rate = rateWithin(option, into.computeBudgetMs);
    if (rate < option.unhurriedPerS * minimumRateShare) continue;
    const perModulePerS = rate * option.replicasPerModule;
    if (perModulePerS > into.perModulePerS) {
      into.perModulePerS = perModulePerS;
      into.option = index;
    }
  }
  return into.option < 0 ? "latency-compute" : null;
}

/** The answer of `filter`, in words. */
export interface Verdict {
  readonly ok: boolean;
  readonly reason: RejectReason | null;
  readonly detail: string;
}

/** Says whether `module` at `site` may serve `origin`, and if not, why, in a sentence with figures. */
export function filter(policy: Policy, origin: RouteOrigin, site: number, module: number): Verdict {
  const judgement = emptyJudgement();
  const reason = judge(policy, origin, site, module, judgement);
  return { ok: reason === null, reason, detail: describe(policy, origin, site, module, reason, judgement) };
}

function describe(
  policy: Policy,
  origin: RouteOrigin,
  site: number,
  module: number,
  reason: RejectReason | null,
  judgement: Judgement,
): string {
  const { world } = policy;
  const workload = world.workloads[origin.workload]!;
  const place = world.sites[site]!;
  const chip = world.modules[module]!;
  const ms = (value: number) => `${value.toFixed(1)} ms`;
  const share = `${(workload.ttft.attainmentRatio * 100).toFixed(0)} %`;
  switch (reason) {
    case null:
      return `${ms(judgement.networkMs)} network leave ${ms(judgement.computeBudgetMs)} of ${ms(workload.ttft.budgetMs)} for queue and prefill`;
    case "forbidden":
      return `the scenario forbids ${place.name}`;
    case "tier":
      return workload.tiers.includes(place.tier)
        ? `${chip.name} is not placed at ${place.tier} sites`
        : `${workload.name} may not run at ${place.tier} sites`;
    case "residency":
      return residencyDetail(world, workload.dataClass, world.areas[origin.area]!.country, place.country);
    case "export":
      return `export rules keep ${chip.accelerator.name} out of ${place.country}`;
    case "memory":
      return servingAt(policy, origin.workload, module).detail;
    case "latency-network":
      return `network alone takes ${ms(judgement.networkMs)} for ${share} of requests, the budget is ${ms(workload.ttft.budgetMs)}`;
    case "latency-compute": {
      const serving = servingAt(policy, origin.workload, module);
      if (serving.options.length === 0) return serving.detail;
      const fastest = Math.min(...serving.options.map((option) => option.unloadedTtftMs));
      return `network takes ${ms(judgement.networkMs)} and prefill on an idle ${chip.name} ${ms(fastest)}, the budget is ${ms(workload.ttft.budgetMs)}`;
    }
  }
}
