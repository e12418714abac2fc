import type { Tier } from "../../catalog/index.ts";
import type { ErrorCode } from "../wire/api-error.ts";
import type { AttemptOutcome } from "../ledger/ledger.ts";

/** One attempt at one engine, as a request's record tells it. Times in ms. */
export interface AttemptRecord {
  readonly number: number;
  readonly site: string;
  readonly tier: Tier;
  readonly owner: string;
  readonly emulated: boolean;
  readonly outcome: AttemptOutcome;
  readonly status: number;
  /** From the request's arrival. */
  readonly startMs: number;
  /** From the attempt's start; null when no content came. */
  readonly ttftMs: number | null;
  readonly durationMs: number;
  readonly inputTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
  readonly responseBytes: number;
}

/** What is told of a request when it is over. Holds no prompt, no answer and no key. */
export interface RequestRecord {
  readonly requestId: string;
  /** The caller's W3C `traceparent`, unread; null when there was none. */
  readonly traceparent: string | null;
  /** When it arrived, ms since 1970 UTC. */
  readonly epochMs: number;
  readonly durationMs: number;
  /** Null for requests refused before anything of them was known. */
  readonly path: string | null;
  readonly stream: boolean;
  readonly keyId: string | null;
  readonly accountId: string | null;
  readonly workload: string | null;
  readonly model: string | null;
  readonly area: string | null;
  /** Where the answer came from; null when none came. */
  readonly site: string | null;
  readonly outcome: AttemptOutcome | "failed";
  /** The gateway's own error, when it answered with one. */
  readonly error: ErrorCode | null;
  readonly ttftMs: number | null;
  readonly requestBytes: number;
  readonly chargeNanoUsd: number;
  readonly attempts: readonly AttemptRecord[];
}

/** Where records of requests go: an access log, traces. */
export interface Journal {
  /** Takes a record over; must not wait for anything. */
  note(record: RequestRecord): void;
  /** Writes what is left and lets go. */
  close(): Promise<void>;
}
