/** Who of the queue of the engine whose record begins at `at` joins its batch, and how much of a prompt a step takes. */
import type { EngineKind } from "./engine-kind.ts";
import * as engineRecords from "./engine-records.ts";
import * as preemption from "./preemption.ts";
import { resume } from "./preemption.ts";
import { append, headOf, lengthOf, remove } from "./request-list.ts";
import * as requestRecords from "./request-records.ts";
import type { RequestTable } from "./request-table.ts";

// Of this module, so that they are constants to the compiler: what is imported is fetched and checked at every use.
const { engineInt } = engineRecords;
const { notSentBack } = preemption;
const { requestFloat, requestInt, requestInts, requestSize } = requestRecords;

/** Tokens of a request's prompt that the next step computes. */
export function cutChunk({ int }: RequestTable, request: number, budget: number): number {
  const at = request * requestInts;
  const tokens = Math.min(budget, int[at + requestInt.prefillTarget]! - int[at + requestInt.prefillDone]!);
  int[at + requestInt.chunk] = tokens;
  return tokens;
}

/** Moves the head of the queue into the batch if it is there, a seat is free and its tokens find blocks. */
export function admitNext(kind: EngineKind, at: number, table: RequestTable, timeMs: number): boolean {
  const { costs, kv, units, records } = kind;
  const waiting = 2 * at + engineInt.waiting;
  const running = 2 * at + engineInt.running;
  const request = headOf(records.int, waiting);
  if (request < 0) return false;
  const { float, int } = table;
  const floats = request * requestSize;
  if (float[floats + requestFloat.readyMs]! > timeMs) return false;
  if (lengthOf(records.int, running) >= costs.maxSequences) return false;
  const ints = request * requestInts;
  const target = int[ints + requestInt.prefillTarget]!;
  if (kv.blocksFor(target * units) > kv.free(at)) return false;
  if (int[ints + requestInt.keptTokens] !== notSentBack) resume(kind, at, table, request);
  kv.take(at, target * units, Math.floor((int[ints + requestInt.prefillDone]! * units) / kv.blockTokens));
  remove(records.int, waiting, table, request);
  append(records.int, running, table, request);
  const prefillHead = 2 * at + engineInt.prefillHead;
  if (records.int[prefillHead]! < 0) records.int[prefillHead] = request;
  const scheduledMs = float[floats + requestFloat.scheduledMs]!;
  if (scheduledMs !== scheduledMs) float[floats + requestFloat.scheduledMs] = timeMs;
  return true;
}
