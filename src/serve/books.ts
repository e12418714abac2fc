import type { World } from "../catalog/index.ts";
import type { Target } from "../route/index.ts";
import type { ErrorCode } from "./api-error.ts";
import type { Attempt } from "./attempt.ts";
import type { Admitted } from "./inference.ts";
import { createInstruments, type Instruments } from "./instruments.ts";
import type { AttemptOutcome, LedgerRow } from "./ledger.ts";
import type { LiveFeed } from "./live-feed.ts";
import { chargeNanoUsd, egressNanoUsd, meterTokens } from "./meter.ts";
import type { Clock, Store, Telemetry } from "./ports.ts";

/** How a request ended. */
export interface Ending {
  readonly outcome: AttemptOutcome | "failed";
  /** Where the answer came from; null when none came. */
  readonly target: Target | null;
  readonly attempts: number;
  readonly firstContentMs: number | null;
  /** Requests still being served. */
  readonly inFlight: number;
}

/** How long rows are collected before they go to the store together, ms. */
const groupMs = 5;

/** Writes down what happened: the ledger, the metrics and the console's feed. Decides nothing. */
export class Books {
  readonly #world: World;
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #live: LiveFeed;
  readonly #instruments: Instruments;
  readonly #rules: Map<string, string>;
  #rows: LedgerRow[] = [];
  #flushing = false;
  #stored: Promise<void> = Promise.resolve();

  constructor(parts: { world: World; store: Store; clock: Clock; live: LiveFeed; telemetry: Telemetry }) {
    this.#world = parts.world;
    this.#store = parts.store;
    this.#clock = parts.clock;
    this.#live = parts.live;
    this.#instruments = createInstruments(parts.telemetry);
    this.#rules = residencyRules(parts.world);
  }

  refused(code: ErrorCode): void {
    this.#instruments.refusals(code).add(1);
  }

  /** An attempt was handed to an engine this long after the request had arrived. */
  dispatched(ms: number): void {
    this.#instruments.dispatch.observe(ms / 1_000);
  }

  /** An attempt is over. Its row joins others on their way to the store. */
  attempted(admitted: Admitted, attempt: Attempt, requestBytes: number, emulated: boolean): void {
    const world = this.#world;
    const site = world.sites[attempt.state.group.site]!;
    const workload = world.workloads[admitted.workload]!;
    const area = world.areas[admitted.area]!;
    const tokens = meterTokens(attempt.usage, admitted.request.inputTokens, attempt.contentEvents);
    // A broken answer is not charged, whatever part of it arrived: the caller will ask again.
    const charged = attempt.outcome === "served" || (attempt.outcome === "client-left" && attempt.contentEvents > 0);
    const charge = charged ? chargeNanoUsd(workload, tokens.inputTokens, tokens.outputTokens) : 0;
    this.#rows.push({
      requestId: admitted.requestId,
      attempt: attempt.number,
      epochMs: this.#clock.epochMs(),
      keyId: admitted.keyId,
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
      ...tokens,
      requestBytes,
      responseBytes: attempt.responseBytes,
      ttftMs: attempt.firstContentMs === null ? null : attempt.firstContentMs - attempt.startedMs,
      durationMs: this.#clock.monotonicMs() - attempt.startedMs,
      chargeNanoUsd: charge,
      egressNanoUsd: egressNanoUsd(site, attempt.responseBytes),
    });
    if (!this.#flushing) {
      this.#flushing = true;
      this.#clock.schedule(groupMs, () => this.#flush());
    }
    const at = this.#instruments.at(workload.id, site.id);
    at.attempts(attempt.outcome).add(1);
    at.input.add(tokens.inputTokens);
    at.cached.add(tokens.cachedTokens);
    at.output.add(tokens.outputTokens);
    at.egress.add(attempt.responseBytes);
    at.charge.add(charge);
  }

  finished(admitted: Admitted, { outcome, target, attempts, firstContentMs, inFlight }: Ending): void {
    const workload = this.#world.workloads[admitted.workload]!;
    const at = this.#instruments.at(workload.id, target?.site ?? "");
    const ttftMs = firstContentMs === null ? null : firstContentMs - admitted.receivedMs;
    at.requests(outcome).add(1);
    at.duration.observe((this.#clock.monotonicMs() - admitted.receivedMs) / 1_000);
    if (ttftMs !== null) at.ttft.observe(ttftMs / 1_000);
    this.#instruments.inFlight.set(inFlight);
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
  }

  /** Resolves when every row written so far is safe in the store. */
  async settled(): Promise<void> {
    this.#flush();
    await this.#stored;
  }

  #flush(): void {
    this.#flushing = false;
    if (this.#rows.length === 0) return;
    const stored = this.#store.append(this.#rows);
    this.#rows = [];
    this.#stored = Promise.all([this.#stored, stored]).then(() => {});
  }

  #ruleOf(from: string, to: string, dataClass: string): string {
    return from === to ? "same country" : (this.#rules.get(`${from} ${dataClass}`) ?? "");
  }
}

/** The law behind each pair of origin and data class. */
function residencyRules(world: World): Map<string, string> {
  const rules = new Map<string, string>();
  for (const { country, residency } of world.jurisdictions) {
    for (const rule of residency) rules.set(`${country} ${rule.dataClass}`, `${rule.law} (${rule.asOf})`);
  }
  return rules;
}
