import { tiers, type World } from "../../catalog/index.ts";
import type { Routes } from "../../route/index.ts";
import type { Fleet } from "../engine/fleet.ts";
import { makeRecords } from "../chance/records.ts";
import type { ResidencyAudit } from "../measure/residency-audit.ts";
import type { Traffic } from "../measure/traffic.ts";

/** What every request asks of its row of `World.demand`, by position within the row's record. */
export const rowInt = {
  workload: 0,
  area: 1,
  /** Number by which `Traffic` counts. */
  stream: 2,
  /** Number by which `ResidencyAudit` judges. */
  auditOrigin: 3,
  /** Where its lane's terms stand: position of the array in `RowLanes`, 0 = not looked up yet, and within it, see `Choices`. */
  shelf: 4,
  count: 5,
  front: 6,
  rest: 7,
} as const;
export const rowInts = 8;

/** The rows of the demand as records of integers, two of them to a line of memory. */
export function packRows({ demand }: World, traffic: Traffic, audit: ResidencyAudit): Int32Array {
  const { int } = makeRecords(demand.length, rowInts / 2);
  const streamOfRow = traffic.streamOfRow();
  for (const [row, { workload, area }] of demand.entries()) {
    const at = row * rowInts;
    int[at + rowInt.workload] = workload;
    int[at + rowInt.area] = area;
    int[at + rowInt.stream] = streamOfRow[row]!;
    int[at + rowInt.auditOrigin] = audit.originOf(row);
  }
  return int;
}

/** What every request asks of the group that serves it, by position within the group's record. */
export const groupFloat = {
  site: 0,
  tier: 1,
  /** Time outside the steps between a request's arrival and the queue, ms. */
  requestOverheadMs: 2,
  /** Longest input plus output. */
  maxRequestTokens: 3,
} as const;
export const groupSize = 4;

/** The groups of the routes as records, two of them to a line of memory; NaN where the model does not fit. */
export function packGroups(world: World, { groups }: Routes, fleet: Fleet): Float64Array {
  const { float } = makeRecords(groups.length, groupSize);
  for (const [group, { site }] of groups.entries()) {
    const costs = fleet.costsOfGroup(group);
    const at = group * groupSize;
    float[at + groupFloat.site] = site;
    float[at + groupFloat.tier] = tiers.indexOf(world.sites[site]!.tier);
    float[at + groupFloat.requestOverheadMs] = costs?.requestOverheadMs ?? Number.NaN;
    float[at + groupFloat.maxRequestTokens] = costs?.maxRequestTokens ?? Number.NaN;
  }
  return float;
}
