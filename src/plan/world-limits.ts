/** The limits of a world that couple several sites, with their public names. */
import type { World } from "../catalog/index.ts";
import { moduleAnnualUsd, siteAnnualUsd } from "../finance/index.ts";
import { noPools, noSites, type CouplingLimit } from "./coupling-limit.ts";
import { lastingKw, type PeriodTerms } from "./period-terms.ts";
import type { PlanProblem } from "./problem.ts";

/** Most sites, budgets of the scenario and of each owner, power of zones, supply of modules. */
export function worldLimits(
  world: World,
  period: number,
  problem: PlanProblem,
  poolModule: Int32Array,
  poolInstalled: Uint8Array,
  terms: PeriodTerms,
): readonly CouplingLimit[] {
  const { pools } = problem;
  const limits: CouplingLimit[] = [];
  const all = Int32Array.from({ length: pools.count }, (_, pool) => pool);
  if (world.limits.maxSites !== null) {
    const sites = Int32Array.from(world.sites, (_, site) => site);
    limits.push({
      name: "most sites",
      upper: world.limits.maxSites,
      sites,
      siteWeights: new Float64Array(sites.length).fill(1),
      ...noPools,
    });
  }
  // Budgets and supply limit what is bought: what was bought in earlier periods stands on both sides.
  const boughtBefore = (bought: Int32Array, weights: Float64Array): number =>
    bought.reduce((sum, pool, i) => sum + weights[i]! * pools.minCount[pool]!, 0);
  const budget = (name: string, upper: number, ofSite: (site: number) => boolean): void => {
    const sites = Int32Array.from(world.sites.keys().filter(ofSite));
    const spending = all.filter((pool) => !poolInstalled[pool] && ofSite(pools.site[pool]!));
    const openedBefore = new Uint8Array(world.sites.length);
    for (const pool of all) if (pools.minCount[pool]! > 0) openedBefore[pools.site[pool]!] = 1;
    const opening = (site: number): number => siteAnnualUsd(world, site).openingCapexUsd;
    const poolWeights = Float64Array.from(spending, (pool) => {
      const price = moduleAnnualUsd(world, pools.site[pool]!, poolModule[pool]!);
      return price.acceleratorsCapexUsd + price.buildingCapexUsd;
    });
    limits.push({
      name,
      upper: upper + boughtBefore(spending, poolWeights),
      of: "purchases",
      sites,
      siteWeights: Float64Array.from(sites, (site) => (openedBefore[site] ? 0 : opening(site))),
      pools: spending,
      poolWeights,
    });
  };
  const total = world.limits.budgetUsd[period];
  if (total !== null && total !== undefined) budget("budget", total, () => true);
  for (const [index, owner] of world.owners.entries()) {
    const upper = owner.capexBudgetUsd[period];
    if (upper !== null && upper !== undefined) {
      budget(`budget of ${owner.id}`, upper, (site) => world.sites[site]!.owner === index);
    }
  }
  for (const zone of world.limits.zones) {
    const inZone = new Set(zone.sites);
    const drawing = all.filter((pool) => inZone.has(pools.site[pool]!));
    limits.push({
      name: `power of zone ${zone.id}`,
      upper: lastingKw(zone.powerLimitKw, period, terms),
      ...noSites,
      pools: drawing,
      poolWeights: Float64Array.from(drawing, (pool) => pools.kw[pool]!),
    });
  }
  for (const [index, module] of world.modules.entries()) {
    const upper = module.supplyPerPeriod[period];
    if (upper === null || upper === undefined) continue;
    const bought = all.filter((pool) => poolModule[pool] === index && !poolInstalled[pool]);
    const ones = new Float64Array(bought.length).fill(1);
    limits.push({
      name: `supply of ${module.id}`,
      upper: upper + boughtBefore(bought, ones),
      of: "purchases",
      ...noSites,
      pools: bought,
      poolWeights: ones,
    });
  }
  for (const [site, place] of world.sites.entries()) {
    for (const { module, count } of place.installed) {
      const shared = all.filter(
        (pool) => pools.site[pool] === site && poolModule[pool] === module && poolInstalled[pool] === 1,
      );
      // One use alone is limited by the pool itself.
      if (shared.length < 2) continue;
      limits.push({
        name: `installed ${world.modules[module]!.id} at ${place.id}`,
        upper: count,
        ...noSites,
        pools: shared,
        poolWeights: new Float64Array(shared.length).fill(1),
      });
    }
  }
  return limits;
}
