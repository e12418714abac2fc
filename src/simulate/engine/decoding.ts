/** The decoding sequences of the engine whose record begins at `at`: who joins them, who leaves, and when the first is done. */
import type { EngineKind } from "./engine-kind.ts";
import * as engineRecords from "./engine-records.ts";
import { pushFinish } from "./finish-heap.ts";
import { headOf } from "./request-list.ts";
import * as requestRecords from "./request-records.ts";
import type { RequestTable } from "./request-table.ts";

// Of this module, so that they are constants to the compiler: what is imported is fetched and checked at every use.
const { engineFloat, engineInt } = engineRecords;
const { requestFloat, requestInt, requestInts, requestSize } = requestRecords;

/** A request whose prompt is done begins to gain a token per step. */
export function joinDecode(
  { kv, units, gain, records }: EngineKind,
  at: number,
  table: RequestTable,
  request: number,
): void {
  const { float, int } = records;
  const ints = request * requestInts;
  const floats = request * requestSize;
  const counter = float[at + engineFloat.counter]!;
  const held = table.int[ints + requestInt.prefillTarget]!;
  const left = table.int[ints + requestInt.outputTokens]! - table.int[ints + requestInt.generatedTokens]!;
  const offset = held * units - counter * gain;
  table.float[floats + requestFloat.kvOffset] = offset;
  table.float[floats + requestFloat.finishStep] = counter + Math.ceil((left * units) / gain);
  const heap = 2 * at + engineInt.finishHeap;
  int[heap] = pushFinish(table, int[heap]!, request);
  int[2 * at + engineInt.sequences] = int[2 * at + engineInt.sequences]! + 1;
  float[at + engineFloat.contextTokens] = float[at + engineFloat.contextTokens]! + (held + 1);
  kv.join(at, offset);
}

/** Takes a sequence out of the decode totals and frees its blocks; heap and batch list are the caller's. */
export function leaveDecode(
  { kv, units, gain, records }: EngineKind,
  at: number,
  table: RequestTable,
  request: number,
): void {
  const { float, int } = records;
  const offset = table.float[request * requestSize + requestFloat.kvOffset]!;
  const held = offset + float[at + engineFloat.counter]! * gain;
  int[2 * at + engineInt.sequences] = int[2 * at + engineInt.sequences]! - 1;
  float[at + engineFloat.contextTokens] = float[at + engineFloat.contextTokens]! - (held / units + 1);
  kv.leave(at, offset);
  kv.release(at, held);
}

/** Steps until the first of the sequences has its last token. */
export function stepsToFinish({ records: { float, int } }: EngineKind, at: number, table: RequestTable): number {
  const first = int[2 * at + engineInt.finishHeap]!;
  return table.float[first * requestSize + requestFloat.finishStep]! - float[at + engineFloat.counter]!;
}

/** Whether the next step finds no block for a sequence that crosses into one. */
export function isNextStepShort({ kv, gain, records: { float, int } }: EngineKind, at: number): boolean {
  // No sequence takes more than one block of the usual size in a step.
  if (gain <= kv.blockTokens && kv.free(at) >= int[2 * at + engineInt.sequences]!) return false;
  const counter = float[at + engineFloat.counter]!;
  if (gain === 1) return kv.dueAfter(at, counter) > kv.free(at);
  return kv.stepsWithin(at, counter * gain, gain) < gain;
}

/** Puts the sequences in order anew, those of a list of running requests; a heap gives up no node from its middle. */
export function rebuildFinishHeap({ records: { int } }: EngineKind, at: number, table: RequestTable): void {
  let heap = -1;
  for (let request = headOf(int, 2 * at + engineInt.running); request >= 0;) {
    heap = pushFinish(table, heap, request);
    request = table.int[request * requestInts + requestInt.next]!;
  }
  int[2 * at + engineInt.finishHeap] = heap;
}
