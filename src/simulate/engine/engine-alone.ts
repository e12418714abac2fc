/**
 * A request that finds an engine idle and has it to itself until its last token: what happens to it is known as soon as it is
 * handed over, so the engine is not run but told the end. Most requests of a mesh that keeps its budgets are such ones.
 *
 * While the engine is at it, it has the figures of the run of decode steps, which begins with the first token, and the request
 * still stands in its queue. If another request comes, or the engine slows down or fails, it goes back to the moment before the
 * first step and runs as ever: the outcome is the same to the last bit.
 */
import * as engineKinds from "./engine-kind.ts";
import type { EngineKind } from "./engine-kind.ts";
import * as engineRecords from "./engine-records.ts";
import { beginSteps, drawnIn, drawnInRun, stepOf, timeAfter } from "./engine-run.ts";
import { clearList, headOf } from "./request-list.ts";
import * as requestRecords from "./request-records.ts";
import type { RequestTable } from "./request-table.ts";

// Of this module, so that they are constants to the compiler: what is imported is fetched and checked at every use.
const { doing, drawnSteps } = engineKinds;
const { engineFloat, engineInt } = engineRecords;
const { requestFloat, requestInt, requestInts, requestSize } = requestRecords;

/** Foresees the end of the only request of an idle engine; false, and nothing changed, where it takes more than two runs. */
export function foresee(kind: EngineKind, at: number, table: RequestTable, request: number): boolean {
  const { costs, kv, units, gain, tokensPerSequence, records } = kind;
  const ints = request * requestInts;
  const target = table.int[ints + requestInt.prefillTarget]!;
  const done = table.int[ints + requestInt.prefillDone]!;
  const tokens = target - done;
  if (tokens > costs.maxBatchedTokens || costs.maxSequences < 2) return false;
  const left = table.int[ints + requestInt.outputTokens]! - table.int[ints + requestInt.generatedTokens]! - 1;
  const steps = left > 0 ? Math.ceil((left * units) / gain) : 0;
  if (kv.blocksFor(target * units) + kv.blocksFor(steps * gain) > kv.free(at)) return false;
  const { float, int } = records;
  const readyMs = table.float[request * requestSize + requestFloat.readyMs]!;
  const context = float[at + engineFloat.contextTokens]!;
  const pairs = tokens * (done + tokens / 2);
  const promptMs =
    stepOf(kind.steps, 0, kind.batchMs, 0, tokens, context, tokens, pairs, 1) * float[at + engineFloat.slowdown]!;
  const firstTokenMs = readyMs + promptMs;
  // A single step draws what it asks for, and full load at most.
  float[at + engineFloat.promptDrawnMs] = kind.isDrawKnown
    ? Math.min(
        promptMs,
        stepOf(kind.steps, drawnSteps, kind.batchDrawnMs, 0, tokens, context, tokens, pairs, kind.drawnShare),
      )
    : firstTokenMs - readyMs;
  float[at + engineFloat.seenMs] = Number.NEGATIVE_INFINITY;
  int[2 * at + engineInt.doing] = doing.alone;
  int[2 * at + engineInt.steps] = steps;
  if (steps > 0) beginSteps(kind, at, firstTokenMs, 1, tokensPerSequence, context + (target + 1), 0, 0, 1);
  else float[at + engineFloat.startMs] = firstTokenMs;
  float[at + engineFloat.endMs] = steps > 0 ? timeAfter(float, at, steps) : firstTokenMs;
  return true;
}

/** The engine goes back to the moment before the request's first step. */
export function forget({ records: { float, int } }: EngineKind, at: number, table: RequestTable): void {
  int[2 * at + engineInt.doing] = doing.awaiting;
  float[at + engineFloat.endMs] = readyMsOf(int, at, table);
}

/** The request has its last token: leaves engine and request as two runs would have left them, and returns the request. */
export function finishAlone(kind: EngineKind, at: number, table: RequestTable): number {
  const { kv, units, gain, records } = kind;
  const { float, int } = records;
  const waiting = 2 * at + engineInt.waiting;
  const request = headOf(int, waiting);
  const ints = request * requestInts;
  const floats = request * requestSize;
  const readyMs = table.float[floats + requestFloat.readyMs]!;
  const firstTokenMs = float[at + engineFloat.startMs]!;
  const steps = int[2 * at + engineInt.steps]!;
  const target = table.int[ints + requestInt.prefillTarget]!;
  const done = table.int[ints + requestInt.prefillDone]!;
  let busyMs = float[at + engineFloat.busyMs]! + (firstTokenMs - readyMs);
  let drawnMs = float[at + engineFloat.drawnMs]! + float[at + engineFloat.promptDrawnMs]!;
  const { scheduledMs: scheduled, firstTokenMs: first } = requestFloat;
  if (Number.isNaN(table.float[floats + scheduled]!)) table.float[floats + scheduled] = readyMs;
  if (Number.isNaN(table.float[floats + first]!)) table.float[floats + first] = firstTokenMs;
  if (steps > 0) {
    const outputTokens = table.int[ints + requestInt.outputTokens]!;
    table.int[ints + requestInt.generatedTokens] = outputTokens;
    busyMs += float[at + engineFloat.endMs]! - firstTokenMs;
    drawnMs += drawnIn(kind, at, steps);
    float[at + engineFloat.counter] = float[at + engineFloat.counter]! + steps;
    const mean = float[at + engineFloat.meanOutputTokens]!;
    float[at + engineFloat.meanOutputTokens] = mean + (outputTokens - mean) / 32;
  } else table.int[ints + requestInt.generatedTokens] = table.int[ints + requestInt.generatedTokens]! + 1;
  float[at + engineFloat.busyMs] = busyMs;
  float[at + engineFloat.drawnMs] = drawnMs;
  float[at + engineFloat.prefillBacklog] = float[at + engineFloat.prefillBacklog]! - (target - done);
  kv.pass(at, target * units + steps * gain, Math.floor((done * units) / kv.blockTokens));
  clearList(int, waiting);
  int[2 * at + engineInt.doing] = doing.nothing;
  float[at + engineFloat.endMs] = Number.POSITIVE_INFINITY;
  return request;
}

/** `drainMsOf` an engine that is at such a request. */
export function drainMsAlone(kind: EngineKind, at: number, table: RequestTable, nowMs: number): number {
  const { costs, records } = kind;
  const { float, int } = records;
  const firstTokenMs = float[at + engineFloat.startMs]!;
  // A decode run can be interrupted after any step: half of one is left on average.
  if (nowMs >= firstTokenMs) return float[at + engineFloat.firstStepMs]! / 2;
  if (nowMs >= readyMsOf(int, at, table)) return firstTokenMs - nowMs;
  return float[at + engineFloat.prefillBacklog]! * costs.perPrefillTokenMs * float[at + engineFloat.slowdown]!;
}

/** `Engine.busyMs` of an engine that is at such a request. */
export function busyMsAlone({ records: { float, int } }: EngineKind, at: number, table: RequestTable, nowMs: number) {
  const passedMs = Math.min(nowMs, float[at + engineFloat.endMs]!) - readyMsOf(int, at, table);
  return float[at + engineFloat.busyMs]! + Math.max(0, passedMs);
}

/** `Engine.drawnMs` of an engine that is at such a request. */
export function drawnMsAlone(kind: EngineKind, at: number, table: RequestTable, nowMs: number): number {
  const { float, int } = kind.records;
  const firstTokenMs = float[at + engineFloat.startMs]!;
  const readyMs = readyMsOf(int, at, table);
  const share = Math.min(1, Math.max(0, nowMs - readyMs) / (firstTokenMs - readyMs));
  const promptMs = float[at + engineFloat.promptDrawnMs]! * share;
  return float[at + engineFloat.drawnMs]! + promptMs + drawnInRun(kind, at, nowMs);
}

function readyMsOf(int: Int32Array, at: number, { float }: RequestTable): number {
  return float[headOf(int, 2 * at + engineInt.waiting) * requestSize + requestFloat.readyMs]!;
}
