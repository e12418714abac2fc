import type { Target } from "../../route/index.ts";
import type { AttemptOutcome, LedgerRow } from "../ledger/ledger.ts";
import type { ErrorCode } from "../wire/api-error.ts";
import type { Call } from "../wire/transport.ts";
import type { Admitted } from "./admitted.ts";
import type { KeptAnswer } from "./answer-record.ts";
import type { Attempt } from "./attempt.ts";
import type { GatewayCore } from "./gateway-core.ts";

/** What a request has come to so far: attempts that have ended go into the books here, and with the last of them the request. */
export class RequestTally {
  readonly #core: GatewayCore;
  readonly #call: Call;
  readonly #admitted: Admitted;
  readonly #keptRoute: number;
  /** Tokens the caller is charged with. */
  chargedTokens = 0;
  #chargedNanoUsd = 0;
  /** When the attempt that ended last did: with it the request ends, unless another is begun. */
  #bookedMs: number | null = null;
  #row: LedgerRow | null = null;

  /** `keptRoute`: which one the request's is among the routes that are kept. */
  constructor(core: GatewayCore, call: Call, admitted: Admitted, keptRoute: number) {
    this.#core = core;
    this.#call = call;
    this.#admitted = admitted;
    this.#keptRoute = keptRoute;
  }

  /** An attempt has its first token, or will never have one; counts once, however often it is said. */
  noLongerWaits(attempt: Attempt, nowMs = this.#core.clock.monotonicMs()): void {
    if (!attempt.waitsForFirst) return;
    attempt.waitsForFirst = false;
    const { inputTokens, stream } = this.#admitted.request;
    const { firstContentMs, startedMs, together } = attempt;
    const tookMs = firstContentMs === null ? null : firstContentMs - startedMs;
    attempt.state.waitsNoLonger(inputTokens, stream, tookMs, together, nowMs);
    this.#core.admission.look();
  }

  /** Writes an attempt that has ended into the books; to be called exactly once for each. */
  book(attempt: Attempt, endedMs = this.#core.clock.monotonicMs()): void {
    attempt.state.inFlight--;
    this.noLongerWaits(attempt, endedMs);
    if (attempt.phase === "over") this.#core.deadlines.remove(attempt);
    this.#bookedMs = endedMs;
    const { row, chargedTokens } = this.#core.books.attempted(this.#admitted, attempt, {
      endedMs,
      requestBytes: this.#call.bodyBytes,
      emulated: this.#core.isEmulated(attempt.target.group),
    });
    const { number, reason, startedMs, firstContentMs, outcome, status } = attempt;
    this.#core.keptRoutes.tried(this.#keptRoute, {
      number,
      reason,
      replica: attempt.target.replica,
      outcome,
      status,
      startedAfterMs: startedMs - this.#admitted.receivedMs,
      ttftMs: firstContentMs === null ? null : firstContentMs - startedMs,
      durationMs: endedMs - startedMs,
    });
    this.#chargedNanoUsd += row.chargeNanoUsd;
    this.chargedTokens += chargedTokens;
    this.#row = row;
  }

  /** Keeps the complete answer of an attempt for whoever asks the same again. */
  remember({ target, bytesType }: Attempt, kept: KeptAnswer | null): void {
    const { cacheKey, routes, workload } = this.#admitted;
    if (cacheKey === null || kept === null || this.#row === null || bytesType !== null) return;
    const storedMs = this.#core.clock.monotonicMs();
    this.#core.cache.put(cacheKey, {
      ...kept,
      row: this.#row,
      target,
      budgetMs: routes.policy.world.workloads[workload]!.ttft.budgetMs,
      storedMs,
    });
  }

  /** The request is over: what it was charged with replaces what was held back for it. */
  close(
    outcome: AttemptOutcome | "failed",
    target: Target | null,
    attempts: number,
    firstContentMs: number | null,
    error: ErrorCode | null,
  ): void {
    const used = { nanoUsd: this.#chargedNanoUsd, tokens: this.chargedTokens };
    this.#core.accounts.settle(this.#admitted.reservation, used);
    this.#core.books.finished(this.#admitted, {
      outcome,
      target,
      attempts,
      firstContentMs,
      endedMs: this.#bookedMs ?? this.#core.clock.monotonicMs(),
      inFlight: this.#core.inFlight.size,
      error,
    });
  }
}
