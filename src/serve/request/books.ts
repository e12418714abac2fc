import type { World } from "../../catalog/index.ts";
import { priorities, type AdmissionEvents, type Target } from "../../route/index.ts";
import type { ErrorCode } from "../wire/api-error.ts";
import type { Attempt } from "./attempt.ts";
import type { Admitted, Asking } from "./admitted.ts";
import type { GroupState } from "../mesh/mesh-state.ts";
import type { CachedAnswer } from "./response-cache.ts";
import { createInstruments, type Instruments } from "../telemetry/instruments.ts";
import type { AttemptOutcome, LedgerRow } from "../ledger/ledger.ts";
import type { AttemptRecord, Journal } from "../telemetry/journal.ts";
import type { LiveFeed } from "../telemetry/live-feed.ts";
import { chargeNanoUsd, countsOf, egressNanoUsd, meanCounts, priceNanoUsdPerMTok } from "../stream/meter.ts";
import type { Clock, EngineBinding, Telemetry } from "../wire/ports.ts";
import type { RowQueue } from "../telemetry/row-queue.ts";

/** How a request ended. */
export interface Ending {
  readonly outcome: AttemptOutcome | "failed";
  /** Where the answer came from; null when none came. */
  readonly target: Target | null;
  readonly attempts: number;
  readonly firstContentMs: number | null;
  readonly endedMs: number;
  /** Requests still being served. */
  readonly inFlight: number;
  /** The error the caller was given; null when there was none. */
  readonly error: ErrorCode | null;
}

/** What an attempt does not know of its own end. */
export interface AttemptEnding {
  readonly endedMs: number;
  readonly requestBytes: number;
  readonly emulated: boolean;
}

export interface BooksParts {
  readonly world: World;
  /** Where rows of the ledger go. */
  readonly rows: RowQueue;
  readonly clock: Clock;
  readonly live: LiveFeed;
  readonly telemetry: Telemetry;
  readonly journals: readonly Journal[];
}

/** What is kept of a request until it is over, for the journals. */
interface Trail {
  requestBytes: number;
  chargeNanoUsd: number;
  readonly attempts: AttemptRecord[];
}

/** Writes down what happened: the ledger, the metrics and the console's feed. Decides nothing. */
export class Books {
  readonly #world: World;
  readonly #rows: RowQueue;
  readonly #clock: Clock;
  readonly #live: LiveFeed;
  readonly #instruments: Instruments;
  readonly #rules: Map<string, string>;
  readonly #journals: readonly Journal[];
  readonly #trails = new Map<string, Trail>();

  constructor(parts: BooksParts) {
    this.#journals = parts.journals;
    this.#world = parts.world;
    this.#clock = parts.clock;
    this.#live = parts.live;
    this.#instruments = createInstruments(parts.telemetry);
    this.#rows = parts.rows;
    this.#rules = residencyRules(parts.world);
  }

  refused(code: ErrorCode): void {
    this.#instruments.refusals(code).add(1);
  }

  /** A gateway handed a request over with a statement that does not hold. */
  handoverRefused(): void {
    this.#instruments.handoversRefused.add(1);
  }

  /** A request was turned away before an engine had a part in it. */
  turnedAway(requestId: string, code: ErrorCode, admitted: Asking | null): void {
    this.refused(code);
    if (this.#journals.length === 0) return;
    const durationMs = admitted === null ? 0 : this.#clock.monotonicMs() - admitted.receivedMs;
    const known = admitted && this.#told(admitted);
    const nothing = { traceparent: null, path: null, stream: false, keyId: null, accountId: null };
    this.#note({
      ...(known ?? { ...nothing, workload: null, model: null, area: null }),
      requestId,
      epochMs: this.#clock.epochMs() - durationMs,
      durationMs,
      site: null,
      outcome: "refused",
      error: code,
      ttftMs: null,
      requestBytes: 0,
      chargeNanoUsd: 0,
      attempts: [],
    });
  }

  /** What the line in front of the engines tells. */
  readonly line: AdmissionEvents = {
    depth: (queued) => this.#instruments.queued.set(queued),
    waited: ({ band }, ms) => this.#instruments.queueWait(priorities[band]!).observe(ms / 1_000),
    shed: ({ band }) => this.#instruments.shed(priorities[band]!).add(1),
  };

  /** Shows what is known of the real engines; what is unknown is NaN, never zero. */
  engines(groups: readonly GroupState[], bindings: readonly (EngineBinding | null)[], nowMs: number): void {
    for (const [index, state] of groups.entries()) {
      const binding = bindings[index];
      // What another gateway holds it shows itself.
      if (!binding || binding.emulated || binding.told) continue;
      const site = this.#world.sites[state.group.site]!.id;
      const workload = this.#world.workloads[state.group.workloads[0]!]!.id;
      const gauges = this.#instruments.engine(workload, site);
      const signals = binding.engine.signals();
      gauges.age.set((nowMs - signals.atMs) / 1_000);
      gauges.drain.set(state.drain.value / 1_000);
      gauges.running.set(signals.runningRequests);
      gauges.waiting.set(signals.waitingRequests);
      gauges.kvUsage.set(signals.kvUsageRatio);
      gauges.health.set(state.health.value);
    }
  }

  /** An attempt was handed to an engine this long after the request had arrived. */
  dispatched(ms: number): void {
    this.#instruments.dispatch.observe(ms / 1_000);
  }

  /** An attempt is over; returns what it is charged with. Its row joins others on their way to the store. */
  attempted(
    admitted: Admitted,
    attempt: Attempt,
    { endedMs, requestBytes, emulated }: AttemptEnding,
  ): { readonly row: LedgerRow; readonly chargedTokens: number } {
    const world = this.#world;
    const site = world.sites[attempt.state.group.site]!;
    const workload = world.workloads[admitted.workload]!;
    const area = world.areas[admitted.area]!;
    // A broken answer is not charged, whatever part of it arrived: the caller will ask again.
    const delivered = attempt.outcome === "served" || (attempt.outcome === "client-left" && attempt.contentEvents > 0);
    const counted = delivered && admitted.priced !== "free";
    const flat = counted && admitted.priced === "request" && attempt.usage === null;
    const tokens = flat ? meanCounts(workload) : countsOf(attempt, admitted.request);
    const price = priceNanoUsdPerMTok(workload);
    // What a request costs is charged where it came in, and nowhere else.
    const charge =
      counted && admitted.handedOverBy === null ? chargeNanoUsd(price, tokens.inputTokens + tokens.outputTokens) : 0;
    const row: LedgerRow = {
      requestId: admitted.requestId,
      attempt: attempt.number,
      epochMs: this.#clock.epochMs(),
      keyId: admitted.keyId,
      accountId: admitted.accountId,
      workload: workload.id,
      model: world.models[workload.model]!.id,
      area: area.id,
      areaCountry: area.country,
      dataClass: workload.dataClass,
      site: site.id,
      siteCountry: site.country,
      tier: site.tier,
      pool: attempt.target.pool,
      owner: world.owners[site.owner]?.id ?? "",
      rule: this.#ruleOf(area.country, site.country, workload.dataClass),
      emulated,
      outcome: attempt.outcome,
      status: attempt.status,
      tokenSource: tokens.tokenSource,
      inputTokens: tokens.inputTokens,
      cachedTokens: tokens.cachedTokens,
      outputTokens: tokens.outputTokens,
      requestBytes,
      responseBytes: attempt.responseBytes,
      ttftMs: attempt.firstContentMs === null ? null : toMicroseconds(attempt.firstContentMs - attempt.startedMs),
      durationMs: toMicroseconds(endedMs - attempt.startedMs),
      priceNanoUsdPerMTok: price,
      chargeNanoUsd: charge,
      egressNanoUsd: egressNanoUsd(site, attempt.responseBytes),
    };
    this.#rows.add(row);
    if (this.#journals.length > 0) this.#trace(admitted, attempt, row);
    const made = { row, chargedTokens: counted ? tokens.inputTokens + tokens.outputTokens : 0 };
    if (admitted.handedOverBy !== null) return made;
    const at = this.#instruments.at(workload.id, site.id);
    at.attempts(attempt.outcome).add(1);
    at.input.add(tokens.inputTokens);
    at.cached.add(tokens.cachedTokens);
    at.output.add(tokens.outputTokens);
    at.egress.add(attempt.responseBytes);
    at.charge.add(charge);
    return made;
  }

  /** An answer made before is given again: written down as the first time, but nothing was computed and nothing is owed. */
  repeated(admitted: Admitted, { row, body }: CachedAnswer, requestBytes: number): void {
    const again: LedgerRow = {
      ...row,
      requestId: admitted.requestId,
      attempt: 1,
      epochMs: this.#clock.epochMs(),
      keyId: admitted.keyId,
      accountId: admitted.accountId,
      area: this.#world.areas[admitted.area]!.id,
      outcome: "cached",
      cachedTokens: row.inputTokens,
      requestBytes,
      responseBytes: body.length,
      ttftMs: null,
      durationMs: toMicroseconds(this.#clock.monotonicMs() - admitted.receivedMs),
      chargeNanoUsd: 0,
      egressNanoUsd: 0,
    };
    this.#rows.add(again);
    this.#instruments.at(row.workload, row.site).attempts("cached").add(1);
  }

  /** The response cache was asked. */
  lookedUp(found: boolean): void {
    this.#instruments.cache(found ? "hit" : "miss").add(1);
  }

  finished(admitted: Asking, { outcome, target, attempts, firstContentMs, endedMs, inFlight, error }: Ending): void {
    const workload = this.#world.workloads[admitted.workload]!;
    const at = this.#instruments.at(workload.id, target?.site ?? "");
    const ttftMs = firstContentMs === null ? null : firstContentMs - admitted.receivedMs;
    // Counted once in the whole mesh: where it came in.
    if (admitted.handedOverBy !== null) this.#instruments.handedOver(admitted.handedOverBy, outcome).add(1);
    else {
      at.requests(outcome).add(1);
      at.duration.observe((endedMs - admitted.receivedMs) / 1_000);
      if (ttftMs !== null) at.ttft.observe(ttftMs / 1_000);
    }
    this.#instruments.inFlight.set(inFlight);
    if (this.#live.isWatched)
      this.#live.publish({
        epochMs: this.#clock.epochMs(),
        requestId: admitted.requestId,
        workload: workload.id,
        area: this.#world.areas[admitted.area]!.id,
        site: target?.site ?? null,
        tier: target?.tier ?? null,
        ttftMs,
        networkMs: target?.terms.rttMs ?? null,
        budgetMs: workload.ttft.budgetMs,
        outcome,
        attempts,
      });
    if (this.#journals.length === 0) return;
    const durationMs = endedMs - admitted.receivedMs;
    const trail = this.#trails.get(admitted.requestId);
    this.#trails.delete(admitted.requestId);
    this.#note({
      ...this.#told(admitted),
      requestId: admitted.requestId,
      epochMs: this.#clock.epochMs() - durationMs,
      durationMs,
      site: target?.site ?? null,
      outcome,
      error,
      ttftMs,
      requestBytes: trail?.requestBytes ?? 0,
      chargeNanoUsd: trail?.chargeNanoUsd ?? 0,
      attempts: trail?.attempts ?? [],
    });
  }

  #note(record: Parameters<Journal["note"]>[0]): void {
    for (const journal of this.#journals) journal.note(record);
  }

  #told(admitted: Asking) {
    const workload = this.#world.workloads[admitted.workload]!;
    return {
      traceparent: admitted.traceparent,
      path: admitted.path,
      stream: admitted.request.stream,
      keyId: admitted.keyId,
      accountId: admitted.accountId,
      workload: workload.id,
      model: this.#world.models[workload.model]!.id,
      area: this.#world.areas[admitted.area]!.id,
    };
  }

  #trace({ requestId, receivedMs }: Admitted, attempt: Attempt, row: LedgerRow): void {
    let trail = this.#trails.get(requestId);
    if (!trail)
      this.#trails.set(requestId, (trail = { requestBytes: row.requestBytes, chargeNanoUsd: 0, attempts: [] }));
    trail.chargeNanoUsd += row.chargeNanoUsd;
    const { site, tier, owner, emulated, outcome, status, ttftMs, durationMs, responseBytes } = row;
    const { inputTokens, cachedTokens, outputTokens } = row;
    trail.attempts.push({
      number: attempt.number,
      startMs: attempt.startedMs - receivedMs,
      site,
      tier,
      owner,
      emulated,
      outcome,
      status,
      ttftMs,
      durationMs,
      responseBytes,
      inputTokens,
      cachedTokens,
      outputTokens,
    });
  }

  /** Rows that are not yet safe in the store. */
  get unsaved(): number {
    return this.#rows.size;
  }

  #ruleOf(from: string, to: string, dataClass: string): string {
    return from === to ? "same country" : (this.#rules.get(`${from} ${dataClass}`) ?? "");
  }
}

/** What a clock says beyond is noise, and every digit of a row is hashed and stored. */
function toMicroseconds(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}

/** The law behind each pair of origin and data class. */
function residencyRules(world: World): Map<string, string> {
  const rules = new Map<string, string>();
  for (const { country, residency } of world.jurisdictions) {
    for (const rule of residency) rules.set(`${country} ${rule.dataClass}`, `${rule.law} (${rule.asOf})`);
  }
  return rules;
}
