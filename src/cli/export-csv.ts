import type { PlanDocument } from "../plan/index.ts";
import { readPlan } from "./read-plan.ts";
import { writeTables, type Table } from "./write-tables.ts";

/** `disperse export plan.json`: the plan as tables, one CSV file each, units in the column names. */
export function exportCsv(file: string, options: { out: string }): void {
  writeTables(options.out, tablesOf(readPlan(file)), "--out");
}

function tablesOf({ world, deployment, sites, cost, unserved, training }: PlanDocument): Table[] {
  const costOfSite = new Map(cost?.bySite.map((entry) => [entry.site, entry.usdPerYear]));
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
      rows: sites.map((load) => {
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
        if (pool.groups.length === 0) return [[...start, null, null, null, null, null]];
        return pool.groups.map((group) => [
          ...start,
          group.workloads.map((workload) => world.workloads[workload]!.id).join(" "),
          group.tensorParallel,
          group.replicas,
          group.speedRatio,
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
