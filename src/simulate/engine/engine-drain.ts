import { drainMsAlone } from "./engine-alone.ts";
import * as engineKinds from "./engine-kind.ts";
import type { EngineKind } from "./engine-kind.ts";
import * as engineRecords from "./engine-records.ts";
import { headOf, lengthOf } from "./request-list.ts";
import * as requestRecords from "./request-records.ts";
import type { RequestTable } from "./request-table.ts";

// Of this module, so that they are constants to the compiler: what is imported is fetched and checked at every use.
const { doing } = engineKinds;
const { engineFloat, engineInt } = engineRecords;
const { requestInt, requestInts } = requestRecords;

/** What an engine reports: `Engine.drainMs` of the engine whose record begins at double `at`, ms. */
export function drainMsOf(kind: EngineKind, at: number, table: RequestTable, nowMs: number): number {
  const { costs } = kind;
  const { float, int } = kind.records;
  const now = int[2 * at + engineInt.doing]!;
  if (now === doing.alone) return drainMsAlone(kind, at, table, nowMs);
  const backlog = float[at + engineFloat.prefillBacklog]!;
  const slowdown = float[at + engineFloat.slowdown]!;
  if (now === doing.nothing || now === doing.awaiting) return backlog * costs.perPrefillTokenMs * slowdown;
  const stepMs = float[at + engineFloat.firstStepMs]!;
  // A decode run can be interrupted after any step: half of one is left on average. A mixed step runs to its end.
  let drainMs = now === doing.mixed ? Math.max(0, float[at + engineFloat.endMs]! - nowMs) : stepMs / 2;
  const waiting = lengthOf(int, 2 * at + engineInt.waiting);
  const running = lengthOf(int, 2 * at + engineInt.running);
  const sequences = int[2 * at + engineInt.sequences]!;
  if (waiting > 0) {
    const contextTokens = float[at + engineFloat.contextTokens]!;
    const decodeMs =
      (costs.baseMs + sequences * costs.perSequenceMs + contextTokens * costs.perContextTokenMs) * slowdown;
    const budget = Math.max(1, costs.maxBatchedTokens - sequences * kind.tokensPerSequence);
    const prefillSteps = Math.ceil(backlog / budget);
    drainMs += backlog * costs.perPrefillTokenMs * slowdown + prefillSteps * decodeMs;
  }
  if (running < costs.maxSequences && !isMemoryShort(kind, at, table)) return drainMs;
  // Wait for a seat: one sequence leaves every (mean output × step / sequences), and all waiting ones go first.
  if (sequences === 0) return drainMs;
  const meanOutputTokens = float[at + engineFloat.meanOutputTokens]!;
  return drainMs + ((waiting + 1) * meanOutputTokens * stepMs * kind.units) / (sequences * kind.gain);
}

function isMemoryShort({ kv, units, records }: EngineKind, at: number, table: RequestTable): boolean {
  const next = headOf(records.int, 2 * at + engineInt.waiting);
  if (next < 0) return false;
  return kv.blocksFor(table.int[next * requestInts + requestInt.prefillTarget]! * units) > kv.free(at);
}

/** The engine has so many tokens more to compute of prompts, or fewer. */
export function addBacklog({ records: { float } }: EngineKind, at: number, tokens: number): void {
  const backlog = at + engineFloat.prefillBacklog;
  float[backlog] = float[backlog]! + tokens;
}
