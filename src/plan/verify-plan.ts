/**
 * Checks a plan document without a solver and without trusting how it was made: every limit of the world against what
 * stands, every flow against the routing policy, the cost against finance, and the bound against the certificate. One pass
 * over flows and arcs per period.
 */
import type { World } from "../catalog/index.ts";
import { isAlwaysOpen } from "../finance/index.ts";
import { elapsedYears } from "./period-terms.ts";
import type { Horizon, HorizonPeriod, PlanDocument } from "./plan-document.ts";
import { gapOf } from "./solution-path.ts";
import { discountedYears, stackPeriods } from "./stack-periods.ts";
import { checkDerived, checkVerdict } from "./verify-derived.ts";
import { checkFailover, withFailureCuts } from "./verify-failover.ts";
import { verifyCertificate, verifyPeriod } from "./verify-period.ts";
import { freshModules, near, tolerance, type Report } from "./verify-terms.ts";
import type { WorldProblem } from "./world-problem.ts";

/** Something in the document that does not hold. */
export interface Finding {
  /** Where in the document, for example `deployment.flows[12]`. */
  readonly where: string;
  readonly message: string;
}

export interface Verification {
  /** No finding: the plan is feasible, costs what it says and is proven within `certifiedGap`. */
  readonly ok: boolean;
  readonly findings: readonly Finding[];
  /**
   * From the world and the deployment alone; null when the document has no plan. USD/year, or USD of present value when the
   * plan has a horizon.
   */
  readonly recomputedUsd: number | null;
  /** From the certificate alone, in the same unit; null when there is none. */
  readonly certifiedBoundUsd: number | null;
  /** (cost − certified bound) / cost; what anyone can check. Null without a certificate. */
  readonly certifiedGap: number | null;
  /** One sentence for people. */
  readonly sentence: string;
}

/** Findings listed; a thoroughly broken document would have one per flow. */
const findingsListed = 50;

export function verifyPlan(document: PlanDocument): Verification {
  const findings: Finding[] = [];
  const report: Report = (where, message) => {
    if (findings.length < findingsListed) findings.push({ where, message });
  };
  if (document.format !== "disperse/plan/v1") {
    report("format", `this is no plan document: format is ${String(document.format)}`);
    return conclude(findings, null, null);
  }
  if (document.status === "infeasible" || document.objectiveUsdPerYear === null) {
    report("status", "the document says that no plan exists; there is nothing to verify");
    return conclude(findings, null, null);
  }
  try {
    if (document.horizon !== null) return verifyHorizon(document, document.horizon, findings, report);
    // What stands alone was bought in its own period.
    const { vintages: _claimed, ...deployment } = document.deployment;
    const { costUsd, certifiedUsd } = verifyPeriod({ ...document, deployment }, { kind: "alone" }, report);
    return conclude(findings, costUsd, certifiedUsd);
  } catch (error) {
    // A document is not to be trusted in its shape either: what cannot be computed with is refused, not a crash.
    report("world", `cannot be computed with (${(error as Error).message}); the document was cut or edited`);
    return conclude(findings, null, null);
  }
}

/** Every period with what it must keep from those before, and the sums over them. */
function verifyHorizon(
  document: PlanDocument,
  horizon: Horizon,
  findings: readonly Finding[],
  report: Report,
): Verification {
  const { world } = document;
  const stacked = stackPeriods(world);
  let costUsd = 0;
  let saidUsd = 0;
  const bought: { period: number; site: number; module: number; count: number }[] = [];
  let open = new Set<number>();
  let upgrades: NonNullable<HorizonPeriod["deployment"]["upgrades"]> = [];
  if (horizon.periods.length !== world.periods.length) {
    report("horizon.periods", `${horizon.periods.length} are planned, the world has ${world.periods.length}`);
  }
  for (const [i, entry] of horizon.periods.entries()) {
    const where = `horizon.periods[${i}]`;
    if (entry.period !== i || world.periods[i] === undefined) {
      report(where, "periods must be listed in their order");
      break;
    }
    const kept = new Map<number, number>();
    // When something was bought is not taken from the document: its price depends on it.
    const standing: typeof bought = [];
    for (const purchase of bought) {
      const ageYears = elapsedYears(world, i) - elapsedYears(world, purchase.period);
      if (ageYears >= world.modules[purchase.module]!.lifeYears - 1e-9) continue;
      const key = purchase.site * world.modules.length + purchase.module;
      kept.set(key, (kept.get(key) ?? 0) + purchase.count);
      standing.push(purchase);
    }
    const checked = verifyPeriod(
      { ...document, ...entry, deployment: { ...entry.deployment, vintages: standing } },
      { kind: "following", planned: stacked.periods[i]!, kept, open, upgrades },
      (place, message) => report(`${where}.${place}`, message),
    );
    const weight = discountedYears(world, i);
    if (!near(weight, entry.discountedYears)) {
      report(`${where}.discountedYears`, `says ${entry.discountedYears}, it is ${weight}`);
    }
    if (checked.costUsd === null) return conclude(findings, null, null);
    costUsd += weight * checked.costUsd;
    saidUsd += weight * entry.bestBoundUsdPerYear;
    const fresh = freshModules(world, entry.deployment, kept);
    checkPurchases(world, entry, fresh, (message) => report(`${where}.purchases`, message));
    bought.push(...fresh.map((purchase) => ({ ...purchase, period: i })));
    open = new Set(entry.deployment.pools.map((pool) => pool.site));
    upgrades = entry.deployment.upgrades ?? [];
    for (const site of world.sites.keys()) if (isAlwaysOpen(world, site, i)) open.add(site);
  }
  if (!near(costUsd, horizon.presentCostUsd)) {
    report("horizon.presentCostUsd", `says ${horizon.presentCostUsd}, the periods add up to ${costUsd} USD`);
  }
  if (!near(saidUsd, horizon.boundUsd))
    report("horizon.boundUsd", `says ${horizon.boundUsd}, the periods ${saidUsd} USD`);
  if (!(Math.abs(horizon.relativeGap - gapOf(horizon.presentCostUsd, horizon.boundUsd)) <= tolerance)) {
    report("horizon.relativeGap", `says ${horizon.relativeGap}, cost and bound give another`);
  }
  checkOpening(document, horizon, stacked.periods[0]!, report);
  const stages = stacked.periods.map((planned, period) => ({ planned, ...stacked.first[period]! }));
  for (const { planned } of stages) {
    checkFailover(document, planned, horizon.periods[planned.period]!.deployment, report);
  }
  const certifiedUsd = verifyCertificate(
    withFailureCuts(document, stacked.problem, stages),
    horizon.certificate,
    costUsd,
    (place, message) => report(`horizon.${place}`, message),
  );
  return conclude(findings, costUsd, certifiedUsd);
}

/** The document beside its horizon tells of the first period, and must tell the same. */
function checkOpening(document: PlanDocument, { periods }: Horizon, first: WorldProblem, report: Report): void {
  const opening = { ...document, horizon: null };
  checkDerived(opening, first, report);
  checkVerdict(document, first, report);
  for (const key of ["status", "objectiveUsdPerYear", "bestBoundUsdPerYear", "relativeGap"] as const) {
    if (document[key] !== periods[0]![key]) report(key, `says ${document[key]}, the first period ${periods[0]![key]}`);
  }
  for (const key of ["deployment", "training"] as const) {
    if (JSON.stringify(document[key]) !== JSON.stringify(periods[0]![key])) {
      report(key, "differs from that of the first period of the horizon");
    }
  }
}

/** What a period says it bought against what stands in it beyond what was there. */
function checkPurchases(
  world: World,
  { purchases }: HorizonPeriod,
  fresh: readonly { readonly site: number; readonly module: number; readonly count: number }[],
  report: (message: string) => void,
): void {
  const missing = new Map(fresh.map(({ site, module, count }) => [site * world.modules.length + module, count]));
  for (const { site, module, count } of purchases) {
    const key = site * world.modules.length + module;
    missing.set(key, (missing.get(key) ?? 0) - count);
  }
  for (const [key, count] of missing) {
    if (count === 0) continue;
    const site = world.sites[Math.floor(key / world.modules.length)];
    const module = world.modules[key % world.modules.length];
    report(
      `${module?.id} at ${site?.id}: ${count > 0 ? "fewer" : "more"} are listed than were bought, by ${Math.abs(count)}`,
    );
  }
}

function conclude(
  findings: readonly Finding[],
  recomputedUsd: number | null,
  certifiedBoundUsd: number | null,
): Verification {
  const isProven = recomputedUsd !== null && certifiedBoundUsd !== null && Number.isFinite(certifiedBoundUsd);
  const certifiedGap = isProven ? gapOf(recomputedUsd, certifiedBoundUsd) : null;
  const first = findings[0];
  const sentence =
    first === undefined
      ? `Every limit holds, the cost is right, and the plan is proven within ${((certifiedGap ?? 1) * 100).toFixed(3)} % of the best.`
      : `Refused: ${first.where}: ${first.message}`;
  return { ok: first === undefined, findings, recomputedUsd, certifiedBoundUsd, certifiedGap, sentence };
}
