import type { RequestTable } from "./request-table.ts";

/**
 * The decoding requests of one engine by the step in which they finish: a skew heap threaded through the request table
 * (Sleator and Tarjan, SIAM J. Comput. 1986), so it needs no memory of its own. Heaps are named by their root slot, -1
 * when empty. Requests that finish in the same step leave in the order of their slots' serial numbers, which keeps a
 * run the same whatever order the heap was built in.
 */
export function mergeHeaps(table: RequestTable, a: number, b: number): number {
  if (a < 0) return b;
  if (b < 0) return a;
  const { heapLeft, heapRight } = table;
  let root = -1;
  let tail = -1;
  let one = a;
  let other = b;
  // Walks down the right spines, taking the smaller root each time; the children of every node on the way change sides.
  while (one >= 0 && other >= 0) {
    if (finishesBefore(table, other, one)) {
      const swap = one;
      one = other;
      other = swap;
    }
    if (tail < 0) root = one;
    else heapLeft[tail] = one;
    tail = one;
    const right = heapRight[one]!;
    heapRight[one] = heapLeft[one]!;
    one = right;
  }
  heapLeft[tail] = one >= 0 ? one : other;
  return root;
}

/** Adds one request; returns the new root. */
export function pushFinish(table: RequestTable, root: number, request: number): number {
  table.heapLeft[request] = -1;
  table.heapRight[request] = -1;
  return mergeHeaps(table, root, request);
}

/** Removes the root; returns the new one. */
export function popFinish(table: RequestTable, root: number): number {
  return mergeHeaps(table, table.heapLeft[root]!, table.heapRight[root]!);
}

function finishesBefore(table: RequestTable, a: number, b: number): boolean {
  const stepA = table.finishStep[a]!;
  const stepB = table.finishStep[b]!;
  return stepA !== stepB ? stepA < stepB : table.serial[a]! < table.serial[b]!;
}
