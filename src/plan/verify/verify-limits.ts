/** The limits of a world against what a plan document says stands and flows, from the world's own figures. */
import {
  annualCostUsd,
  backhaulUsdPerPeakRequest,
  equityRatio,
  isAlwaysOpen,
  moduleAnnualUsd,
  modulesInService,
  mustBeClosed,
  requestUsd,
  secondsPerYear,
  siteAnnualUsd,
  trainingEnergyAnnualUsd,
} from "../../finance/index.ts";
import { isUpgraded } from "../problem/auxiliary-pools.ts";
import { keptBySpot } from "../world/idle-modules.ts";
import { isDelivered } from "../problem/period-terms.ts";
import type { PlanDocument } from "../document/plan-document.ts";
import { shareWeight } from "../world/share-limits.ts";
import { moduleOfSpot, siteOfSpot, spotAt } from "../problem/spots.ts";
import { freshModules, tolerance, type Report, type Standing } from "./verify-terms.ts";
import { plannedPortGbps } from "../problem/planned-port.ts";

/** What stands and flows per site, and what the period spends. */
interface Use {
  readonly kw: Float64Array;
  readonly gbps: Float64Array;
  readonly backhaulGbps: Float64Array;
  readonly occupied: Uint8Array;
  readonly open: Uint8Array;
  /** Modules by spot. */
  readonly counts: ReadonlyMap<number, number>;
}

/** Power, ports, opening, closing, budgets, zones, supply, shares, least use and links of one period. */
export function checkLimits(document: PlanDocument, busy: Float64Array, standing: Standing, report: Report): void {
  const { world, period, deployment } = document;
  const use = useOf(document, report);
  const require = (where: string, name: string, used: number, upper: number | null | undefined): void => {
    if (upper === null || upper === undefined) return;
    if (used > upper + tolerance * Math.max(1, Math.abs(upper)))
      report(where, `${name}: ${used} is used, ${upper} is allowed`);
  };
  const addedKw = checkUpgrades(document, standing, report);
  checkPurchases(document, use, standing, report, require);
  for (const [index, site] of world.sites.entries()) {
    const where = `world.sites[${index}]`;
    require(where, `power of site ${site.id}, kW`, use.kw[index]!, site.powerLimitKw[period]! + addedKw[index]!);
    require(where, `ports of site ${site.id}, Gbit/s`, use.gbps[index]!, plannedPortGbps(world, site));
    if (site.parent !== undefined) {
      require(where, `backhaul of ${site.id}, Gbit/s`, use.backhaulGbps[index]!, site.backhaulGbps);
    }
    const chosen = use.open[index] === 1 && !isAlwaysOpen(world, index, period);
    if (site.needsParent && chosen && !use.open[site.parent!]) {
      report(where, `parent of ${site.id}: ${world.sites[site.parent!]!.id} is not open`);
    }
  }
  require("world.limits.maxSites", "most sites", use.open.reduce((sum, open) => sum + open, 0), world.limits.maxSites);
  for (const [index, zone] of world.limits.zones.entries()) {
    const used = zone.sites.reduce((sum, site) => sum + use.kw[site]!, 0);
    require(`world.limits.zones[${index}]`, `power of zone ${zone.id}, kW`, used, zone.powerLimitKw[period]!);
  }
  for (const [index, share] of (world.limits.shares ?? []).entries()) {
    const weigh = (sites: readonly number[]): number => {
      const set = new Set(sites);
      return [...use.counts].reduce((sum, [key, count]) => {
        const [site, module] = [siteOfSpot(world, key), moduleOfSpot(world, key)];
        return set.has(site) ? sum + count * shareWeight(world, share.of, site, module) : sum;
      }, 0);
    };
    const missing = share.leastRatio * weigh(share.among) - weigh(share.sites);
    require(`world.limits.shares[${index}]`, `least share ${share.id}, short by`, missing, 0);
  }
  const keptAt = keptBySpot(world, deployment, period);
  for (const [i, pool] of deployment.pools.entries()) {
    const place = world.sites[pool.site]!;
    const least = Math.max(place.minUtilizationRatio ?? 0, world.modules[pool.module]!.minUtilizationRatio ?? 0);
    if (least === 0) continue;
    const bought = pool.count + pool.trainingCount - keptAt.get(spotAt(world, pool.site, pool.module))!;
    const name = `least use of ${world.modules[pool.module]!.id} at ${place.id}, modules idle beyond it`;
    require(`deployment.pools[${i}]`, name, least * bought - busy[i]!, 0);
  }
  checkCoverage(document, use, require);
  checkCampuses(document, report);
}

function useOf({ world, period, deployment }: PlanDocument, report: Report): Use {
  const kw = new Float64Array(world.sites.length);
  const gbps = new Float64Array(world.sites.length);
  const backhaulGbps = new Float64Array(world.sites.length);
  const occupied = new Uint8Array(world.sites.length);
  const counts = new Map<number, number>();
  for (const [i, pool] of deployment.pools.entries()) {
    const site = world.sites[pool.site]!;
    const count = pool.count + pool.trainingCount;
    const key = spotAt(world, pool.site, pool.module);
    const where = `deployment.pools[${i}]`;
    if (counts.has(key)) report(where, `${pool.id} is listed twice`);
    counts.set(key, count);
    if (count > 0) occupied[pool.site] = 1;
    if (count > 0 && site.status === "forbidden") report(where, `site ${site.id} is forbidden`);
    if (count > 0 && mustBeClosed(site, period)) report(where, `site ${site.id} has to be closed by then`);
    kw[pool.site]! += count * world.modules[pool.module]!.powerKw * site.pue;
  }
  for (const { site } of deployment.upgrades ?? []) occupied[site] = 1;
  for (const flow of deployment.flows) {
    const { responseBytes, backhaulBytes = 0 } = world.workloads[world.demand[flow.row]!.workload]!;
    const { site } = deployment.pools[flow.pool]!;
    gbps[site]! += (flow.peakPerS * responseBytes * 8) / 1e9;
    backhaulGbps[site]! += (flow.peakPerS * backhaulBytes * 8) / 1e9;
  }
  const open = Uint8Array.from(occupied, (used, site) => (used || isAlwaysOpen(world, site, period) ? 1 : 0));
  return { kw, gbps, backhaulGbps, occupied, open, counts };
}

/** @returns Power the listed upgrades add per site, kW. */
function checkUpgrades({ world, period, deployment }: PlanDocument, standing: Standing, report: Report): Float64Array {
  const added = new Float64Array(world.sites.length);
  const seen = new Set<string>();
  for (const [i, { site, upgrade }] of (deployment.upgrades ?? []).entries()) {
    const where = `deployment.upgrades[${i}]`;
    const place = world.sites[site]!;
    const entry = place.upgrades![upgrade]!;
    if (seen.has(`${site} ${upgrade}`)) report(where, `upgrade ${upgrade} of ${place.id} is listed twice`);
    seen.add(`${site} ${upgrade}`);
    if (!isUpgraded(world, site, upgrade, period)) report(where, `the upgrade of ${place.id} is not delivered by then`);
    added[site]! += entry.addedKw;
  }
  if (standing.kind === "following") {
    for (const { site, upgrade } of standing.upgrades) {
      if (!seen.has(`${site} ${upgrade}`)) report("deployment.upgrades", `${world.sites[site]!.id} lost an upgrade`);
    }
  }
  return added;
}

type Require = (where: string, name: string, used: number, upper: number | null | undefined) => void;

/** What the period buys: delivered by then, within supply, allotments and budgets, and nothing lost before its time. */
function checkPurchases(
  { world, period, deployment }: PlanDocument,
  use: Use,
  standing: Standing,
  report: Report,
  require: Require,
): void {
  const kept = standing.kind === "following" ? standing.kept : new Map<number, number>();
  const openedBefore = standing.kind === "following" ? standing.open : new Set<number>();
  const before = standing.kind === "following" ? standing.upgrades : [];
  const bought = new Float64Array(world.modules.length);
  const boughtBy = new Float64Array(world.owners.length * world.modules.length);
  const capexUsd = new Float64Array(world.owners.length);
  const purchases = standing.kind === "following" ? standing.bought : freshModules(world, deployment);
  for (const fresh of purchases) {
    const price = moduleAnnualUsd(world, fresh.site, fresh.module, period);
    const { owner, id } = world.sites[fresh.site]!;
    bought[fresh.module]! += fresh.count;
    boughtBy[owner * world.modules.length + fresh.module]! += fresh.count;
    capexUsd[owner]! += fresh.count * (price.acceleratorsCapexUsd + price.buildingCapexUsd);
    if (!isDelivered(world, fresh.module, period)) {
      report("deployment.pools", `${world.modules[fresh.module]!.id} at ${id} is not delivered by then`);
    }
  }
  for (const [key, count] of kept) {
    const site = siteOfSpot(world, key);
    if ((use.counts.get(key) ?? 0) >= count) continue;
    const module = world.modules[moduleOfSpot(world, key)]!;
    report("deployment.pools", `${world.sites[site]!.id} lost ${module.id} before the end of their life`);
  }
  for (const { site, upgrade } of deployment.upgrades ?? []) {
    if (before.some((entry) => entry.site === site && entry.upgrade === upgrade)) continue;
    const place = world.sites[site]!;
    capexUsd[place.owner]! += place.upgrades![upgrade]!.priceUsd;
  }
  for (const [site, place] of world.sites.entries()) {
    if (use.open[site] && !openedBefore.has(site)) capexUsd[place.owner]! += siteAnnualUsd(world, site).openingCapexUsd;
  }
  const total = capexUsd.reduce((sum, usd) => sum + usd, 0);
  require("world.limits.budgetUsd", "budget, USD", total, world.limits.budgetUsd[period]);
  for (const [index, owner] of world.owners.entries()) {
    const where = `world.owners[${index}]`;
    const ownUsd = capexUsd[index]! * equityRatio(owner);
    require(where, `budget of ${owner.id}, USD`, ownUsd, owner.capexBudgetUsd[period]);
    for (const { module, perPeriod } of owner.allotments ?? []) {
      const name = `allotment of ${world.modules[module]!.id} to ${owner.id}`;
      require(where, name, boughtBy[index * world.modules.length + module]!, perPeriod[period]);
    }
  }
  for (const [index, module] of world.modules.entries()) {
    require(`world.modules[${index}]`, `supply of ${module.id}`, bought[index]!, module.supplyPerPeriod[period]);
  }
}

/** Revenue less running cost against debt service, per owner that asks for it. */
function checkCoverage({ world, period, deployment, training }: PlanDocument, use: Use, require: Require): void {
  for (const [index, { id, debt }] of world.owners.entries()) {
    if (debt === undefined || debt.leastCoverage === null) continue;
    const service = (capexUsd: number, lifeYears: number): number =>
      debt.shareRatio * annualCostUsd(capexUsd, debt.ratePerYear, lifeYears);
    let serviceUsd = 0;
    let earnedUsd = 0;
    const owns = (site: number): boolean => world.sites[site]!.owner === index;
    for (const [site, place] of world.sites.entries()) {
      if (!owns(site) || !use.open[site]) continue;
      const { fixedOpexUsd, openingCapexUsd } = siteAnnualUsd(world, site);
      earnedUsd -= fixedOpexUsd;
      serviceUsd += service(openingCapexUsd, place.buildLifeYears);
    }
    for (const { site, upgrade } of deployment.upgrades ?? []) {
      if (!owns(site)) continue;
      const place = world.sites[site]!;
      serviceUsd += service(place.upgrades![upgrade]!.priceUsd, place.buildLifeYears);
    }
    // What was bought earlier is owed and kept up at the price of then.
    for (const { site, module, count, kept, bought, training: trains } of modulesInService(world, deployment, period)) {
      if (!owns(site)) continue;
      const lots = [{ period, count: kept, isBought: false }, ...bought.map((lot) => ({ ...lot, isBought: true }))];
      for (const lot of lots) {
        const price = moduleAnnualUsd(world, site, module, lot.period);
        earnedUsd -= lot.count * price.maintenanceUsd;
        if (!lot.isBought) continue;
        serviceUsd += lot.count * service(price.acceleratorsCapexUsd, world.modules[module]!.lifeYears);
        serviceUsd += lot.count * service(price.buildingCapexUsd, world.sites[site]!.buildLifeYears);
      }
      earnedUsd -= count * moduleAnnualUsd(world, site, module, period).idleEnergyUsd;
      earnedUsd -= trains * trainingEnergyAnnualUsd(world, site, module);
    }
    for (const flow of deployment.flows) {
      const { site } = deployment.pools[flow.pool]!;
      if (!owns(site)) continue;
      const { workload } = world.demand[flow.row]!;
      const spent = requestUsd(world, workload, site, flow.energyKwhPerRequest).totalUsd;
      earnedUsd += flow.meanPerS * secondsPerYear * (world.workloads[workload]!.priceUsdPerRequest - spent);
      earnedUsd -= flow.peakPerS * backhaulUsdPerPeakRequest(world, workload, site);
    }
    for (const { training: run, pool, pflops } of training) {
      if (owns(deployment.pools[pool]!.site)) earnedUsd += pflops * (world.training[run]!.priceUsdPerPflopYear ?? 0);
    }
    const missing = debt.leastCoverage * serviceUsd - earnedUsd;
    // The slack is that of the sums it is the difference of.
    const scale = Math.max(1, Math.abs(earnedUsd), serviceUsd);
    require(`world.owners[${index}]`, `debt service of ${id}, short by a share of`, missing / scale, 0);
  }
}

/** Training that may not be split stands at one site. */
function checkCampuses({ world, deployment, training }: PlanDocument, report: Report): void {
  for (const [run, { id, singleCampus }] of world.training.entries()) {
    if (singleCampus !== true) continue;
    const used = training.filter((entry) => entry.training === run && entry.modules > tolerance);
    const sites = new Set(used.map((entry) => deployment.pools[entry.pool]!.site));
    if (sites.size > 1) report("training", `one campus for ${id}: it is split over ${sites.size} sites`);
  }
}
