import {
  describeTarget,
  hasRoom,
  missRatioAfter,
  place,
  startsWithinMs,
  type Candidate,
  type Placement,
  type RouteRequest,
  type Routes,
  type Target,
} from "../../route/index.ts";
import type { Reservation } from "../account/accounts.ts";
import { apiError } from "../wire/api-error.ts";
import type { GatewayCore, OwnSite } from "./gateway-core.ts";
import type { Admitted, Asking } from "./admitted.ts";
import type { Endpoint } from "../stream/endpoints.ts";
import { Inference } from "./inference.ts";
import type { Call, Exchange, Reply } from "../wire/transport.ts";

/** Everything about a request that is known before it is decided where it goes. */
export interface Asked {
  readonly endpoint: Endpoint;
  readonly admitted: Asking;
  readonly route: RouteRequest;
  readonly account: string;
  readonly weight: number;
  readonly band: number;
  readonly reservation: Reservation;
  readonly outputTokens: number;
  /** The one place where it may be served, for requests that another gateway handed over; null = any. */
  readonly own: OwnSite | null;
  /** It may be served beyond its budget: who handed it over has lost what lies within. */
  readonly afterLoss: boolean;
}

/**
 * A request from the door to its first engine: it is placed as soon as an engine has room, waits its turn until then,
 * and is sent away when waiting is in vain. Afterwards it stands for the running `Inference`.
 */
export class Arrival implements Exchange, Candidate {
  readonly lane: number;
  readonly band: number;
  readonly account: string;
  readonly weight: number;
  readonly deadlineMs: number;
  readonly giveUpMs: number;
  readonly bytes: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  late = false;
  readonly #core: GatewayCore;
  readonly #call: Call;
  readonly #reply: Reply;
  readonly #asked: Asked;
  readonly #rng: () => number;
  #inference: Inference | null = null;
  #gone = false;

  constructor(core: GatewayCore, call: Call, reply: Reply, asked: Asked, rng: () => number) {
    this.#core = core;
    this.#call = call;
    this.#reply = reply;
    this.#asked = asked;
    this.#rng = rng;
    const { admitted } = asked;
    const { budgetMs } = core.world.workloads[admitted.workload]!.ttft;
    const { patienceMs, bestEffortPatienceMs } = core.options;
    this.lane = admitted.workload * core.world.areas.length + admitted.area;
    this.band = asked.band;
    this.account = asked.account;
    this.weight = asked.weight;
    // What counts for the line is when it must begin at the latest.
    const expectedMs = core.firstTokens.expectedMs(admitted.workload);
    this.deadlineMs = admitted.receivedMs + startsWithinMs(budgetMs, expectedMs);
    this.giveUpMs =
      admitted.receivedMs + Math.max(budgetMs, admitted.slo === "budget" ? patienceMs : bestEffortPatienceMs);
    this.bytes = call.bodyBytes;
    this.inputTokens = admitted.request.inputTokens;
    this.outputTokens = asked.outputTokens;
  }

  /** Nothing that goes wrong with one request may reach who lets it through: that one looks after all others too. */
  begin(yields: boolean): boolean {
    try {
      return this.#begin(yields);
    } catch {
      if (this.#inference?.over) return true;
      const error = apiError("internal_error");
      const { admitted } = this.#asked;
      this.#leave();
      this.#core.admission.settle(this, 0, 0);
      this.#core.books.turnedAway(admitted.requestId, error.code, admitted);
      this.#core.sendError(this.#reply, error, admitted.requestId, 0);
      return true;
    }
  }

  #begin(yields: boolean): boolean {
    const core = this.#core;
    const { admitted, route, endpoint, own, afterLoss } = this.#asked;
    const nowMs = core.look();
    const usual = core.routesFor(admitted.slo, route);
    const routes = afterLoss ? (usual.afterLoss ?? usual) : usual;
    const { snapshot } = own ?? core;
    const placement = place(routes, route, snapshot, { nowMs, rng: this.#rng });
    const target = placement.replicas.length > 0 ? describeTarget(routes, route, placement, 0) : null;
    const waitedMs = nowMs - admitted.receivedMs;
    const isPatient = this.late || yields;
    if (!this.#hasRoom(routes, placement, target, waitedMs, isPatient)) return false;
    const placed: Admitted = { ...admitted, placement, routes, drained: core.drains.all };
    const keptRoute = core.keptRoutes.keep(placed);
    const inference = new Inference(core, this.#call, this.#reply, placed, { endpoint, target, keptRoute, over: this });
    this.#inference = inference;
    inference.start();
    return true;
  }

  /** The request is over, and this much of it was charged. */
  ended(chargedTokens: number): void {
    const { admission } = this.#core;
    admission.settle(this, this.inputTokens, Math.max(0, chargedTokens - this.inputTokens));
    admission.look();
  }

  shed(retryAfterMs: number): void {
    this.#leave();
    const error = apiError(this.#core.stopping ? "shutting_down" : "overloaded", { retryAfterMs });
    const { admitted } = this.#asked;
    this.#core.books.turnedAway(admitted.requestId, error.code, admitted);
    this.#core.sendError(this.#reply, error, admitted.requestId, 0);
  }

  clientLeft(): void {
    if (this.#inference) return this.#inference.clientLeft();
    if (this.#gone) return;
    this.#core.admission.withdraw(this);
    this.#leave();
    this.#core.books.finished(this.#asked.admitted, {
      outcome: "client-left",
      target: null,
      attempts: 0,
      firstContentMs: null,
      endedMs: this.#core.clock.monotonicMs(),
      inFlight: this.#core.inFlight.size,
      error: null,
    });
  }

  drained(): void {
    this.#inference?.drained();
  }

  #leave(): void {
    this.#gone = true;
    this.#core.accounts.settle(this.#asked.reservation, { nanoUsd: 0, tokens: 0 });
  }

  /** Whether beginning now serves the request better than waiting. */
  #hasRoom(routes: Routes, placement: Placement, target: Target | null, waitedMs: number, isPatient: boolean): boolean {
    // Without a target only engines that are full may take it later; everything else is an answer already.
    if (target === null) return !this.#core.someGroupIsFull(routes, this.#asked.route, this.#asked.own);
    const { loadKnown } = target.terms;
    // The queue there is, not the one the policy assumes of an engine that failed: that one no waiting makes shorter, for
    // only a request can find out that the engine is well again.
    const queueMs = loadKnown ? this.#core.groups[target.group]!.drain.value : Number.NaN;
    // The odds of being late cost most to find, and mostly nobody has to know them.
    if (hasRoom(queueMs, true, 1)) return true;
    return hasRoom(queueMs, isPatient, missRatioAfter(routes, this.#asked.route, placement, waitedMs));
  }
}
