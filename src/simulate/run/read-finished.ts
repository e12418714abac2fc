import * as requestRecords from "../engine/request-records.ts";
import type { RequestTable } from "../engine/request-table.ts";
import { readTimes } from "../measure/completed-request.ts";
import type { FinishedBatch } from "../measure/finished-batch.ts";
import * as packedPlaces from "../mesh/packed-places.ts";

// Of this module, so that they are constants to the compiler: what is imported is fetched and checked at every use.
const { groupFloat, groupSize } = packedPlaces;
const { requestInt, requestInts } = requestRecords;

/** Fills in what is measured of a request that had its last token at `timeMs`, at a place of the batch; `groups` as `packGroups` has them. */
export function readFinished(
  table: RequestTable,
  groups: Float64Array,
  workloads: number,
  request: number,
  timeMs: number,
  out: FinishedBatch,
  at: number,
): void {
  const { int } = table;
  const ints = request * requestInts;
  const group = int[ints + requestInt.group]!;
  const stream = int[ints + requestInt.stream]!;
  const place = group * groupSize;
  out.row[at] = int[ints + requestInt.row]!;
  out.workload[at] = stream % workloads;
  out.stream[at] = stream;
  out.tier[at] = groups[place + groupFloat.tier]!;
  out.site[at] = groups[place + groupFloat.site]!;
  out.group[at] = group;
  readTimes(table, request, timeMs, groups[place + groupFloat.requestOverheadMs]!, out, at);
}
