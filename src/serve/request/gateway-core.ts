import type { World } from "../../catalog/index.ts";
import {
  Admission,
  compilePolicy,
  compileRoutes,
  FirstTokens,
  fullGroup,
  loadViewOf,
  servingAt,
  type EngineSignals,
  type Group,
  type RouteOrigin,
  type Routes,
  type Snapshot,
} from "../../route/index.ts";
import type { Accounts } from "../account/accounts.ts";
import { errorBody, type ApiError } from "../wire/api-error.ts";
import type { Books } from "./books.ts";
import { covers, type Drains } from "../mesh/drains.ts";
import { Crowd } from "./crowd.ts";
import { Deadlines } from "./deadlines.ts";
import { Hedging } from "../mesh/hedging.ts";
import { KeptRoutes } from "./kept-routes.ts";
import type { Admitted } from "./admitted.ts";
import type { Inference } from "./inference.ts";
import { GroupState, type Moment } from "../mesh/mesh-state.ts";
import type { EngineReport } from "../mesh/peer-report.ts";
import type { GatewayOptions } from "../wire/options.ts";
import { readCodings } from "../wire/packed-body.ts";
import type { Clock, EngineBinding } from "../wire/ports.ts";
import { PrefixIndex } from "../mesh/prefix-index.ts";
import { refusal } from "./refusal.ts";
import { ResponseCache } from "./response-cache.ts";
import type { Slo } from "../account/slo.ts";
import type { Reply } from "../wire/transport.ts";

export interface CoreParts {
  readonly world: World;
  readonly routes: Routes;
  readonly bindings: readonly (EngineBinding | null)[];
  readonly clock: Clock;
  readonly books: Books;
  readonly accounts: Accounts;
  readonly drains: Drains;
  readonly options: GatewayOptions;
}

/** The engines of one site that this gateway holds. */
export interface OwnSite {
  readonly snapshot: Snapshot;
  holds(group: number): boolean;
}

/** What all requests of one gateway share: routes, the state of the engines, time limits and the books. */
export class GatewayCore {
  readonly world: World;
  readonly routes: Routes;
  readonly groups: readonly GroupState[];
  readonly options: GatewayOptions;
  readonly clock: Clock;
  readonly books: Books;
  readonly accounts: Accounts;
  readonly drains: Drains;
  /** Goes by the drains no longer; for the end. */
  readonly leaveDrains: () => void;
  readonly deadlines: Deadlines;
  readonly hedging: Hedging;
  readonly admission: Admission;
  readonly firstTokens: FirstTokens;
  /** No new request is taken. */
  stopping = false;
  readonly prefixes = new PrefixIndex();
  readonly cache: ResponseCache;
  readonly inFlight = new Crowd<Inference>();
  readonly keptRoutes: KeptRoutes;
  readonly snapshot: Snapshot;
  readonly #parts: CoreParts;
  readonly #moment: Moment = { nowMs: 0 };
  readonly #patientRoutes = new Map<Slo, Routes>();
  readonly #ownSites = new Map<number, OwnSite>();

  constructor(parts: CoreParts) {
    this.#parts = parts;
    this.world = parts.world;
    this.routes = parts.routes;
    this.options = parts.options;
    this.clock = parts.clock;
    this.books = parts.books;
    this.accounts = parts.accounts;
    this.drains = parts.drains;
    this.deadlines = new Deadlines(parts.clock);
    this.cache = new ResponseCache(parts.options);
    this.hedging = new Hedging(parts.options.hedgeRatio, parts.world.workloads.length);
    this.firstTokens = new FirstTokens(parts.world.workloads.length);
    this.admission = new Admission(parts.clock, parts.options, parts.books.line);
    const { routesKept, maxAttempts } = parts.options;
    this.keptRoutes = new KeptRoutes(routesKept, maxAttempts, (slo, origin) => this.routesFor(slo, origin));
    this.groups = parts.routes.groups.map((group, index) => this.#stateOf(group, parts.bindings[index] ?? null));
    this.#warmUp();
    this.leaveDrains = parts.drains.follow({
      changed: () => this.#takeOut(),
      running: (drain) =>
        this.groups.reduce(
          (sum, state) => sum + (covers(drain, this.#siteOf(state), this.#workloadsOf(state)) ? state.running : 0),
          0,
        ),
    });
    this.snapshot = {
      maxAgeMs: parts.options.signalMaxAgeMs,
      engines: Array.from(parts.routes.groupOfReplica, (group) => this.groups[group]!),
    };
  }

  /**
   * Routes of a class. Who would rather be late than refused gets a budget so wide that only law, tier and memory
   * refuse; batches go to the core besides, where it may serve their origin and has an engine.
   */
  routesFor(slo: Slo, origin: RouteOrigin): Routes {
    if (slo === "budget") return this.routes;
    const routes = this.#patientRoutesOf(slo);
    if (slo !== "batch") return routes;
    const { group } = routes.wholeLane(origin.workload, origin.area, origin.access);
    return group.some((index) => this.groups[index]!.engine !== null) ? routes : this.#patientRoutesOf("best-effort");
  }

  #patientRoutesOf(slo: "best-effort" | "batch"): Routes {
    let routes = this.#patientRoutes.get(slo);
    if (routes === undefined) {
      const workloads = this.world.workloads.map((workload) => ({
        ...workload,
        ttft: { ...workload.ttft, budgetMs: Math.max(workload.ttft.budgetMs, bestEffortBudgetMs) },
        tiers: slo === "batch" && workload.tiers.includes("core") ? (["core"] as const) : workload.tiers,
      }));
      const policy = compilePolicy({ ...this.world, workloads }, this.routes.policy.period);
      routes = compileRoutes(policy, this.routes.deployment);
      this.#patientRoutes.set(slo, routes);
    }
    return routes;
  }

  /** Reads the clock for everything that is decided now; returns the reading. */
  look(): number {
    this.#moment.nowMs = this.clock.monotonicMs();
    return this.#moment.nowMs;
  }

  engineModel(group: number): string | null {
    return this.#parts.bindings[group]?.model ?? null;
  }

  continues(group: number): boolean {
    return this.#parts.bindings[group]?.continues ?? false;
  }

  severalServers(group: number): boolean {
    return this.#parts.bindings[group]?.severalServers ?? false;
  }

  /** Another gateway holds these engines. */
  isElsewhere(group: number): boolean {
    return this.groups[group]!.isElsewhere;
  }

  /** The engines that this gateway itself holds at a site, for requests that may go nowhere else. */
  ownSite(site: number): OwnSite {
    let own = this.#ownSites.get(site);
    if (own === undefined) {
      const holds = (group: number) => {
        const state = this.groups[group]!;
        return state.group.site === site && state.engine !== null && !state.isElsewhere;
      };
      const { groupOfReplica } = this.routes;
      const engines = Array.from(groupOfReplica, (group) => (holds(group) ? this.groups[group]! : notHere));
      own = { holds, snapshot: { maxAgeMs: this.options.signalMaxAgeMs, engines } };
      this.#ownSites.set(site, own);
    }
    return own;
  }

  /** What the other gateways of a mesh are told of the engines here. */
  engineReports(): EngineReport[] {
    this.look();
    const seen = new Map<number, number>();
    return this.groups.flatMap((state, index) => {
      const { pool } = state.group;
      const position = seen.get(pool) ?? 0;
      seen.set(pool, position + 1);
      if (state.engine === null || state.isElsewhere) return [];
      const place = { site: this.#siteOf(state), pool: this.routes.deployment.pools[pool]!.id, position };
      const report = state.report({ ...place, emulated: this.isEmulated(index), continues: this.continues(index) });
      // Who stops takes nothing over any more.
      return [this.stopping ? { ...report, healthRatio: 0 } : report];
    });
  }

  isEmulated(group: number): boolean {
    return this.#parts.bindings[group]?.emulated ?? false;
  }

  refusal(admitted: Admitted): ApiError {
    // Until the first of those that may serve it takes requests again.
    const { group } = admitted.routes.wholeLane(admitted.workload, admitted.area, admitted.access);
    let restMs = Number.POSITIVE_INFINITY;
    for (const index of group) {
      const state = this.groups[index]!;
      if (state.engine !== null && !state.drained) restMs = Math.min(restMs, state.restMs() || usualRetryMs);
    }
    if (!Number.isFinite(restMs)) restMs = usualRetryMs;
    return refusal(this.routes.policy, admitted, restMs, (site) => this.#hasEngine(site, admitted.workload));
  }

  sendError(reply: Reply, error: ApiError, requestId: string, attempts: number, more: readonly string[] = []): void {
    const headers = ["content-type", "application/json", "x-request-id", requestId, "x-disperse-request-id", requestId];
    headers.push("x-disperse-reason", error.code, "x-disperse-attempts", String(attempts));
    if (error.retryAfterMs !== null)
      headers.push("retry-after", String(Math.max(1, Math.ceil(error.retryAfterMs / 1_000))));
    // RFC 9110 §15.5.16: who came with a coding that is not read learns which are.
    if (error.code === "unsupported_encoding") headers.push("accept-encoding", readCodings.join(", "));
    reply.send(error.status, [...headers, ...more], errorBody(error), true);
  }

  /** An engine that may serve such a request takes no more for now, but will when one of its own is over. */
  someGroupIsFull(routes: Routes, origin: RouteOrigin, own: OwnSite | null): boolean {
    const isFull = (group: number) =>
      this.groups[group]!.full && !this.groups[group]!.drained && (own === null || own.holds(group));
    const { snapshot } = own ?? this;
    return fullGroup(routes, origin, loadViewOf(snapshot), this.#moment.nowMs, isFull) >= 0;
  }

  /** Where engines stand and what they serve. */
  places(): { readonly site: string; readonly workloads: readonly string[] }[] {
    const real = this.groups.filter(({ engine }) => engine !== null);
    return real.map((state) => ({ site: this.#siteOf(state), workloads: this.#workloadsOf(state) }));
  }

  #hasEngine(site: string, workload: number): boolean {
    return this.groups.some(
      (state) => state.engine !== null && state.group.workloads.includes(workload) && this.#siteOf(state) === site,
    );
  }

  /**
   * Makes what is the same for all requests of a workload, here and beyond the budget, before the first of them comes: in a
   * large world that takes many times as long as any of them may.
   */
  #warmUp(): void {
    for (const routes of [this.routes, this.routes.afterLoss])
      for (const workload of this.world.workloads.keys()) routes?.lane(workload, 0, 0);
  }

  /** Takes engines out or puts them back in, as the drains say now; who waits for one may find another. */
  #takeOut(): void {
    for (const state of this.groups) {
      state.drained = this.drains.cover(this.#siteOf(state), this.#workloadsOf(state));
    }
    this.admission.look();
  }

  #siteOf({ group }: GroupState): string {
    return this.world.sites[group.site]!.id;
  }

  #workloadsOf({ group }: GroupState): string[] {
    return group.workloads.map((workload) => this.world.workloads[workload]!.id);
  }

  #stateOf(group: Group, binding: EngineBinding | null): GroupState {
    const { policy } = this.routes;
    const [workload] = group.workloads;
    const options = workload === undefined ? [] : servingAt(policy, workload, group.module).options;
    const option = options.find((entry) => entry.tensorParallel === group.tensorParallel) ?? options[0];
    return new GroupState({
      group,
      engine: binding?.engine ?? null,
      maxInFlight: binding?.maxInFlight ?? Number.POSITIVE_INFINITY,
      clock: this.clock,
      moment: this.#moment,
      perTokenMs: option?.replica.perPrefillTokenMs ?? 0,
      told: binding?.told ?? null,
    });
  }
}

/** First-token budget under best effort, ms: as long as anyone would wait. */
const bestEffortBudgetMs = 60_000;
/** Advice to callers when no engine has said how long it wants to be left alone, ms. */
const usualRetryMs = 1_000;
/** Stands for every engine that is not at the one place where a request may be served. */
const notHere: EngineSignals = {
  health: { value: 0, unit: "ratio", atMs: Number.POSITIVE_INFINITY, source: "elsewhere" },
  isAbsent: true,
};
