import { defaultLine } from "../../route/index.ts";

/** Limits of the gateway. All have defaults; times in ms, sizes in bytes. */
export interface GatewayOptions {
  /** Area assumed when the caller names none: an id of `World.areas`; null = the area with most demand. */
  readonly defaultArea: string | null;
  /** Engines tried for one request at most, the first included. */
  readonly maxAttempts: number;
  /** From hand-over to an engine to the first content of a stream. */
  readonly firstTokenTimeoutMs: number;
  /** From hand-over to an engine to the end of an answer that is not a stream: its whole generation. */
  readonly wholeAnswerTimeoutMs: number;
  /** Longest silence inside a stream. */
  readonly idleTimeoutMs: number;
  /** Longest time a client may leave written bytes unread. */
  readonly stalledClientTimeoutMs: number;
  /** Longest time of a whole request, all attempts included. */
  readonly totalTimeoutMs: number;
  /** What may be held back before the first content, and of a JSON answer. */
  readonly maxHeldBytes: number;
  /** Largest single event of a stream. */
  readonly maxEventBytes: number;
  /** Share of requests that may ask a second engine while the first keeps them waiting; 0 = never. */
  readonly hedgeRatio: number;
  /** What the response cache may take, bytes; 0 = none. */
  readonly cacheBytes: number;
  /** Age after which a cached answer is not given again. */
  readonly cacheTtlMs: number;
  /** Decisions remembered for `GET /v1/routes/{id}`. */
  readonly routesKept: number;
  /** Ledger rows that may wait for the store; beyond, requests are refused. */
  readonly maxUnsavedRows: number;
  /** Requests that may wait for room at an engine; beyond, the least urgent are sent away. */
  readonly maxQueued: number;
  /** Bytes of request bodies that may wait. */
  readonly maxQueuedBytes: number;
  /** Longest wait for room at an engine, when the first-token budget is not longer anyway. */
  readonly patienceMs: number;
  /** The same for requests that ask for best effort. */
  readonly bestEffortPatienceMs: number;
  /** Signals older than this are unknown to the policy. */
  readonly signalMaxAgeMs: number;
}

export const defaultOptions: GatewayOptions = {
  defaultArea: null,
  maxAttempts: 4,
  firstTokenTimeoutMs: 60_000,
  wholeAnswerTimeoutMs: 600_000,
  idleTimeoutMs: 30_000,
  stalledClientTimeoutMs: 60_000,
  totalTimeoutMs: 900_000,
  maxHeldBytes: 32 * 1024 * 1024,
  maxEventBytes: 4 * 1024 * 1024,
  hedgeRatio: 0.02,
  cacheBytes: 0,
  cacheTtlMs: 3_600_000,
  routesKept: 2_000,
  maxUnsavedRows: 50_000,
  maxQueued: defaultLine.maxQueued,
  maxQueuedBytes: defaultLine.maxQueuedBytes,
  patienceMs: defaultLine.patienceMs,
  bestEffortPatienceMs: 10_000,
  signalMaxAgeMs: 10_000,
};
