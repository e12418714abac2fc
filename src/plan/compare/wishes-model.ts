/** The question of wishes as a model: everything the scenario limits, with each wish and limit in rows of its own. */
import { tiers } from "../../catalog/index.ts";
import { formulate } from "../problem/formulate.ts";
import { continueModel, type MipBuilder } from "../problem/mip-builder.ts";
import type { RowGroup } from "../document/smallest-clash.ts";
import type { MipModel } from "../problem/solver.ts";
import type { ServiceWish } from "./weigh-wishes.ts";
import type { WorldProblem } from "../world/world-problem.ts";
import { portPerPlannedGbps } from "../problem/planned-port.ts";

export interface Wishes {
  /** Least share of each workload's peak requests to serve, by position in `world.workloads`; null = no wish. */
  readonly servedRatio: readonly (number | null)[];
  /** Least share of each training demand to provide, by position in `world.training`; no wish where left out or null. */
  readonly trainedRatio?: readonly (number | null)[];
  /** Most the plan may cost a year to build and run, penalties not counted, USD; null = no wish. */
  readonly costUsdPerYear: number | null;
  /** Position in `world.periods`; the first when left out. */
  readonly period?: number;
}

/** A wish or limit of a clash, and the least change of it alone that ends the clash. */
export interface Clashing {
  readonly name: string;
  readonly kind: "wish" | "limit";
  readonly unit:
    | "share"
    | "USD/year"
    | "USD"
    | "MW"
    | "Gbit/s"
    | "sites"
    | "modules"
    | "rule"
    | "law of nature or state";
  /** As it is, in its unit; null for what has no amount. */
  readonly amount: number | null;
  /** What it would have to be with all else as it is; null when changing it alone does not help or could not be told. */
  readonly wouldDo: number | null;
  /** Where or why, in words; empty when there is nothing to add. */
  readonly detail: string;
}

/** A part of the question that can be dropped: its rows in the model and what they are in the user's units. */
export interface Demand extends RowGroup {
  readonly kind: Clashing["kind"];
  readonly unit: Clashing["unit"];
  readonly amount: number | null;
  /** Amount in its unit of one unit of slack in its rows, with the sign of the change. */
  readonly scale: number;
  readonly places: readonly string[];
  /** What goes when it is dropped. */
  readonly part:
    | { readonly kind: "service"; readonly wish: ServiceWish }
    | { readonly kind: "cost" }
    | { readonly kind: "limits"; readonly limits: readonly number[] }
    | { readonly kind: "power" | "ports" | "open"; readonly sites: readonly number[] };
}

/** Below this a limit counts as met by any number of sites or modules. */
export const noticeable = 1e-6;
/** Up to this many arcs the tightest model is written. */
export const tightUpToArcs = 12_000;

export function writeModel(planned: WorldProblem, wishes: Wishes): { model: MipModel; demands: Demand[] } {
  const { world, problem } = planned;
  const { pools, sites, arcs, rows } = problem;
  const free = (): Float64Array => new Float64Array(sites.count).fill(Infinity);
  // Power, ports and forced sites are rows of their own here, so that they can be lifted.
  const eased = { ...problem, sites: { ...sites, kw: free(), gbps: free(), forced: new Uint8Array(sites.count) } };
  // Ties of service to open sites make it far easier to tell that something is impossible.
  const formulation = formulate(eased, arcs.pool.length <= tightUpToArcs ? "all" : new Set());
  const builder = continueModel(formulation.model);
  const demands: Demand[] = [];

  const asks = [
    ...wishes.servedRatio.map((ratio, workload) => {
      return { ratio, name: world.workloads[workload]!.id, parts: () => servedParts(planned, workload) };
    }),
    ...(wishes.trainedRatio ?? []).map((ratio, training) => {
      const { id, pflops } = world.training[training]!;
      const whole = { row: planned.demandRowCount + training, peakPerS: pflops[planned.period]! };
      return { ratio, name: id, parts: () => [whole] };
    }),
  ];
  for (const ask of asks) {
    const { ratio } = ask;
    if (ratio === null) continue;
    const parts = ask.parts();
    const asked = parts.reduce((sum, { peakPerS }) => sum + peakPerS, 0);
    if (asked === 0) continue;
    const row = builder.addRow(ratio - noticeable, Infinity);
    for (const { row: demandRow, peakPerS } of parts) {
      for (let arc = arcs.starts[demandRow]!; arc < arcs.starts[demandRow + 1]!; arc++) {
        builder.addEntry(formulation.firstArcCol + arc, peakPerS / asked);
      }
    }
    const name = `serve ${ask.name}`;
    const wish = { ratio, parts: parts.map((entry) => ({ row: entry.row, part: entry.peakPerS / asked })) };
    const part = { kind: "service", wish } as const;
    demands.push({ name, rows: [row], kind: "wish", unit: "share", amount: ratio, scale: -1, places: [], part });
  }
  const { costUsdPerYear } = wishes;
  if (costUsdPerYear !== null) {
    const size = Math.max(1, Math.abs(costUsdPerYear));
    const row = builder.addRow(-Infinity, (costUsdPerYear - (problem.constantUsd ?? 0)) / size);
    const { model } = formulation;
    const isPenalty = (col: number): boolean =>
      col >= formulation.firstUnservedCol && col < formulation.firstUnservedCol + rows.count;
    for (let col = 0; col < model.numCols; col++)
      if (!isPenalty(col)) builder.addEntry(col, model.colCost[col]! / size);
    const name = "cost to build and run";
    demands.push({
      name,
      rows: [row],
      kind: "wish",
      unit: "USD/year",
      amount: costUsdPerYear,
      scale: size,
      places: [],
      part: { kind: "cost" },
    });
  }
  for (const limits of limitFamilies(problem.limits)) {
    const [l] = limits as [number];
    const { name, upper } = problem.limits[l]!;
    const unit = limits.length > 1 ? "rule" : unitOf(name);
    const perUnit = unit === "MW" ? 1e-3 : 1;
    demands.push({
      name: limits.length > 1 ? `${familyOf(name)} (${limits.length} limits)` : name,
      rows: limits.map((each) => formulation.limitRow[each]!),
      kind: "limit",
      unit,
      amount: unit === "rule" ? null : upper * perUnit,
      scale: perUnit,
      places: [],
      part: { kind: "limits", limits },
    });
  }
  for (const tier of tiers) {
    const here = [...sites.kw.keys()].filter((site) => world.sites[site]!.tier === tier);
    const powered = here.filter((site) => Number.isFinite(sites.kw[site]!));
    const kwRows = powered.map((site) => {
      const row = builder.addRow(-Infinity, sites.kw[site]!);
      for (let pool = 0; pool < pools.count; pool++) {
        if (pools.site[pool] === site) builder.addEntry(formulation.moduleCol[pool]!, pools.kw[pool]!);
      }
      return row;
    });
    const total = powered.reduce((sum, site) => sum + sites.kw[site]!, 0) / 1000;
    const places = powered.map((site) => world.sites[site]!.id);
    const name = `power of ${tier} sites`;
    if (powered.length > 0)
      demands.push({
        name,
        rows: kwRows,
        kind: "limit",
        unit: "MW",
        amount: total,
        scale: 1e-3,
        places,
        part: { kind: "power", sites: powered },
      });
  }
  addPorts(planned, builder, formulation.firstArcCol, demands);
  for (const [site, isForced] of sites.forced.entries()) {
    const col = formulation.openCol[site]!;
    if (isForced !== 1 || col < 0) continue;
    const row = builder.addRow(1, Infinity);
    builder.addEntry(col, 1);
    const name = `site ${world.sites[site]!.id} is ${world.sites[site]!.status === "existing" ? "there" : "forced open"}`;
    const part = { kind: "open", sites: [site] } as const;
    demands.push({ name, rows: [row], kind: "limit", unit: "rule", amount: null, scale: 1, places: [], part });
  }
  return { model: builder.build(), demands };
}

function addPorts({ world, problem }: WorldProblem, builder: MipBuilder, firstArcCol: number, demands: Demand[]): void {
  const { sites, arcs, pools, rows } = problem;
  const entries: { arc: number; gbps: number }[][] = Array.from({ length: sites.count }, () => []);
  for (let row = 0; row < rows.count; row++) {
    if (rows.gbps[row] === 0) continue;
    for (let arc = arcs.starts[row]!; arc < arcs.starts[row + 1]!; arc++) {
      entries[pools.site[arcs.pool[arc]!]!]!.push({ arc, gbps: rows.gbps[row]! });
    }
  }
  for (const tier of tiers) {
    const ported = [...entries.keys()].filter((site) => {
      const most = entries[site]!.reduce((sum, { gbps }) => sum + gbps, 0);
      // Ports that all traffic together does not fill clash with nothing.
      return world.sites[site]!.tier === tier && most > sites.gbps[site]!;
    });
    if (ported.length === 0) continue;
    const portRows = ported.map((site) => {
      const row = builder.addRow(-Infinity, sites.gbps[site]!);
      for (const { arc, gbps } of entries[site]!) builder.addEntry(firstArcCol + arc, gbps);
      return row;
    });
    demands.push({
      name: `ports of ${tier} sites`,
      rows: portRows,
      kind: "limit",
      unit: "Gbit/s",
      amount: ported.reduce((sum, site) => sum + world.sites[site]!.portGbps, 0),
      scale: portPerPlannedGbps(world),
      places: ported.map((site) => world.sites[site]!.id),
      part: { kind: "ports", sites: ported },
    });
  }
}

/** Limits of one kind that are listed one by one; more of them are asked about together. */
const listedOfFamily = 6;

const familyOf = (name: string): string => name.replace(/ (of|at|for) .*$/, "");

/** Positions of limits, those of large families together. */
function limitFamilies(limits: readonly { readonly name: string }[]): number[][] {
  const families = Map.groupBy(limits.keys(), (l) => familyOf(limits[l]!.name));
  return [...families.values()].flatMap((family) =>
    family.length > listedOfFamily ? [family] : family.map((limit) => [limit]),
  );
}

/** Units by the first words of a limit's name; the others have no amount to change. */
const unitsByName: readonly (readonly [string, Clashing["unit"]])[] = [
  ["power of", "MW"],
  ["budget", "USD"],
  ["backhaul", "Gbit/s"],
  ["most sites", "sites"],
  ["supply", "modules"],
  ["allotment", "modules"],
  ["installed", "modules"],
];

function unitOf(name: string): Clashing["unit"] {
  return unitsByName.find(([words]) => name.startsWith(words))?.[1] ?? "rule";
}

/** Rows of a workload with their part of its peak requests. */
function servedParts(planned: WorldProblem, workload: number): { row: number; peakPerS: number }[] {
  const { world, period, demandRowCount, memberStarts, members } = planned;
  const parts: { row: number; peakPerS: number }[] = [];
  for (let row = 0; row < demandRowCount; row++) {
    let peakPerS = 0;
    for (let i = memberStarts[row]!; i < memberStarts[row + 1]!; i++) {
      const demand = world.demand[members[i]!]!;
      if (demand.workload === workload) peakPerS += demand.peakPerS[period]!;
    }
    if (peakPerS > 0) parts.push({ row, peakPerS });
  }
  return parts;
}
