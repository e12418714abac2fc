/** The checks of a plan of several periods: what is kept from one to the next, and the sums over all; see `verify-plan.ts`. */
import type { World } from "../../catalog/index.ts";
import { installedCount, isAlwaysOpen } from "../../finance/index.ts";
import { elapsedYears, fleetKey, livesUntil } from "../problem/period-terms.ts";
import type { Horizon, HorizonPeriod, PlanDocument } from "../document/plan-document.ts";
import { toldPurchases, type Purchase } from "../world/purchases.ts";
import { gapOf } from "../problem/solution-path.ts";
import { moduleOfSpot, siteOfSpot, spotAt } from "../problem/spots.ts";
import { discountedYears, stackPeriods } from "../world/stack-periods.ts";
import { checkCoreAlone } from "./verify-core.ts";
import { checkDerived, checkVerdict } from "./verify-derived.ts";
import { checkFailover, withFailureCuts } from "./verify-failover.ts";
import { checkSearch, gapScale, pricedProblem, verifyCertificate, verifyPeriod } from "./verify-period.ts";
import { near, type Checked, type Report } from "./verify-terms.ts";
import type { WorldProblem } from "../world/world-problem.ts";

/** Every period with what it must keep from those before, and the sums over them. */
export function verifyHorizon(document: PlanDocument, horizon: Horizon, report: Report): Checked {
  const { world } = document;
  const stacked = stackPeriods(world);
  let costUsd = 0;
  let servingGap = 0;
  let saidUsd = 0;
  const bought: Purchase[] = [];
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
    const fresh = purchasesOf(world, entry, (message) => report(`${where}.purchases`, message));
    if (fresh === null) break;
    // What stands from before follows from what earlier periods say they bought, and with it what it costs.
    const lasting = bought.filter(({ module, period }) =>
      livesUntil(world, world.modules[module]!.lifeYears, period, i),
    );
    const standing = [...lasting, ...fresh];
    const kept = new Map<number, number>();
    for (const purchase of lasting) {
      const key = spotAt(world, purchase.site, purchase.module);
      kept.set(key, (kept.get(key) ?? 0) + purchase.count);
    }
    const checked = verifyPeriod(
      { ...document, ...entry, deployment: { ...entry.deployment, vintages: standing } },
      { kind: "following", planned: stacked.periods[i]!, kept, bought: fresh, open, upgrades },
      (place, message, of) => report(`${where}.${place}`, message, of),
    );
    checkVintages(world, entry, standing, (message) => report(`${where}.deployment.vintages`, message));
    if (entry.status !== document.status)
      report(`${where}.status`, `says ${entry.status}, the plan ${document.status}`);
    const weight = discountedYears(world, i);
    if (!near(weight, entry.discountedYears)) {
      report(`${where}.discountedYears`, `says ${entry.discountedYears}, it is ${weight}`);
    }
    if (checked.costUsd === null) return checked;
    costUsd += weight * checked.costUsd;
    servingGap = Math.max(servingGap, checked.servingGap ?? 0);
    saidUsd += weight * entry.bestBoundUsdPerYear;
    checkPurchases(world, entry, kept, fresh, (message) => report(`${where}.purchases`, message));
    checkUses(world, horizon, i, (message) => report(`${where}.purchases`, message));
    bought.push(...fresh);
    upgrades = entry.deployment.upgrades ?? [];
    // A place is open from the day its upgrade is ordered, though nothing stands there yet.
    open = new Set([...entry.deployment.pools, ...upgrades].map(({ site }) => site));
    for (const site of world.sites.keys()) if (isAlwaysOpen(world, site, i)) open.add(site);
  }
  if (!near(costUsd, horizon.presentCostUsd)) {
    report("horizon.presentCostUsd", `says ${horizon.presentCostUsd}, the periods add up to ${costUsd} USD`);
  }
  if (!near(saidUsd, horizon.boundUsd))
    report("horizon.boundUsd", `says ${horizon.boundUsd}, the periods ${saidUsd} USD`);
  if (!near(horizon.relativeGap, gapOf(horizon.presentCostUsd, horizon.boundUsd), gapScale)) {
    report("horizon.relativeGap", `says ${horizon.relativeGap}, cost and bound give another`);
  }
  checkOpening(document, horizon, stacked.periods[0]!, report);
  checkSearch(document, stacked.problem, report);
  if (document.certificate !== null) report("certificate", "belongs to no period: that of the horizon is the plan's");
  const stages = stacked.periods.map((planned, period) => ({ planned, ...stacked.first[period]! }));
  for (const { planned } of stages) {
    checkFailover(document, planned, horizon.periods[planned.period]!.deployment, report);
  }
  const certifiedUsd = verifyCertificate(
    pricedProblem(withFailureCuts(document, stacked.problem, stages), stages, horizon.certificate),
    horizon.certificate,
    costUsd,
    (place, message) => report(`horizon.${place}`, message),
  );
  const coreAtLeastUsd = checkCoreAlone(document, stacked.periods[0]!, report);
  return { costUsd, certifiedUsd, coreAtLeastUsd, servingGap };
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

/** What a period says of the ages of what stands in it, which only some plans tell. */
function checkVintages(
  world: World,
  { deployment }: HorizonPeriod,
  standing: readonly Purchase[],
  report: (message: string) => void,
): void {
  const count = (entries: readonly Purchase[]): Map<string, number> => {
    const counts = new Map<string, number>();
    for (const entry of entries) {
      const key = `${world.modules[entry.module]?.id} at ${world.sites[entry.site]?.id} of period ${entry.period}`;
      counts.set(key, (counts.get(key) ?? 0) + entry.count);
    }
    return counts;
  };
  const said = count(deployment.vintages ?? []);
  const are = count(toldPurchases(world, deployment, standing));
  for (const key of new Set([...said.keys(), ...are.keys()])) {
    if (said.get(key) !== are.get(key)) report(`says ${said.get(key) ?? 0} ${key}, ${are.get(key) ?? 0} follow`);
  }
}

/** What a period says it buys, by site and kind; null, and reported, where that cannot be computed with. */
function purchasesOf(
  world: World,
  { period, purchases }: HorizonPeriod,
  report: (message: string) => void,
): Purchase[] | null {
  const counts = new Map<number, number>();
  for (const { site, module, count } of purchases) {
    if (
      world.sites[site] === undefined ||
      world.modules[module] === undefined ||
      !(Number.isInteger(count) && count > 0)
    ) {
      report(`${count} of module ${module} at site ${site} is nothing one can buy`);
      return null;
    }
    const key = spotAt(world, site, module);
    counts.set(key, (counts.get(key) ?? 0) + count);
  }
  return [...counts].map(([key, count]) => {
    return { site: siteOfSpot(world, key), module: moduleOfSpot(world, key), period, count };
  });
}

/**
 * What a period says it bought against what stands in it: at least what stands beyond what was there, at most all that does not stand
 * from before.
 */
function checkPurchases(
  world: World,
  { deployment }: HorizonPeriod,
  kept: ReadonlyMap<number, number>,
  bought: readonly Purchase[],
  report: (message: string) => void,
): void {
  const listed = new Map(bought.map(({ site, module, count }) => [spotAt(world, site, module), count]));
  const standing = new Map(
    deployment.pools.map((pool) => [spotAt(world, pool.site, pool.module), pool.count + pool.trainingCount]),
  );
  for (const key of new Set([...standing.keys(), ...listed.keys()])) {
    const [site, module] = [siteOfSpot(world, key), moduleOfSpot(world, key)];
    const most = Math.max(0, (standing.get(key) ?? 0) - (kept.get(key) ?? 0));
    const least = Math.max(0, most - installedCount(world, site, module));
    const count = listed.get(key) ?? 0;
    if (count >= least && count <= most) continue;
    const by =
      count < least
        ? `fewer are listed than were bought, by ${least - count}`
        : `more are listed than were bought, by ${count - most}`;
    report(`${world.modules[module]!.id} at ${world.sites[site]!.id}: ${by}`);
  }
}

/** Modules are bought to train or to serve, and stay what they were bought for; only those installed may be either. */
function checkUses(world: World, { periods }: Horizon, period: number, report: (message: string) => void): void {
  const now = elapsedYears(world, period);
  const bought = new Map<number, number>();
  for (const [p, { purchases }] of periods.slice(0, period + 1).entries()) {
    for (const { site, module, trains, count } of purchases) {
      if (now - elapsedYears(world, p) >= world.modules[module]!.lifeYears - 1e-9) continue;
      const key = fleetKey(world, site, module, trains);
      bought.set(key, (bought.get(key) ?? 0) + count);
    }
  }
  for (const { site, module, count, trainingCount } of periods[period]!.deployment.pools) {
    const place = `${world.modules[module]!.id} at ${world.sites[site]!.id}`;
    const found = [
      count - (bought.get(fleetKey(world, site, module, false)) ?? 0),
      trainingCount - (bought.get(fleetKey(world, site, module, true)) ?? 0),
    ];
    if (found[0]! < 0 || found[1]! < 0 || found[0]! + found[1]! > installedCount(world, site, module)) {
      report(`${place}: not as many were bought to serve and to train as do`);
    }
  }
}
