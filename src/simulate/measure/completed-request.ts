/** What the request table says of a request that has its last token. */
import type { TracedRequest } from "./chrome-trace.ts";
import type { FinishedBatch } from "./finished-batch.ts";
import * as requestRecords from "../engine/request-records.ts";
import type { RequestTable } from "../engine/request-table.ts";

// Of this module, so that they are constants to the compiler: what is imported is fetched and checked at every use.
const { requestFloat, requestInt, requestInts, requestSize } = requestRecords;

/** From the engine back to the user, waiting at the site's port included, ms. */
export function wayBackMs({ float }: RequestTable, request: number): number {
  const at = request * requestSize;
  return float[at + requestFloat.rttMs]! / 2 + float[at + requestFloat.portWaitMs]!;
}

/** From the moment the user sent it to the first token, ms. */
export function ttftMsOf(table: RequestTable, request: number): number {
  const at = request * requestSize;
  const { float } = table;
  return float[at + requestFloat.firstTokenMs]! + wayBackMs(table, request) - float[at + requestFloat.arrivalMs]!;
}

/**
 * Fills in times and tokens of a request that finished at `timeMs` on an engine with this overhead outside its steps, ms,
 * at a place of the batch.
 */
export function readTimes(
  table: RequestTable,
  request: number,
  timeMs: number,
  requestOverheadMs: number,
  into: FinishedBatch,
  at: number,
): void {
  const { float, int } = table;
  const floats = request * requestSize;
  const ints = request * requestInts;
  const arrivalMs = float[floats + requestFloat.arrivalMs]!;
  const readyMs = float[floats + requestFloat.readyMs]!;
  const firstTokenMs = float[floats + requestFloat.firstTokenMs]!;
  const outputTokens = int[ints + requestInt.outputTokens]!;
  const backMs = wayBackMs(table, request);
  const doorMs = readyMs - requestOverheadMs;
  into.arrivalMs[at] = arrivalMs;
  into.ttftMs[at] = firstTokenMs + backMs - arrivalMs;
  into.tpotMs[at] = outputTokens > 1 ? (timeMs - firstTokenMs) / (outputTokens - 1) : Number.NaN;
  into.e2eMs[at] = timeMs + backMs - arrivalMs;
  into.queueMs[at] = float[floats + requestFloat.scheduledMs]! - readyMs;
  into.engineTtftMs[at] = firstTokenMs - doorMs;
  into.engineE2eMs[at] = timeMs - doorMs;
  into.inputTokens[at] = int[ints + requestInt.inputTokens]!;
  into.cachedTokens[at] = int[ints + requestInt.cachedTokens]!;
  into.outputTokens[at] = outputTokens;
  into.preemptions[at] = int[ints + requestInt.preemptions]!;
}

/** Fills in times and tokens of a request that was answered without an engine, the whole of it `tookMs` after it was sent. */
export function readAnswered({ float, int }: RequestTable, request: number, tookMs: number, into: FinishedBatch): void {
  const at = into.size;
  const ints = request * requestInts;
  into.arrivalMs[at] = float[request * requestSize + requestFloat.arrivalMs]!;
  into.ttftMs[at] = into.e2eMs[at] = tookMs;
  into.tpotMs[at] = Number.NaN;
  into.queueMs[at] = into.engineTtftMs[at] = into.engineE2eMs[at] = 0;
  into.inputTokens[at] = into.cachedTokens[at] = int[ints + requestInt.inputTokens]!;
  into.outputTokens[at] = int[ints + requestInt.outputTokens]!;
  into.preemptions[at] = 0;
}

/** The stages of a request that finished at `finishedMs`, as the Chrome trace shows them. */
export function stagesOf(table: RequestTable, request: number, workload: number, finishedMs: number): TracedRequest {
  return {
    serial: table.floatOf(request, "serial"),
    workload,
    replica: table.intOf(request, "replica"),
    arrivalMs: table.floatOf(request, "arrivalMs"),
    readyMs: table.floatOf(request, "readyMs"),
    scheduledMs: table.floatOf(request, "scheduledMs"),
    firstTokenMs: table.floatOf(request, "firstTokenMs"),
    finishedMs,
    rttMs: table.floatOf(request, "rttMs"),
    inputTokens: table.intOf(request, "inputTokens"),
    outputTokens: table.intOf(request, "outputTokens"),
    preemptions: table.intOf(request, "preemptions"),
  };
}
