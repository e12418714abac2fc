import { installedCount } from "../../finance/index.ts";
import { chipMix, demandByPeriod, egressByGeneration, everyPeriod, type PlanDocument } from "../../plan/index.ts";
import { readPlan } from "./read-plan.ts";
import { writeTables, type Table } from "../terminal/write-tables.ts";

/** `disperse export plan.json`: the plan as tables, one CSV file each, units in the column names. */
export function exportCsv(file: string, options: { out: string }): void {
  const plan = readPlan(file);
  const periods = everyPeriod(plan).map((view) => {
    const { id } = plan.world.periods[view.period]!;
    return tablesOf(view).map((table) => ({
      ...table,
      head: [...table.head, "period"],
      rows: table.rows.map((row) => [...row, id]),
    }));
  });
  // The same tables come for every period; each becomes one file.
  const joined = periods[0]!.map((table, index) => ({
    ...table,
    rows: periods.flatMap((tables) => tables[index]!.rows),
  }));
  writeTables(options.out, [...joined, ...acrossPeriods(plan)], "--out");
}

function acrossPeriods(plan: PlanDocument): Table[] {
  const table = <T extends object>(
    name: string,
    entries: readonly T[],
    columns: readonly (keyof T & string)[],
  ): Table => ({
    name,
    head: columns,
    rows: entries.map((entry) => columns.map((column) => entry[column] as string | number | null)),
  });
  return [
    table("chips", chipMix(plan), [
      "period",
      "tier",
      "kind",
      "generation",
      "module",
      "modules",
      "accelerators",
      "powerKw",
      "powerRatio",
    ]),
    table("egress", egressByGeneration(plan), ["period", "generation", "facilityKw", "peakGbps", "peakTbpsPerGw"]),
    table("demand", demandByPeriod(plan), ["period", "class", "id", "unit", "asked", "served", "growthRatio"]),
    table("purchases", purchases(plan), ["period", "site", "module", "use", "count"]),
  ];
}

function purchases(plan: PlanDocument) {
  const { world, horizon } = plan;
  return (horizon?.periods ?? [{ period: plan.period, purchases: boughtAtOnce(plan) }]).flatMap((entry) =>
    entry.purchases.map(({ site, module, trains, count }) => ({
      period: world.periods[entry.period]!.id,
      site: world.sites[site]!.id,
      module: world.modules[module]!.id,
      use: trains ? "training" : "inference",
      count,
    })),
  );
}

/** What a plan of one period buys: all beyond what stood there, of which requests take the first. */
function boughtAtOnce({ world, deployment }: PlanDocument) {
  return deployment.pools.flatMap(({ site, module, count, trainingCount }) => {
    const stood = installedCount(world, site, module);
    const serve = Math.max(0, count - stood);
    const train = Math.max(0, trainingCount - Math.max(0, stood - count));
    return [
      ...(serve > 0 ? [{ site, module, trains: false, count: serve }] : []),
      ...(train > 0 ? [{ site, module, trains: true, count: train }] : []),
    ];
  });
}

/** Sites that are used, and those that only cost: open whatever is decided, upgraded, or closed for money. */
function sitesOf({ world, period, deployment, sites, cost }: PlanDocument): PlanDocument["sites"] {
  const used = new Set(sites.map(({ site }) => site));
  const others = (cost?.bySite ?? []).filter(({ site }) => !used.has(site)).map(({ site }) => site);
  const addedKw = (site: number): number =>
    (deployment.upgrades ?? []).reduce(
      (sum, entry) => (entry.site === site ? sum + world.sites[site]!.upgrades![entry.upgrade]!.addedKw : sum),
      0,
    );
  const idle = others.map((site) => {
    const { powerLimitKw, portGbps } = world.sites[site]!;
    const nothing = { modules: 0, servedPerS: 0, powerKw: 0, egressGbps: 0 };
    return { site, ...nothing, powerLimitKw: powerLimitKw[period]! + addedKw(site), portGbps };
  });
  return [...sites, ...idle].sort((a, b) => a.site - b.site);
}

function tablesOf(plan: PlanDocument): Table[] {
  const { world, deployment, cost, unserved, training } = plan;
  const costOfSite = new Map(cost?.bySite.map((entry) => [entry.site, entry.usdPerYear]));
  const everySite = sitesOf(plan);
  return [
    {
      name: "sites",
      head: [
        "site",
        "name",
        "tier",
        "country",
        "latitude",
        "longitude",
        "modules",
        "servedPerS",
        "powerKw",
        "powerLimitKw",
        "egressGbps",
        "portGbps",
        "usdPerYear",
      ],
      rows: everySite.map((load) => {
        const site = world.sites[load.site]!;
        return [
          site.id,
          site.name,
          site.tier,
          site.country,
          site.latitude,
          site.longitude,
          load.modules,
          load.servedPerS,
          load.powerKw,
          load.powerLimitKw,
          load.egressGbps,
          load.portGbps,
          costOfSite.get(load.site) ?? null,
        ];
      }),
    },
    {
      name: "pools",
      head: [
        "pool",
        "site",
        "module",
        "count",
        "trainingCount",
        "workloads",
        "tensorParallel",
        "replicas",
        "speedRatio",
        "memoryRatio",
        "plannedPerS",
      ],
      rows: deployment.pools.flatMap((pool) => {
        const start = [
          pool.id,
          world.sites[pool.site]!.id,
          world.modules[pool.module]!.id,
          pool.count,
          pool.trainingCount,
        ];
        if (pool.groups.length === 0) return [[...start, null, null, null, null, null, null]];
        return pool.groups.map((group) => [
          ...start,
          group.workloads.map((workload) => world.workloads[workload]!.id).join(" "),
          group.tensorParallel,
          group.replicas,
          group.speedRatio,
          group.memoryRatio ?? 1,
          group.plannedPerS,
        ]);
      }),
    },
    {
      name: "flows",
      head: ["area", "workload", "access", "pool", "peakPerS", "meanPerS"],
      rows: deployment.flows.map((flow) => {
        const row = world.demand[flow.row]!;
        return [
          world.areas[row.area]!.id,
          world.workloads[row.workload]!.id,
          world.accessTypes[row.access]!.id,
          deployment.pools[flow.pool]!.id,
          flow.peakPerS,
          flow.meanPerS,
        ];
      }),
    },
    {
      name: "cost",
      head: ["item", "usdPerYear"],
      rows: Object.entries(cost?.byItem ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)),
    },
    {
      name: "unserved",
      head: [
        "workload",
        "access",
        "reason",
        "peakPerS",
        "meanPerS",
        "shareOfWorkload",
        "usdPerYear",
        "areas",
        "detail",
      ],
      rows: unserved.map((entry) => [
        entry.workload,
        entry.access,
        entry.reason,
        entry.peakPerS,
        entry.meanPerS,
        entry.shareOfWorkload,
        entry.usdPerYear,
        entry.areas,
        entry.detail,
      ]),
    },
    {
      name: "upgrades",
      head: ["site", "addedKw", "priceUsd"],
      rows: (deployment.upgrades ?? []).map(({ site, upgrade }) => {
        const { addedKw, priceUsd } = world.sites[site]!.upgrades![upgrade]!;
        return [world.sites[site]!.id, addedKw, priceUsd];
      }),
    },
    {
      name: "training",
      head: ["training", "pool", "modules", "pflops"],
      rows: training.map((entry) => [
        world.training[entry.training]!.id,
        deployment.pools[entry.pool]!.id,
        entry.modules,
        entry.pflops,
      ]),
    },
  ];
}
