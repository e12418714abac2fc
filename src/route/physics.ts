import { emptyJudgement, judge, type RouteOrigin } from "./filter.ts";
import { atDistance } from "./latency.ts";
import { areaSiteKm, relationOf, servingAt, type Policy } from "./policy.ts";
import { reachKm } from "./arcs.ts";
import { rejectReasons, type RejectReason } from "./standing.ts";

/** Why an origin can or cannot be served, whatever is built at the candidate sites. */
export interface Physics {
  readonly budgetMs: number;
  readonly attainmentRatio: number;
  /** Last mile and floor alone, with a site next door, at the attainment quantile. */
  readonly lastMileMs: number;
  /** Network to the nearest candidate site that tier and law allow; null when there is none. */
  readonly nearestSite: { readonly id: string; readonly km: number; readonly networkMs: number } | null;
  /** Prefill on an idle engine of the fastest module on offer; null when no module can run the workload at all. */
  readonly fastestPrefill: { readonly module: string; readonly ms: number } | null;
  /** The same among the modules that may stand at the nearest site. */
  readonly nearestPrefill: { readonly module: string; readonly ms: number } | null;
  /** How far a site in the same country may be; null when not even next door would do. */
  readonly reachKm: number | null;
  /**
   * `served`: some arc exists. `physics`: a site next door with the fastest module on offer would still miss the
   * budget. `place`: a near enough site would do, none is offered. `law`, `memory`, `export`, `tier`: as named.
   */
  readonly verdict: "served" | "physics" | "place" | "law" | "memory" | "export" | "tier";
  /** Which part takes more than is left: only for `physics`. */
  readonly limitedBy: "last mile" | "prefill" | "last mile and prefill" | null;
  /** Refusals over all (site, module) pairs, by reason. */
  readonly refusals: Readonly<Partial<Record<RejectReason, number>>>;
  /** Sentences: what would make it servable. */
  readonly remedies: readonly string[];
}

/** Takes the first-token budget of an origin apart and says what stands in the way. */
export function explainPhysics(policy: Policy, origin: RouteOrigin): Physics {
  const { world } = policy;
  const workload = world.workloads[origin.workload]!;
  const refusals: Partial<Record<RejectReason, number>> = {};
  const judgement = emptyJudgement();
  let served = false;
  let nearest: { site: number; km: number } | null = null;
  for (let site = 0; site < world.sites.length; site++) {
    let lawful = false;
    for (let module = 0; module < world.modules.length; module++) {
      const reason = judge(policy, origin, site, module, judgement);
      if (reason === null) served = true;
      else refusals[reason] = (refusals[reason] ?? 0) + 1;
      if (reason === null || reason.startsWith("latency")) lawful = true;
    }
    const km = lawful ? areaSiteKm(policy, origin.area, site) : Number.POSITIVE_INFINITY;
    if (km < (nearest?.km ?? Number.POSITIVE_INFINITY)) nearest = { site, km };
  }
  const { budgetMs, attainmentRatio } = workload.ttft;
  const table = policy.latency(origin.workload, origin.access, 0);
  const lastMileMs = atDistance(table.quantileMs, 0);
  const fastestPrefill = fastestOf(policy, origin.workload, () => true);
  const near = nearest;
  const nearestPrefill = near && fastestOf(policy, origin.workload, (module) => mayStandAt(policy, near.site, module));
  const reach = reachKm(policy, origin.workload, origin.access)[0]!;
  const possible = fastestPrefill !== null && lastMileMs + fastestPrefill.ms <= budgetMs;
  const verdict = served
    ? "served"
    : verdictOf(refusals, fastestPrefill ? null : whyNoneRuns(policy, origin.workload), possible);
  const limitedBy = verdict === "physics" ? limit(lastMileMs, fastestPrefill?.ms ?? 0, budgetMs) : null;
  return {
    budgetMs,
    attainmentRatio,
    lastMileMs,
    nearestSite: nearest && {
      id: world.sites[nearest.site]!.id,
      km: nearest.km,
      networkMs: networkTo(policy, origin, nearest),
    },
    fastestPrefill,
    nearestPrefill,
    reachKm: possible ? reach : null,
    verdict,
    limitedBy,
    refusals,
    remedies: served
      ? []
      : remedies(policy, origin, { verdict, lastMileMs, fastestPrefill, near, nearestPrefill, reach }),
  };
}

interface Prefill {
  readonly module: string;
  readonly ms: number;
}

function mayStandAt(policy: Policy, site: number, module: number): boolean {
  const { sites, modules } = policy.world;
  return modules[module]!.tiers.includes(sites[site]!.tier) && policy.exportAllowed[module * sites.length + site] === 1;
}

function fastestOf(policy: Policy, workload: number, allowed: (module: number) => boolean): Prefill | null {
  const { modules } = policy.world;
  let fastest: Prefill | null = null;
  for (const [index, module] of modules.entries()) {
    if (!allowed(index)) continue;
    for (const option of servingAt(policy, workload, index).options) {
      if (option.unloadedTtftMs < (fastest?.ms ?? Number.POSITIVE_INFINITY)) {
        fastest = { module: module.id, ms: option.unloadedTtftMs };
      }
    }
  }
  return fastest;
}

function networkTo(policy: Policy, origin: RouteOrigin, { site, km }: { site: number; km: number }): number {
  const relation = relationOf(policy, origin.area, site);
  return atDistance(policy.latency(origin.workload, origin.access, relation).quantileMs, km);
}

/** Latency is asked last, so a latency refusal anywhere means that law, tier and memory were in order there. */
function verdictOf(
  refusals: Partial<Record<RejectReason, number>>,
  noneRuns: "memory" | "physics" | null,
  possible: boolean,
): Physics["verdict"] {
  if (noneRuns !== null) return noneRuns;
  if (!possible) return "physics";
  if (refusals["latency-network"] || refusals["latency-compute"]) return "place";
  const last = rejectReasons.findLast((reason) => refusals[reason]);
  if (last === "residency") return "law";
  return last === "export" || last === "memory" || last === "tier" ? last : "place";
}

/** Why no module on offer runs a workload: some hold its model but are too slow, or none does. */
function whyNoneRuns(policy: Policy, workload: number): "memory" | "physics" {
  const tooSlow = policy.world.modules.some(
    (_, module) => servingAt(policy, workload, module).reason === "latency-compute",
  );
  return tooSlow ? "physics" : "memory";
}

function limit(lastMileMs: number, prefillMs: number, budgetMs: number): Physics["limitedBy"] {
  if (lastMileMs > budgetMs && prefillMs <= budgetMs) return "last mile";
  if (prefillMs > budgetMs && lastMileMs <= budgetMs) return "prefill";
  return "last mile and prefill";
}

interface Findings {
  readonly verdict: Physics["verdict"];
  readonly lastMileMs: number;
  readonly fastestPrefill: Prefill | null;
  readonly near: { readonly site: number; readonly km: number } | null;
  readonly nearestPrefill: Prefill | null;
  readonly reach: number;
}

/** Half the way around the world: no two places are farther apart, so what reaches as far has a limit elsewhere. */
const everywhereKm = 20_000;

function remedies(policy: Policy, origin: RouteOrigin, findings: Findings): string[] {
  const { verdict, lastMileMs, fastestPrefill: fastest, near, nearestPrefill, reach } = findings;
  const { world } = policy;
  const workload = world.workloads[origin.workload]!;
  const { budgetMs } = workload.ttft;
  const access = world.accessTypes[origin.access]!;
  const ms = (value: number) => `${value.toFixed(1)} ms`;
  switch (verdict) {
    case "physics": {
      const list: string[] = [];
      if (!fastest)
        return [`a module that holds the model and keeps ${ms(workload.tpotBudgetMs ?? 0)} per output token`];
      const leftMs = budgetMs - lastMileMs;
      if (leftMs > 0) {
        list.push(
          `a smaller model, a shorter prompt or a faster chip: prefill must take at most ${ms(leftMs)}, ${fastest.module} takes ${ms(fastest.ms)}`,
        );
      }
      for (const [index, other] of world.accessTypes.entries()) {
        const lastMile = atDistance(policy.latency(origin.workload, index, 0).quantileMs, 0);
        if (index !== origin.access && lastMile + fastest.ms <= budgetMs)
          list.push(`${other.name} instead of ${access.name}`);
      }
      list.push(`a budget of ${ms(lastMileMs + fastest.ms)} or more with a site next door`);
      return list;
    }
    case "place": {
      const country = world.areas[origin.area]!.country;
      const list = [
        reach >= everywhereKm
          ? `a site in ${country} that holds ${fastest!.module}`
          : `a site within ${Math.max(1, Math.round(reach))} km that holds ${fastest!.module}`,
      ];
      const leftMs = near ? budgetMs - networkTo(policy, origin, near) : 0;
      if (near && nearestPrefill && leftMs > 0) {
        const { name } = world.sites[near.site]!;
        list.push(
          nearestPrefill.ms < leftMs
            ? `a faster module at ${name}: prefill on an idle ${nearestPrefill.module} takes ${ms(nearestPrefill.ms)} of the ${ms(leftMs)} left, too close for any load`
            : `a faster module at ${name}: prefill must take at most ${ms(leftMs)}, ${nearestPrefill.module} takes ${ms(nearestPrefill.ms)}`,
        );
      }
      return list;
    }
    case "law":
      return [
        `a site in a country to which ${workload.dataClass} data from ${world.areas[origin.area]!.country} may go`,
      ];
    case "export":
      return ["a module that export rules allow in the permitted countries, or a licence"];
    case "memory":
      if (world.modules.length === 0) return ["a module to buy: the scenario offers none"];
      return ["a module with more memory, a smaller model or a narrower number format"];
    case "tier":
      return [`a site of tier ${workload.tiers.join(" or ")} that carries a module on offer`];
    case "served":
      return [];
  }
}
