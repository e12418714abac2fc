/** What a limit is used for and what one more unit of it is worth: by the duals of the plan, or by planning with more. */
import type { Site, World } from "../../catalog/index.ts";
import { equityRatio, isAlwaysOpen, moduleAnnualUsd, modulesInService, siteAnnualUsd } from "../../finance/index.ts";
import { conditionLimitsOf } from "./explain-conditions.ts";
import { familyLimitsOf } from "./explain-families.ts";
import { moduleGains, type ModuleGain } from "../document/module-gains.ts";
import type { PlanDocument } from "../document/plan-document.ts";
import { changeOfOptimum, figuresOf, type ChangeOfOptimum, type PlanWorld } from "../document/plan-figures.ts";
import { portPerPlannedGbps } from "../problem/planned-port.ts";
import type { LimitUnit, WorldLimit } from "./world-limit.ts";

export interface LimitExplanation {
  readonly name: string;
  readonly unit: LimitUnit;
  readonly used: number;
  readonly upper: number;
  /** Whether it is used up, or keeps away modules that would pay. */
  readonly binding: boolean;
  /**
   * What one more unit is worth at most where the modules that it lets in save most, they and the opening of their site paid:
   * by the duals of the flows, with everything else as planned. 0 where nothing that it keeps away would pay; null where the limit
   * is no matter of modules.
   */
  readonly worthUsdPerYear: number | null;
  /** Where that is; null where nothing is gained. */
  readonly bestPool: string | null;
  /** What it takes beyond what is left of the limit until the modules stand there, in its unit; whole modules want whole amounts. */
  readonly missing: number | null;
  /** How the plan stands to a condition, in words. */
  readonly statement?: string;
}

/** Share of use from which a limit counts as used up. */
const full = 0.99;
const stepShare = 0.1;
/** Savings up to this are rounding, USD/year. */
const leastUsd = 0.01;
const roundingRatio = 1e-9;

/** Every limit of the plan's world and period, by name. */
export function worldLimitsOf(plan: PlanDocument): WorldLimit[] {
  const { world, period, deployment } = plan;
  const facilityMw = (site: number, module: number): number =>
    (world.modules[module]!.powerKw * world.sites[site]!.pue) / 1000;
  const capexUsd = (site: number, module: number): number => {
    const price = moduleAnnualUsd(world, site, module, period);
    return price.acceleratorsCapexUsd + price.buildingCapexUsd;
  };
  const addedKw = (site: number): number =>
    (deployment.upgrades ?? []).reduce(
      (sum, entry) => (entry.site === site ? sum + world.sites[site]!.upgrades![entry.upgrade]!.addedKw : sum),
      0,
    );
  const none = (): number => 0;
  const openingUsd = (site: number): number => siteAnnualUsd(world, site).openingCapexUsd;
  const upgradeUsd = (site: number, upgrade: number): number => world.sites[site]!.upgrades![upgrade]!.priceUsd;
  const moneyStep = (upperUsd: number): number =>
    Math.max(
      upperUsd * stepShare,
      ...world.sites.flatMap((place, site) =>
        world.modules.map((module, kind) => (module.tiers.includes(place.tier) ? capexUsd(site, kind) : 0)),
      ),
    );
  const powerStep = (upperMw: number, sites: readonly number[]): number =>
    Math.max(
      upperMw * stepShare,
      ...sites.flatMap((site) =>
        world.modules.map((module, kind) =>
          module.tiers.includes(world.sites[site]!.tier) ? facilityMw(site, kind) : 0,
        ),
      ),
    );
  const limits: WorldLimit[] = [];
  const { maxSites, zones } = world.limits;
  if (maxSites !== null) {
    const relax = (w: World, by: number): World => ({ ...w, limits: { ...w.limits, maxSites: maxSites + by } });
    const used = openSites;
    limits.push({
      name: "most sites",
      unit: "sites",
      upper: maxSites,
      step: 1,
      relax,
      takes: none,
      opens: () => 1,
      used,
    });
  }
  const budgetUsd = world.limits.budgetUsd[period] ?? null;
  if (budgetUsd !== null) {
    const relax = (w: World, by: number): World => ({
      ...w,
      limits: { ...w.limits, budgetUsd: raised(w.limits.budgetUsd, period, by) },
    });
    limits.push({
      name: "budget",
      unit: "USD",
      of: "purchases",
      upper: budgetUsd,
      step: moneyStep(budgetUsd),
      relax,
      takes: capexUsd,
      opens: openingUsd,
      upgrades: upgradeUsd,
    });
  }
  for (const [index, owner] of world.owners.entries()) {
    const upper = owner.capexBudgetUsd[period] ?? null;
    if (upper === null) continue;
    limits.push({
      name: `budget of ${owner.id}`,
      unit: "USD",
      of: "purchases",
      upper,
      step: moneyStep(upper),
      relax: (w, by) => ({
        ...w,
        owners: replaced(w.owners, index, (it) => ({ ...it, capexBudgetUsd: raised(it.capexBudgetUsd, period, by) })),
      }),
      // Lenders pay the rest.
      takes: (site, module) => (world.sites[site]!.owner === index ? equityRatio(owner) * capexUsd(site, module) : 0),
      opens: (site) => (world.sites[site]!.owner === index ? equityRatio(owner) * openingUsd(site) : 0),
      upgrades: (site, upgrade) =>
        world.sites[site]!.owner === index ? equityRatio(owner) * upgradeUsd(site, upgrade) : 0,
    });
  }
  for (const [index, zone] of zones.entries()) {
    limits.push({
      name: `power of zone ${zone.id}`,
      unit: "MW",
      upper: zone.powerLimitKw[period]! / 1000,
      step: powerStep(zone.powerLimitKw[period]! / 1000, zone.sites),
      relax: (w, by) => ({
        ...w,
        limits: { ...w.limits, zones: replaced(w.limits.zones, index, (it) => morePower(it, period, by)) },
      }),
      takes: (site, module) => (zone.sites.includes(site) ? facilityMw(site, module) : 0),
    });
  }
  for (const [index, module] of world.modules.entries()) {
    const upper = module.supplyPerPeriod[period] ?? null;
    if (upper === null) continue;
    limits.push({
      name: `supply of ${module.id}`,
      unit: "modules",
      of: "purchases",
      upper,
      step: Math.max(1, Math.round(upper * stepShare)),
      relax: (w, by) => ({
        ...w,
        modules: replaced(w.modules, index, (it) => ({
          ...it,
          supplyPerPeriod: raised(it.supplyPerPeriod, period, by),
        })),
      }),
      takes: (_site, kind) => (kind === index ? 1 : 0),
    });
  }
  const ofSite =
    (site: number, change: (it: Site, by: number) => Site) =>
    (w: World, by: number): World => ({
      ...w,
      sites: replaced(w.sites, site, (it) => change(it, by)),
    });
  for (const [index, site] of world.sites.entries()) {
    limits.push(
      {
        name: `power of site ${site.id}`,
        unit: "MW",
        upper: (site.powerLimitKw[period]! + addedKw(index)) / 1000,
        step: powerStep(site.powerLimitKw[period]! / 1000, [index]),
        relax: ofSite(index, (it, by) => morePower(it, period, by)),
        takes: (at, module) => (at === index ? facilityMw(at, module) : 0),
      },
      {
        name: `ports of site ${site.id}`,
        unit: "Gbit/s",
        upper: site.portGbps,
        used: ({ sites }) => (sites.find((entry) => entry.site === index)?.egressGbps ?? 0) * portPerPlannedGbps(world),
        step: Math.max(1, site.portGbps * stepShare),
        relax: ofSite(index, (it, by) => ({ ...it, portGbps: it.portGbps + by })),
        takes: none,
      },
    );
  }
  return [...limits, ...familyLimitsOf(plan), ...conditionLimitsOf(plan)];
}

const raised = (values: readonly (number | null)[], period: number, by: number): (number | null)[] =>
  values.map((value, index) => (index === period && value !== null ? value + by : value));

const replaced = <T>(items: readonly T[], index: number, change: (item: T) => T): T[] =>
  items.map((item, at) => (at === index ? change(item) : item));

function morePower<T extends { readonly powerLimitKw: readonly number[] }>(holder: T, period: number, byMw: number): T {
  return {
    ...holder,
    powerLimitKw: holder.powerLimitKw.map((kw, index) => (index === period ? kw + byMw * 1000 : kw)),
  };
}

/** @param gains Of the same plan; computed where they are not at hand. */
export function explainLimit(
  plan: PlanDocument,
  limit: WorldLimit,
  gains: readonly ModuleGain[] = moduleGains(plan),
): LimitExplanation {
  const used = limit.used?.(plan) ?? usedOf(plan, limit);
  const { name, unit, upper } = limit;
  const left = Math.max(0, upper - used);
  let best: { readonly worth: number; readonly gain: ModuleGain; readonly missing: number } | null = null;
  let [smallest, counts] = [Infinity, false];
  for (const gain of gains) {
    const each = limit.takes(gain.site, gain.module);
    const opening = gain.open ? 0 : (limit.opens?.(gain.site) ?? 0);
    if (!(each + opening > 0)) continue;
    counts = true;
    smallest = Math.min(smallest, each + opening);
    for (const [position, savedUsd] of gain.savedUsdPerYear.entries()) {
      const takes = (position + 1) * each + opening;
      const netUsd = savedUsd - (position + 1) * gain.costUsdPerYear - gain.openUsdPerYear;
      // What fits and is not there is kept away by something else.
      if (!(netUsd > leastUsd) || takes <= left * (1 + roundingRatio)) continue;
      const worth = netUsd / takes;
      if (best === null || worth > best.worth) best = { worth, gain, missing: takes - left };
    }
  }
  // A share of nothing is used up although nothing of it is in use: the first module elsewhere would break it.
  const coupling = plan.limits.find((entry) => entry.name === name);
  const isExhausted = coupling !== undefined && coupling.upper === 0 && coupling.used >= 0;
  const binding = used >= upper * full || (counts && left < smallest) || isExhausted || best !== null;
  const statement = limit.statement?.(plan);
  const told = statement === undefined ? {} : { statement };
  const pool = best && `${plan.world.sites[best.gain.site]!.id}/${plan.world.modules[best.gain.module]!.id}`;
  const worthUsdPerYear = best?.worth ?? (counts ? 0 : null);
  return { name, unit, used, upper, binding, worthUsdPerYear, bestPool: pool, missing: best?.missing ?? null, ...told };
}

/** Sites open in the period of the plan. */
function openSites({ world, deployment, period }: PlanDocument): number {
  const used = new Set([...deployment.pools, ...(deployment.upgrades ?? [])].map(({ site }) => site));
  return [...world.sites.keys()].filter((site) => used.has(site) || isAlwaysOpen(world, site, period)).length;
}

function usedOf(plan: PlanDocument, limit: WorldLimit): number {
  const coupling = plan.limits.find((entry) => entry.name === limit.name);
  if (coupling !== undefined) return limit.unit === "MW" ? coupling.used / 1000 : coupling.used;
  // Of later periods only what modules take is known.
  if (!/ of site /.test(limit.name)) {
    const taken = (sum: number, { site, module, count }: { site: number; module: number; count: number }): number =>
      sum + limit.takes(site, module) * count;
    if (limit.of === "purchases" && plan.purchases !== undefined)
      return plan.purchases.reduce(taken, 0) + openedIn(plan, limit);
    return modulesInService(plan.world, plan.deployment, plan.period).reduce(taken, 0);
  }
  const load = plan.sites.find((entry) => limit.name.endsWith(` of site ${plan.world.sites[entry.site]!.id}`));
  if (load === undefined) return 0;
  return load.powerKw / 1000;
}

/** What of a limit the sites that a period opens and the upgrades it buys take. */
function openedIn({ opened }: PlanDocument, { opens, upgrades }: WorldLimit): number {
  const sites = (opened?.sites ?? []).reduce((sum, site) => sum + (opens?.(site) ?? 0), 0);
  const more = (opened?.upgrades ?? []).reduce((sum, entry) => sum + (upgrades?.(entry.site, entry.upgrade) ?? 0), 0);
  return sites + more;
}

export interface LimitTrial {
  /** How much of the limit was added, in its unit; null where it was dropped altogether. */
  readonly added: number | null;
  readonly change: ChangeOfOptimum;
  /** Saving per unit: between the plans found, and at most whatever the gaps hide. Never negative. */
  readonly worthUsdPerYear: number;
  readonly worthAtMostUsdPerYear: number;
}

/**
 * Plans with more of the limit.
 *
 * @returns null when the user stopped or there is no plan.
 */
export async function resolveLimit(
  plan: PlanDocument,
  limit: WorldLimit,
  planWorld: PlanWorld,
  added = limit.step,
): Promise<LimitTrial | null> {
  const question = limit.lifted ? `without ${limit.name}` : `${limit.name} + ${added} ${limit.unit}`;
  const more = await planWorld(limit.relax(plan.world, added), question);
  const [before, after] = [figuresOf(plan), more && figuresOf(more)];
  if (before === null || after === null) return null;
  const change = changeOfOptimum(before, after, "looser");
  return {
    added: limit.lifted ? null : added,
    change,
    worthUsdPerYear: Math.max(0, -change.usdPerYear) / added,
    worthAtMostUsdPerYear: Math.max(0, -change.atLeastUsdPerYear) / added,
  };
}
