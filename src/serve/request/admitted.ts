import type { Placement, Priority, Routes } from "../../route/index.ts";
import type { Reservation } from "../account/accounts.ts";
import type { InferenceRequest } from "../stream/chat-request.ts";
import type { Drain } from "../mesh/drains.ts";
import type { Endpoint } from "../stream/endpoints.ts";
import type { AttemptOutcome } from "../ledger/ledger.ts";
import type { RedactionCounts } from "./redaction.ts";
import type { Slo } from "../account/slo.ts";

/** A request that passed the door: parsed, placed and decided. */
export interface Admitted {
  readonly requestId: string;
  readonly request: InferenceRequest;
  readonly priced: Endpoint["priced"];
  readonly workload: number;
  readonly area: number;
  readonly access: number;
  readonly keyId: string | null;
  readonly accountId: string | null;
  readonly path: string;
  /** The caller's W3C `traceparent`; null when it sent none. */
  readonly traceparent: string | null;
  readonly reservation: Reservation;
  readonly slo: Slo;
  readonly priority: Priority;
  /** Gateway that handed it over and charges for it; null = it came in here. */
  readonly handedOverBy: string | null;
  /** What was taken out of the text before it left, once it did. */
  readonly redacted: { counts: RedactionCounts | null };
  /** Under which the answer is kept; null when it is not. */
  readonly cacheKey: string | null;
  /** Marks of the prompt's beginnings, shortest first; empty where it does not matter who knows them. */
  readonly marks: readonly number[];
  /** Where it goes, in numbers; `describe` puts them into words. */
  readonly placement: Placement;
  /** What it was placed by. */
  readonly routes: Routes;
  /** What operators had taken out by then. */
  readonly drained: readonly Drain[];
  readonly receivedMs: number;
}

/** A request before it is decided where it goes. */
export type Asking = Omit<Admitted, "placement" | "routes">;

/** Of requests whose text is not looked through. */
export const nothingRedacted: Admitted["redacted"] = Object.freeze({ counts: null });

/** Why an attempt was begun. */
export const attemptReasons = ["first", "fallback", "hedge", "continuation", "cache"] as const;

export type AttemptReason = (typeof attemptReasons)[number];

/** What is remembered of an attempt for those who ask about the route. */
export interface AttemptNote {
  readonly number: number;
  readonly reason: AttemptReason;
  readonly site: string;
  readonly pool: string;
  readonly outcome: AttemptOutcome;
  /** Status of the engine's answer; 0 when there was none. */
  readonly status: number;
  /** From the request's arrival to the attempt's start. */
  readonly startedAfterMs: number;
  readonly ttftMs: number | null;
  readonly durationMs: number;
}
