import type { ByteText } from "../wire/ports.ts";
import type { Attempt } from "./attempt.ts";
import type { AttemptFailure } from "./attempt-error.ts";

/** What an attempt reports to the request it belongs to. */
export interface AttemptOwner {
  /** Events of a stream fit for the client; the first call carries the first content and all that stood before it. */
  onContent(attempt: Attempt, events: ByteText): void;
  /** The stream is complete; `events` are its last. */
  onStreamDone(attempt: Attempt, events: ByteText): void;
  /** The engine has closed the stream it had declared done: nothing more is waited for. */
  onClosed(attempt: Attempt): void;
  /** A complete answer that is not a stream. */
  onWhole(attempt: Attempt, contentType: string, body: ByteText): void;
  onFailure(attempt: Attempt, failure: AttemptFailure): void;
  /** Something went wrong here and not at the engine, which was stopped; nothing else will be reported. */
  onMistake(attempt: Attempt): void;
}

export interface AttemptLimits {
  /** What the engine must answer with: events, JSON, or whatever it likes. */
  readonly answer: "events" | "json" | "any";
  readonly keepUsage: boolean;
  /** Answers asked for side by side, each with its own finish reason. */
  readonly choices: number;
  /** Event that ends a stream, when the API has one. */
  readonly sentinel: string | null;
  readonly maxHeldBytes: number;
  readonly maxEventBytes: number;
  /** Until the first content of a stream, or the whole of another answer. */
  readonly firstTimeoutMs: number;
  readonly idleTimeoutMs: number;
  /** The whole request must be over by then (monotonic clock). */
  readonly requestDeadlineMs: number;
}
