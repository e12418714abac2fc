import type { World } from "../catalog/index.ts";
import {
  compilePolicy,
  compileRoutes,
  type Group,
  type Policy,
  type Routes,
  type Snapshot,
  type Target,
} from "../route/index.ts";
import { errorBody, type ApiError, type ErrorCode } from "./api-error.ts";
import type { Attempt } from "./attempt.ts";
import { Deadlines } from "./deadlines.ts";
import type { Admitted, Inference } from "./inference.ts";
import type { AttemptOutcome, LedgerRow } from "./ledger.ts";
import type { LiveFeed } from "./live-feed.ts";
import { GroupState, type SiteReport } from "./mesh-state.ts";
import { chargeNanoUsd, egressNanoUsd, meterTokens } from "./meter.ts";
import { metrics } from "./metrics.ts";
import type { GatewayOptions } from "./options.ts";
import type { Clock, Engine, Mesh, Store, Telemetry } from "./ports.ts";
import { refusal } from "./refusal.ts";
import type { Reply } from "./transport.ts";

/** An engine and what the gateway must know about it. */
export interface EngineBinding {
  readonly engine: Engine;
  readonly emulated: boolean;
  /** The engine's own name for the model. */
  readonly model: string;
}

/** How a request ended, for the books and the console. */
export interface Ending {
  readonly outcome: AttemptOutcome | "failed";
  readonly target: Target | null;
  readonly attempts: number;
  readonly firstContentMs: number | null;
}

export interface CoreParts {
  readonly world: World;
  readonly routes: Routes;
  readonly bindings: readonly (EngineBinding | null)[];
  readonly mesh: Mesh;
  readonly store: Store;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly live: LiveFeed;
  readonly options: GatewayOptions;
}

/** What all requests of one gateway share: the mesh's state, the books and the instruments. */
export class GatewayCore {
  readonly world: World;
  readonly routes: Routes;
  readonly groups: readonly GroupState[];
  readonly options: GatewayOptions;
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly inFlight = new Set<Inference>();
  readonly snapshot: Snapshot;
  readonly #parts: CoreParts;
  readonly #rows: LedgerRow[] = [];
  readonly #rules: Map<string, string>;
  readonly #instruments: ReturnType<typeof instruments>;
  #relaxed: { policy: Policy; routes: Routes } | null = null;
  #flushing = false;
  #booked: Promise<void> = Promise.resolve();
  #siteHealth = new Map<string, number>();
  #siteHealthAtMs = Number.NEGATIVE_INFINITY;

  constructor(parts: CoreParts) {
    this.#parts = parts;
    this.world = parts.world;
    this.routes = parts.routes;
    this.options = parts.options;
    this.clock = parts.clock;
    this.deadlines = new Deadlines(parts.clock);
    this.groups = parts.routes.groups.map((group, index) =>
      this.#stateOf(group, parts.bindings[index]?.engine ?? null),
    );
    this.snapshot = {
      maxAgeMs: parts.options.signalMaxAgeMs,
      engines: Array.from(parts.routes.groupOfReplica, (group) => this.groups[group]!),
    };
    this.#rules = residencyRules(parts.world);
    this.#instruments = instruments(parts.telemetry);
  }

  /** Routes under a budget so wide that only law, tier and memory refuse: for callers who would rather be late. */
  get relaxedRoutes(): Routes {
    if (this.#relaxed === null) {
      const workloads = this.world.workloads.map((workload) => ({
        ...workload,
        ttft: { ...workload.ttft, budgetMs: Math.max(workload.ttft.budgetMs, bestEffortBudgetMs) },
      }));
      const policy = compilePolicy({ ...this.world, workloads }, this.routes.policy.period);
      this.#relaxed = { policy, routes: compileRoutes(policy, this.routes.deployment) };
    }
    return this.#relaxed.routes;
  }

  engineModel(group: number): string | null {
    return this.#parts.bindings[group]?.model ?? null;
  }

  isEmulated(group: number): boolean {
    return this.#parts.bindings[group]?.emulated ?? false;
  }

  refusal(admitted: Admitted): ApiError {
    const restMs = Math.min(
      ...admitted.decision.rejected.map(() => 1_000),
      ...this.groups.map((state) => state.restMs() || 1_000),
    );
    return refusal(this.routes.policy, admitted, restMs);
  }

  sendError(reply: Reply, error: ApiError, requestId: string, attempts: number): void {
    const headers = ["content-type", "application/json", "x-request-id", requestId, "x-disperse-request-id", requestId];
    headers.push("x-disperse-reason", error.code, "x-disperse-attempts", String(attempts));
    if (error.retryAfterMs !== null)
      headers.push("retry-after", String(Math.max(1, Math.ceil(error.retryAfterMs / 1_000))));
    reply.send(error.status, headers, errorBody(error), true);
  }

  countRefusal(code: ErrorCode): void {
    this.#instruments.refusals(code).add(1);
  }

  observeDispatch(ms: number): void {
    this.#instruments.dispatch.observe(ms / 1_000);
  }

  /** Writes an attempt into the ledger. Rows of one turn of the event loop are handed over together. */
  book(admitted: Admitted, attempt: Attempt, requestBytes: number): void {
    const { world, clock } = this;
    const group = attempt.state.group;
    const site = world.sites[group.site]!;
    const workload = world.workloads[admitted.workload]!;
    const area = world.areas[admitted.area]!;
    const tokens = meterTokens(attempt.usage, admitted.request.inputTokens, attempt.contentEvents);
    // A broken answer is not charged, whatever part of it arrived: the caller will ask again.
    const charged = attempt.outcome === "served" || (attempt.outcome === "client-left" && attempt.contentEvents > 0);
    const egress = egressNanoUsd(site, attempt.responseBytes);
    const charge = charged ? chargeNanoUsd(workload, tokens.inputTokens, tokens.outputTokens) : 0;
    this.#rows.push({
      requestId: admitted.requestId,
      attempt: attempt.number,
      epochMs: clock.epochMs(),
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
      rule:
        site.country === area.country
          ? "same country"
          : (this.#rules.get(`${area.country} ${workload.dataClass}`) ?? ""),
      emulated: this.isEmulated(attempt.target.group),
      outcome: attempt.outcome,
      status: attempt.status,
      ...tokens,
      requestBytes,
      responseBytes: attempt.responseBytes,
      ttftMs: attempt.firstContentMs === null ? null : attempt.firstContentMs - attempt.startedMs,
      durationMs: clock.monotonicMs() - attempt.startedMs,
      chargeNanoUsd: charge,
      egressNanoUsd: egress,
    });
    if (!this.#flushing) {
      this.#flushing = true;
      clock.schedule(0, () => this.#flush());
    }
    const forSite = this.#instruments.site(workload.id, site.id);
    forSite.attempts(attempt.outcome).add(1);
    forSite.input.add(tokens.inputTokens);
    forSite.cached.add(tokens.cachedTokens);
    forSite.output.add(tokens.outputTokens);
    forSite.egress.add(attempt.responseBytes);
    forSite.charge.add(charge);
  }

  finished(admitted: Admitted, { outcome, target, attempts, firstContentMs }: Ending): void {
    const workload = this.world.workloads[admitted.workload]!;
    const area = this.world.areas[admitted.area]!;
    const forSite = this.#instruments.site(workload.id, target?.site ?? "");
    const ttftMs = firstContentMs === null ? null : firstContentMs - admitted.receivedMs;
    forSite.requests(outcome).add(1);
    forSite.duration.observe((this.clock.monotonicMs() - admitted.receivedMs) / 1_000);
    if (ttftMs !== null) forSite.ttft.observe(ttftMs / 1_000);
    this.#instruments.inFlight.set(this.inFlight.size);
    this.#parts.live.publish({
      epochMs: this.clock.epochMs(),
      requestId: admitted.requestId,
      workload: workload.id,
      area: area.id,
      site: target?.site ?? null,
      tier: target?.tier ?? null,
      ttftMs,
      networkMs: target?.terms.rttMs ?? null,
      budgetMs: workload.ttft.budgetMs,
      outcome,
      attempts,
    });
  }

  /** Resolves when every row booked so far is safe in the store. */
  async settled(): Promise<void> {
    this.#flush();
    await this.#booked;
  }

  #flush(): void {
    this.#flushing = false;
    if (this.#rows.length === 0) return;
    const rows = this.#rows.splice(0);
    const stored = this.#parts.store.append(rows);
    this.#booked = Promise.all([this.#booked, stored]).then(() => {});
  }

  #stateOf(group: Group, engine: Engine | null): GroupState {
    const { policy } = this.routes;
    const options = policy.serving[group.workload * this.world.modules.length + group.module]?.options ?? [];
    const option = options.find((entry) => entry.tensorParallel === group.tensorParallel) ?? options[0];
    const site = this.world.sites[group.site]!.id;
    return new GroupState(group, engine, this.clock, option?.replica.perPrefillTokenMs ?? 0, () =>
      this.#healthOf(site),
    );
  }

  #healthOf(site: string): number {
    // Reports change rarely and are asked for on every decision, so one reading serves a short while.
    const nowMs = this.clock.monotonicMs();
    if (nowMs - this.#siteHealthAtMs > meshReadingMs) {
      this.#siteHealthAtMs = nowMs;
      this.#siteHealth = new Map(
        this.#parts.mesh.reports().map((report: SiteReport) => [report.site, report.healthRatio]),
      );
    }
    return this.#siteHealth.get(site) ?? 1;
  }
}

/** First-token budget under best effort, ms: as long as anyone would wait. */
const bestEffortBudgetMs = 60_000;
/** How long one reading of the mesh's reports is used, ms. */
const meshReadingMs = 50;

/** The law behind each pair of origin and data class. */
function residencyRules(world: World): Map<string, string> {
  const rules = new Map<string, string>();
  for (const { country, residency } of world.jurisdictions) {
    for (const rule of residency) rules.set(`${country} ${rule.dataClass}`, `${rule.law} (${rule.asOf})`);
  }
  return rules;
}

/** Instruments are looked up once per combination of labels and then kept. */
function instruments(telemetry: Telemetry) {
  const kept = <Made>(make: (...key: string[]) => Made) => {
    const made = new Map<string, Made>();
    return (...key: string[]): Made => {
      const name = key.join("\n");
      let instrument = made.get(name);
      if (instrument === undefined) made.set(name, (instrument = make(...key)));
      return instrument;
    };
  };
  return {
    refusals: kept((code) => telemetry.counter(metrics.refusals, { code: code! })),
    dispatch: telemetry.histogram(metrics.dispatch, {}),
    inFlight: telemetry.gauge(metrics.inFlight, {}),
    site: kept((workload, site) => ({
      requests: kept((outcome) =>
        telemetry.counter(metrics.requests, { workload: workload!, site: site!, outcome: outcome! }),
      ),
      attempts: kept((outcome) =>
        telemetry.counter(metrics.attempts, { workload: workload!, site: site!, outcome: outcome! }),
      ),
      ttft: telemetry.histogram(metrics.ttft, { workload: workload!, site: site! }),
      duration: telemetry.histogram(metrics.duration, { workload: workload!, site: site! }),
      input: telemetry.counter(metrics.tokens, { workload: workload!, site: site!, kind: "input" }),
      cached: telemetry.counter(metrics.tokens, { workload: workload!, site: site!, kind: "cached" }),
      output: telemetry.counter(metrics.tokens, { workload: workload!, site: site!, kind: "output" }),
      egress: telemetry.counter(metrics.egress, { workload: workload!, site: site! }),
      charge: telemetry.counter(metrics.charge, { workload: workload!, site: site! }),
    })),
  };
}
