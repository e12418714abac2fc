/**
 * What an engine does when its memory is full: requests admitted last go back to the head of the queue to be computed again, and
 * find then what has not been overwritten of their blocks. The engine's record begins at `at`.
 */
import type { EngineKind } from "./engine-kind.ts";
import * as engineRecords from "./engine-records.ts";
import { isNextStepShort, leaveDecode, rebuildFinishHeap } from "./decoding.ts";
import { insertAfter, remove, tailOf } from "./request-list.ts";
import { addBacklog } from "./engine-drain.ts";
import * as requestRecords from "./request-records.ts";
import type { RequestTable } from "./request-table.ts";

// Of this module, so that they are constants to the compiler: what is imported is fetched and checked at every use.
const { engineFloat, engineInt } = engineRecords;
const { requestFloat, requestInt, requestInts, requestSize } = requestRecords;

/** In place of the tokens kept of a request that this engine has not sent back to its queue. */
export const notSentBack = -1;

/** Sends back what was admitted last until the next step's blocks are there; whether anything was sent back. */
export function makeRoomForDecode(kind: EngineKind, at: number, table: RequestTable): boolean {
  const { int } = kind.records;
  let preempted = false;
  while (int[2 * at + engineInt.sequences]! > 0 && isNextStepShort(kind, at)) {
    preempt(kind, at, table, tailOf(int, 2 * at + engineInt.running));
    preempted = true;
  }
  return preempted;
}

function preempt(kind: EngineKind, at: number, table: RequestTable, request: number): void {
  const { kv, units, gain, records } = kind;
  const { float, int } = table;
  const ints = request * requestInts;
  const head = 2 * at + engineInt.prefillHead;
  float[request * requestSize + requestFloat.overwrittenFrom] = kv.overwrittenFrom(at);
  remove(records.int, 2 * at + engineInt.running, table, request);
  if (records.int[head]! >= 0) {
    int[ints + requestInt.keptTokens] = int[ints + requestInt.prefillDone]!;
    kv.release(at, int[ints + requestInt.prefillTarget]! * units);
    if (records.int[head] === request) records.int[head] = -1;
  } else {
    // Decoding: the tokens generated so far become part of what has to be computed again.
    const offset = float[request * requestSize + requestFloat.kvOffset]!;
    const held = Math.floor((offset + records.float[at + engineFloat.counter]! * gain) / units);
    const gained = held - int[ints + requestInt.prefillTarget]!;
    const generated = Math.min(
      int[ints + requestInt.generatedTokens]! + gained,
      int[ints + requestInt.outputTokens]! - 1,
    );
    int[ints + requestInt.generatedTokens] = generated;
    int[ints + requestInt.keptTokens] = held;
    leaveDecode(kind, at, table, request);
    const target = int[ints + requestInt.inputTokens]! + generated;
    int[ints + requestInt.prefillTarget] = target;
    int[ints + requestInt.prefillDone] = target;
    // Rare enough to put all others in order anew.
    rebuildFinishHeap(kind, at, table);
  }
  const cached = int[ints + requestInt.cachedTokens]!;
  addBacklog(kind, at, int[ints + requestInt.prefillDone]! - cached);
  int[ints + requestInt.prefillDone] = cached;
  records.int[2 * at + engineInt.preemptions] = records.int[2 * at + engineInt.preemptions]! + 1;
  int[ints + requestInt.preemptions] = int[ints + requestInt.preemptions]! + 1;
  insertAfter(records.int, 2 * at + engineInt.waiting, table, -1, request);
}

/** A request sent back earlier finds what has not been overwritten of its own blocks since. */
export function resume(kind: EngineKind, at: number, { float, int }: RequestTable, request: number): void {
  const { kv, units, records } = kind;
  const ints = request * requestInts;
  const mark = float[request * requestSize + requestFloat.overwrittenFrom]!;
  const target = int[ints + requestInt.prefillTarget]!;
  const kept = Math.min(
    Math.floor(kv.stillKept(at, int[ints + requestInt.keptTokens]! * units, mark) / units),
    target - 1,
  );
  const before = int[ints + requestInt.prefillDone]!;
  const done = Math.max(before, kept);
  addBacklog(kind, at, before - done);
  int[ints + requestInt.prefillDone] = done;
  const recomputed = at + engineFloat.recomputedTokens;
  records.float[recomputed] = records.float[recomputed]! + target - done;
}
