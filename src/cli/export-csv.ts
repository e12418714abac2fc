import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { PlanDocument } from "../plan/index.ts";
import { CommandFailure, exitCodes } from "./exit-codes.ts";
import { readPlan } from "./read-plan.ts";
import { writeFile } from "./write-file.ts";

type Cell = string | number | null;
type Table = { readonly name: string; readonly head: readonly string[]; readonly rows: readonly (readonly Cell[])[] };

/** `disperse export plan.json`: the plan as tables, one CSV file each, units in the column names. */
export function exportCsv(file: string, options: { out: string }): void {
  const plan = readPlan(file);
  try {
    mkdirSync(options.out, { recursive: true });
  } catch (error) {
    const { code = "unknown error" } = error as NodeJS.ErrnoException;
    throw new CommandFailure(exitCodes.invalid, `--out: the folder ${options.out} cannot be made: ${code}.`);
  }
  for (const table of tablesOf(plan)) {
    const path = join(options.out, `${table.name}.csv`);
    writeFile(path, `${[table.head, ...table.rows].map((row) => row.map(quote).join(",")).join("\r\n")}\r\n`);
    process.stderr.write(`${path}: ${table.rows.length} rows\n`);
  }
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

/** RFC 4180; a cell that a spreadsheet would run as a formula is kept as text. */
function quote(cell: Cell): string {
  if (cell === null) return "";
  if (typeof cell === "number") return String(cell);
  const text = /^[=+\-@\t]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
