import * as requestRecords from "./request-records.ts";
import type { RequestTable } from "./request-table.ts";

// Of this module, so that they are constants to the compiler: what is imported is fetched and checked at every use.
const { requestInt, requestInts } = requestRecords;

/** Where the ends and the length of a list stand, from the list's own place in `ints` on: three integers. */
const head = 0;
const tail = 1;
const length = 2;
/**
 * Lists of requests threaded through the request table; a request is in one list at a time. A list is a place in `ints`
 * where its ends and its length stand; slots, -1 when absent. The functions are free, so that a list is no object: an
 * engine's lists lie in its own record.
 */
export function clearList(ints: Int32Array, list: number): void {
  ints[list + head] = -1;
  ints[list + tail] = -1;
  ints[list + length] = 0;
}

export function headOf(ints: Int32Array, list: number): number {
  return ints[list + head]!;
}

export function tailOf(ints: Int32Array, list: number): number {
  return ints[list + tail]!;
}

export function lengthOf(ints: Int32Array, list: number): number {
  return ints[list + length]!;
}

/** Inserts behind `before`, or at the head when that is -1. */
export function insertAfter(
  ints: Int32Array,
  list: number,
  { int }: RequestTable,
  before: number,
  request: number,
): void {
  const at = request * requestInts;
  const after = before < 0 ? ints[list + head]! : int[before * requestInts + requestInt.next]!;
  int[at + requestInt.previous] = before;
  int[at + requestInt.next] = after;
  if (before < 0) ints[list + head] = request;
  else int[before * requestInts + requestInt.next] = request;
  if (after < 0) ints[list + tail] = request;
  else int[after * requestInts + requestInt.previous] = request;
  ints[list + length] = ints[list + length]! + 1;
}

export function append(ints: Int32Array, list: number, table: RequestTable, request: number): void {
  insertAfter(ints, list, table, ints[list + tail]!, request);
}

export function remove(ints: Int32Array, list: number, { int }: RequestTable, request: number): void {
  const before = int[request * requestInts + requestInt.previous]!;
  const after = int[request * requestInts + requestInt.next]!;
  if (before < 0) ints[list + head] = after;
  else int[before * requestInts + requestInt.next] = after;
  if (after < 0) ints[list + tail] = before;
  else int[after * requestInts + requestInt.previous] = before;
  ints[list + length] = ints[list + length]! - 1;
}
