/** The limits of a world beyond those of one site, with their public names. */
import { equityRatio, moduleAnnualUsd, siteAnnualUsd } from "../../finance/index.ts";
import type { CouplingLimit } from "../problem/coupling-limit.ts";
import { limitRow, type LimitRow } from "../problem/limit-rows.ts";
import { poolsThat, type LimitSource } from "./limit-source.ts";
import { coverageRows, shareRows } from "./share-limits.ts";
import { backhaulRows, campusRows, leastUseRows, parentRows, upgradeRows } from "./site-limits.ts";

/** Every coupling limit of the world in the period. */
export function worldLimits(source: LimitSource): readonly CouplingLimit[] {
  return [
    ...siteCountRows(source),
    ...budgetRows(source),
    ...zoneRows(source),
    ...supplyRows(source),
    ...installedRows(source),
    ...upgradeRows(source),
    ...shareRows(source),
    ...coverageRows(source),
    ...leastUseRows(source),
    ...backhaulRows(source),
    ...parentRows(source),
    ...campusRows(source),
  ].map(limitRow);
}

function siteCountRows({ world }: LimitSource): LimitRow[] {
  const { maxSites } = world.limits;
  if (maxSites === null) return [];
  return [{ name: "most sites", upper: maxSites, sites: world.sites.map((_, site) => [site, 1] as const) }];
}

function budgetRows(source: LimitSource): LimitRow[] {
  const { world, period, problem, poolModule, poolInstalled, auxiliary, firstAuxiliary } = source;
  const budget = (name: string, upper: number, ofOwner: (owner: number) => boolean, own: boolean): LimitRow => {
    const counts = (site: number): boolean => ofOwner(world.sites[site]!.owner);
    // Of an owner's budget only the own money counts, of the whole plan's everything that is spent.
    const part = (site: number): number => (own ? equityRatio(world.owners[world.sites[site]!.owner]!) : 1);
    const servers = poolsThat(source, (pool) => poolInstalled[pool] === 0 && counts(problem.pools.site[pool]!));
    const pools = servers.map((pool) => {
      const site = problem.pools.site[pool]!;
      const price = moduleAnnualUsd(world, site, poolModule[pool]!, period);
      return [pool, part(site) * (price.acceleratorsCapexUsd + price.buildingCapexUsd)] as const;
    });
    const upgrades = auxiliary.flatMap((pool, i) =>
      pool.kind === "upgrade" && counts(pool.site)
        ? [[firstAuxiliary + i, part(pool.site) * world.sites[pool.site]!.upgrades![pool.upgrade]!.priceUsd] as const]
        : [],
    );
    const sites = [...world.sites.keys()]
      .filter(counts)
      .map((site) => [site, part(site) * siteAnnualUsd(world, site).openingCapexUsd] as const);
    const bought = [...pools, ...upgrades];
    return { name, upper, sites, pools: bought, of: "purchases" };
  };
  const rows: LimitRow[] = [];
  const total = world.limits.budgetUsd[period] ?? null;
  if (total !== null) rows.push(budget("budget", total, () => true, false));
  for (const [index, owner] of world.owners.entries()) {
    const upper = owner.capexBudgetUsd[period] ?? null;
    if (upper !== null) rows.push(budget(`budget of ${owner.id}`, upper, (of) => of === index, true));
  }
  return rows;
}

function zoneRows(source: LimitSource): LimitRow[] {
  const { world, period, problem } = source;
  return world.limits.zones.map((zone) => {
    const inZone = new Set(zone.sites);
    const pools = poolsThat(source, (pool) => inZone.has(problem.pools.site[pool]!));
    return {
      name: `power of zone ${zone.id}`,
      upper: zone.powerLimitKw[period]!,
      pools: pools.map((pool) => [pool, problem.pools.kw[pool]!] as const),
    };
  });
}

/** Supply of each module over all sites, and what of it each owner is allotted. */
function supplyRows(source: LimitSource): LimitRow[] {
  const { world, period, problem, poolModule, poolInstalled } = source;
  const rows: LimitRow[] = [];
  const supply = (name: string, upper: number | null, counts: (pool: number) => boolean): void => {
    if (upper === null) return;
    const pools = poolsThat(source, (pool) => poolInstalled[pool] === 0 && counts(pool)).map(
      (pool) => [pool, 1] as const,
    );
    rows.push({ name, upper, pools, of: "purchases" });
  };
  for (const [index, module] of world.modules.entries()) {
    const upper = module.supplyPerPeriod[period] ?? null;
    supply(`supply of ${module.id}`, upper, (pool) => poolModule[pool] === index);
  }
  for (const [index, owner] of world.owners.entries()) {
    for (const { module, perPeriod } of owner.allotments ?? []) {
      const owns = (pool: number): boolean => world.sites[problem.pools.site[pool]!]!.owner === index;
      const name = `allotment of ${world.modules[module]!.id} to ${owner.id}`;
      supply(name, perPeriod[period] ?? null, (pool) => poolModule[pool] === module && owns(pool));
    }
  }
  return rows;
}

/** Modules that stand there already serve or train; one use alone is limited by the pool itself. */
function installedRows(source: LimitSource): LimitRow[] {
  const { world, problem, poolModule, poolInstalled } = source;
  return world.sites.flatMap((place, site) =>
    place.installed.flatMap(({ module, count }) => {
      const shared = poolsThat(
        source,
        (pool) => problem.pools.site[pool] === site && poolModule[pool] === module && poolInstalled[pool] === 1,
      );
      const name = `installed ${world.modules[module]!.id} at ${place.id}`;
      return shared.length < 2 ? [] : [{ name, upper: count, pools: shared.map((pool) => [pool, 1] as const) }];
    }),
  );
}
