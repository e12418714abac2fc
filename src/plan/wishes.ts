/**
 * Wishes about a plan (serve so much, spend no more than that) against everything the scenario limits: whether they can be
 * had together, and if not, the smallest set of wishes and limits that clash and how far each would have to give way.
 */
import { tiers, type World } from "../catalog/index.ts";
import { explainPhysics } from "../route/index.ts";
import { formulate, rowsOfArcs } from "./formulate.ts";
import { MipBuilder } from "./mip-builder.ts";
import { restrictArcs } from "./restrict-arcs.ts";
import type { PathOptions, PathTools } from "./solution-path.ts";
import { findSmallestClash, leastRelaxation, withGroups, type RowGroup } from "./smallest-clash.ts";
import type { MipModel, SolveOptions } from "./solver.ts";
import { worldProblem, type WorldProblem } from "./world-problem.ts";

export interface Wishes {
  /** Least share of each workload's peak requests to serve, by position in `world.workloads`; null = no wish. */
  readonly servedRatio: readonly (number | null)[];
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

export interface WishesAnswer {
  readonly possible: boolean | null;
  /** Empty when everything can be had, or nothing could be told in time. */
  readonly clash: readonly Clashing[];
  /** Whether no smaller set clashes. */
  readonly smallest: boolean;
}

/** A part of the question that can be dropped: its rows in the model and what they are in the user's units. */
interface Demand extends RowGroup {
  readonly kind: Clashing["kind"];
  readonly unit: Clashing["unit"];
  readonly amount: number | null;
  /** Amount in its unit of one unit of slack in its rows, with the sign of the change. */
  readonly scale: number;
  readonly places: readonly string[];
}

/** Below this a limit counts as met by any number of sites or modules. */
const noticeable = 1e-6;
/** Up to this many arcs the tightest model is written. */
const tightUpToArcs = 12_000;
/** Sites named one by one where they give way. */
const namedPlaces = 5;

export async function answerWishes(
  world: World,
  wishes: Wishes,
  tools: PathTools,
  options: PathOptions,
): Promise<WishesAnswer> {
  const planned = onlyWished(worldProblem(world, wishes.period ?? 0), wishes);
  const beyond = outOfReach(planned, wishes);
  if (beyond.length > 0) return { possible: false, clash: beyond, smallest: true };
  const { model, demands } = writeModel(planned, wishes);
  const solving = {
    timeLimitS: options.timeLimitS,
    relativeGap: options.relativeGap,
    seed: options.seed,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  };
  const found = await findSmallestClash(model, demands, tools.solver, solving);
  if (found === null) return { possible: null, clash: [], smallest: false };
  if (found.groups.length === 0) return { possible: found.proven ? true : null, clash: [], smallest: found.proven };
  const clash: Clashing[] = [];
  for (const position of found.groups) {
    const demand = demands[position]!;
    clash.push(await giveWay(model, demands, found.groups, demand, tools, solving));
  }
  return { possible: false, clash, smallest: found.proven };
}

/** Without the arcs of demand nobody wishes to be served: leaving it unserved never clashes with anything. */
function onlyWished(planned: WorldProblem, { servedRatio }: Wishes): WorldProblem {
  const { world, problem, demandRowCount, memberStarts, members } = planned;
  if (problem.limits.some((limit) => limit.arcs !== undefined)) return planned;
  const { arc, ...kept } = restrictRows(planned, (row) => {
    if (row >= demandRowCount) return false;
    return servedRatio[world.demand[members[memberStarts[row]!]!]!.workload] !== null;
  });
  return { ...planned, ...kept, arcOption: Uint8Array.from(arc, (from) => planned.arcOption[from]!) };
}

function restrictRows({ problem }: WorldProblem, keeps: (row: number) => boolean) {
  const rowOf = rowsOfArcs(problem);
  return restrictArcs(problem, (arc) => keeps(rowOf[arc]!), Infinity);
}

async function giveWay(
  model: MipModel,
  demands: readonly Demand[],
  clash: readonly number[],
  demand: Demand,
  tools: PathTools,
  options: SolveOptions,
): Promise<Clashing> {
  const { name, kind, unit, amount, scale, places } = demand;
  let slack = await leastRelaxation(model, demand, tools.solver, options);
  let remains = "";
  if (slack === null) {
    // Another clash stands in the way of everything else; then this much ends the one at hand.
    slack = await leastRelaxation(withGroups(model, demands, new Set(clash)), demand, tools.solver, options);
    remains = "; something else clashes then";
  }
  if (slack === null) return { name, kind, unit, amount, wouldDo: null, detail: "could not be told in time" };
  const total = slack.reduce((sum, value) => sum + value, 0);
  const where = places
    .map((place, i) => ({ place, by: slack[i]! * scale }))
    .filter(({ by }) => by > noticeable)
    .sort((a, b) => b.by - a.by);
  const detail = where
    .slice(0, namedPlaces)
    .map(({ place, by }) => `${place} +${by.toPrecision(3)} ${unit}`)
    .join(", ");
  const wouldDo = amount === null ? null : amount + total * scale;
  return {
    name,
    kind,
    unit,
    amount,
    wouldDo: unit === "sites" || unit === "modules" ? wouldDo && Math.ceil(wouldDo - noticeable) : wouldDo,
    detail: `${detail}${where.length > namedPlaces ? ` and ${where.length - namedPlaces} more` : ""}${remains}`.replace(
      /^; /,
      "",
    ),
  };
}

/** Wishes that no amount of money or power fulfils: more is asked to be served than any site may serve. */
function outOfReach(planned: WorldProblem, { servedRatio }: Wishes): Clashing[] {
  const { world, period, problem, demandRowCount, memberStarts, members, policy } = planned;
  for (const [workload, wanted] of servedRatio.entries()) {
    if (wanted === null) continue;
    let [asked, reachable] = [0, 0];
    let largest = { peakPerS: 0, row: -1 };
    for (let row = 0; row < demandRowCount; row++) {
      const hasArcs = problem.arcs.starts[row + 1]! > problem.arcs.starts[row]!;
      for (let i = memberStarts[row]!; i < memberStarts[row + 1]!; i++) {
        const demand = world.demand[members[i]!]!;
        if (demand.workload !== workload) continue;
        const peakPerS = demand.peakPerS[period]!;
        asked += peakPerS;
        if (hasArcs) reachable += peakPerS;
        else if (peakPerS > largest.peakPerS) largest = { peakPerS, row: members[i]! };
      }
    }
    const most = asked > 0 ? reachable / asked : 1;
    if (most >= wanted - noticeable || largest.row < 0) continue;
    const { id } = world.workloads[workload]!;
    const origin = world.demand[largest.row]!;
    const physics = explainPhysics(policy, origin);
    const where = `${world.areas[origin.area]!.id} over ${world.accessTypes[origin.access]!.id}`;
    return [
      { name: `serve ${id}`, kind: "wish", unit: "share", amount: wanted, wouldDo: most, detail: "" },
      {
        name: `what may serve ${id} at all`,
        kind: "limit",
        unit: "law of nature or state",
        amount: null,
        wouldDo: null,
        detail: `the largest part out of reach is ${where} (${physics.verdict}); would help there: ${physics.remedies.slice(0, 2).join("; or ")}`,
      },
    ];
  }
  return [];
}

function writeModel(planned: WorldProblem, wishes: Wishes): { model: MipModel; demands: Demand[] } {
  const { world, problem } = planned;
  const { pools, sites, arcs, rows } = problem;
  const free = (): Float64Array => new Float64Array(sites.count).fill(Infinity);
  // Power, ports and forced sites are rows of their own here, so that they can be lifted.
  const eased = { ...problem, sites: { ...sites, kw: free(), gbps: free(), forced: new Uint8Array(sites.count) } };
  // Ties of service to open sites make it far easier to tell that something is impossible.
  const formulation = formulate(eased, arcs.pool.length <= tightUpToArcs ? "all" : new Set());
  const builder = continueModel(formulation.model);
  const demands: Demand[] = [];

  for (const [workload, ratio] of wishes.servedRatio.entries()) {
    if (ratio === null) continue;
    const parts = servedParts(planned, workload);
    const asked = parts.reduce((sum, { peakPerS }) => sum + peakPerS, 0);
    if (asked === 0) continue;
    const row = builder.addRow(ratio - noticeable, Infinity);
    for (const { row: demandRow, peakPerS } of parts) {
      for (let arc = arcs.starts[demandRow]!; arc < arcs.starts[demandRow + 1]!; arc++) {
        builder.addEntry(formulation.firstArcCol + arc, peakPerS / asked);
      }
    }
    const name = `serve ${world.workloads[workload]!.id}`;
    demands.push({ name, rows: [row], kind: "wish", unit: "share", amount: ratio, scale: -1, places: [] });
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
      demands.push({ name, rows: kwRows, kind: "limit", unit: "MW", amount: total, scale: 1e-3, places });
  }
  addPorts(planned, builder, formulation.firstArcCol, demands);
  for (const [site, isForced] of sites.forced.entries()) {
    const col = formulation.openCol[site]!;
    if (isForced !== 1 || col < 0) continue;
    const row = builder.addRow(1, Infinity);
    builder.addEntry(col, 1);
    const name = `site ${world.sites[site]!.id} is ${world.sites[site]!.status === "existing" ? "there" : "forced open"}`;
    demands.push({ name, rows: [row], kind: "limit", unit: "rule", amount: null, scale: 1, places: [] });
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
      amount: ported.reduce((sum, site) => sum + sites.gbps[site]!, 0),
      scale: 1,
      places: ported.map((site) => world.sites[site]!.id),
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

/** A builder that already holds a model. */
function continueModel(model: MipModel): MipBuilder {
  const builder = new MipBuilder();
  builder.addOffset(model.offset);
  for (let col = 0; col < model.numCols; col++) {
    builder.addCol(model.colCost[col]!, model.colLower[col]!, model.colUpper[col]!, model.colInteger[col] === 1);
  }
  for (let row = 0; row < model.numRows; row++) {
    builder.addRow(model.rowLower[row]!, model.rowUpper[row]!);
    for (let i = model.rowStarts[row]!; i < model.rowStarts[row + 1]!; i++) {
      builder.addEntry(model.colIndices[i]!, model.values[i]!);
    }
  }
  return builder;
}
