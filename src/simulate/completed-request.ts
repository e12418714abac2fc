/** What the request table says of a request that has its last token. */
import type { TracedRequest } from "./chrome-trace.ts";
import type { FinishedRequest } from "./measures.ts";
import { requestFloat, requestInt, requestInts, requestSize, type RequestTable } from "./request-table.ts";

/** Objects that are used again and again: see `FinishedBatch`. */
export type CompletedRequest = { -readonly [key in keyof FinishedRequest]: number };

export function emptyCompleted(): CompletedRequest {
  return {
    row: 0,
    workload: 0,
    stream: 0,
    tier: 0,
    site: 0,
    group: 0,
    arrivalMs: 0,
    ttftMs: 0,
    tpotMs: 0,
    e2eMs: 0,
    queueMs: 0,
    engineTtftMs: 0,
    engineE2eMs: 0,
    inputTokens: 0,
    cachedTokens: 0,
    outputTokens: 0,
    preemptions: 0,
  };
}

/** From the engine back to the user, waiting at the site's port included, ms. */
export function wayBackMs({ float }: RequestTable, request: number): number {
  const at = request * requestSize;
  return float[at + requestFloat.rttMs]! / 2 + float[at + requestFloat.portWaitMs]!;
}

/** Fills in times and tokens of a request that finished at `timeMs` on an engine with this overhead outside its steps, ms. */
export function readTimes(
  table: RequestTable,
  request: number,
  timeMs: number,
  requestOverheadMs: number,
  into: CompletedRequest,
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
  into.arrivalMs = arrivalMs;
  into.ttftMs = firstTokenMs + backMs - arrivalMs;
  into.tpotMs = outputTokens > 1 ? (timeMs - firstTokenMs) / (outputTokens - 1) : Number.NaN;
  into.e2eMs = timeMs + backMs - arrivalMs;
  into.queueMs = float[floats + requestFloat.scheduledMs]! - readyMs;
  into.engineTtftMs = firstTokenMs - doorMs;
  into.engineE2eMs = timeMs - doorMs;
  into.inputTokens = int[ints + requestInt.inputTokens]!;
  into.cachedTokens = int[ints + requestInt.cachedTokens]!;
  into.outputTokens = outputTokens;
  into.preemptions = int[ints + requestInt.preemptions]!;
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
