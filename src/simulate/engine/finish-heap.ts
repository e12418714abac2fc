import * as requestRecords from "./request-records.ts";
import type { RequestTable } from "./request-table.ts";

// Of this module, so that they are constants to the compiler: what is imported is fetched and checked at every use.
const { requestFloat, requestInt, requestInts, requestSize } = requestRecords;

/**
 * The decoding requests of one engine by the step in which they finish: a skew heap threaded through the request table
 * (Sleator and Tarjan, SIAM J. Comput. 1986), so it needs no memory of its own. Heaps are named by their root slot, -1
 * when empty. Requests that finish in the same step leave in the order of their slots' serial numbers, which keeps a
 * run the same whatever order the heap was built in.
 */
export function mergeHeaps({ float, int }: RequestTable, a: number, b: number): number {
  if (a < 0) return b;
  if (b < 0) return a;
  let root = -1;
  let tail = -1;
  let one = a;
  let other = b;
  // Walks down the right spines, taking the smaller root each time; the children of every node on the way change sides.
  while (one >= 0 && other >= 0) {
    if (finishesBefore(float, other, one)) {
      const swap = one;
      one = other;
      other = swap;
    }
    if (tail < 0) root = one;
    else int[tail * requestInts + requestInt.heapLeft] = one;
    tail = one;
    const at = one * requestInts;
    const right = int[at + requestInt.heapRight]!;
    int[at + requestInt.heapRight] = int[at + requestInt.heapLeft]!;
    one = right;
  }
  int[tail * requestInts + requestInt.heapLeft] = one >= 0 ? one : other;
  return root;
}

/** Adds one request; returns the new root. */
export function pushFinish(table: RequestTable, root: number, request: number): number {
  const at = request * requestInts;
  table.int[at + requestInt.heapLeft] = -1;
  table.int[at + requestInt.heapRight] = -1;
  return mergeHeaps(table, root, request);
}

/** Removes the root; returns the new one. */
export function popFinish(table: RequestTable, root: number): number {
  const at = root * requestInts;
  return mergeHeaps(table, table.int[at + requestInt.heapLeft]!, table.int[at + requestInt.heapRight]!);
}

function finishesBefore(float: Float64Array, a: number, b: number): boolean {
  const stepA = float[a * requestSize + requestFloat.finishStep]!;
  const stepB = float[b * requestSize + requestFloat.finishStep]!;
  if (stepA !== stepB) return stepA < stepB;
  return float[a * requestSize + requestFloat.serial]! < float[b * requestSize + requestFloat.serial]!;
}
