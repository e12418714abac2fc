import { describe, type Decision, type RouteOrigin, type Routes } from "../../route/index.ts";
import { attemptReasons, type Admitted, type AttemptNote, type AttemptReason } from "./admitted.ts";
import type { Drain } from "../mesh/drains.ts";
import { attemptOutcomes, type AttemptOutcome } from "../ledger/ledger.ts";
import { isText, putUnits } from "../ledger/text-units.ts";
import type { RedactionCounts } from "./redaction.ts";
import { slos, type Slo } from "../account/slo.ts";

/** What is remembered of a request for those who ask about its route. Holds no prompt. */
export interface RouteStory {
  readonly requestId: string;
  readonly accountId: string | null;
  readonly workload: number;
  readonly area: number;
  readonly access: number;
  readonly slo: Slo;
  readonly decision: Decision;
  /** What operators had taken out by then. */
  readonly drained: readonly Drain[];
  readonly redacted: RedactionCounts | null;
  /** Attempts that have ended, in the order in which they did. */
  readonly trail: readonly AttemptNote[];
}

/** An attempt that has ended, for the record. */
export interface AttemptEnd {
  readonly number: number;
  readonly reason: AttemptReason;
  /** Where it was tried; -1 for an answer that was given again. */
  readonly replica: number;
  readonly outcome: AttemptOutcome;
  readonly status: number;
  readonly startedAfterMs: number;
  readonly ttftMs: number | null;
  readonly durationMs: number;
}

/** Candidates of a placement, and numbers kept of each: replica, queue, whether its load was known. */
const candidates = 4;
const perCandidate = 3;
/** UTF-16 units of an id there is room for; more is made when a longer one comes. */
const usualIdUnits = 24;
/** Numbers kept of an attempt. */
const perAttempt = 8;
/** Where candidates and attempts begin in a slot; before them stands what the request itself is. */
const candidatesAt = 8;
const attemptsAt = candidatesAt + candidates * perCandidate;

/**
 * The latest routes as a ring of numbers, described only when someone asks. Written on every request and looked through
 * seldom; as objects they would live just long enough to be copied by every collection of young garbage.
 */
export class KeptRoutes {
  readonly #capacity: number;
  readonly #maxAttempts: number;
  readonly #stride: number;
  readonly #numbers: Float64Array;
  #ids: Uint16Array;
  /** Units of `#ids` for each slot. */
  #idUnits = usualIdUnits;
  readonly #idLengths: Uint16Array;
  readonly #accounts: (string | null)[] = [];
  readonly #drained: (readonly Drain[])[] = [];
  readonly #redacted: Admitted["redacted"][] = [];
  /** Decisions that cannot be described again: of answers from the cache. */
  readonly #told: (Decision | null)[] = [];
  readonly #routesFor: (slo: Slo, origin: RouteOrigin) => Routes;
  #count = 0;

  constructor(capacity: number, maxAttempts: number, routesFor: (slo: Slo, origin: RouteOrigin) => Routes) {
    this.#capacity = capacity;
    this.#maxAttempts = maxAttempts;
    this.#stride = attemptsAt + maxAttempts * perAttempt;
    this.#numbers = new Float64Array(capacity * this.#stride);
    this.#ids = new Uint16Array(capacity * usualIdUnits);
    this.#idLengths = new Uint16Array(capacity);
    this.#routesFor = routesFor;
  }

  /** Keeps the route of a request; returns which one it is, for `tried`. */
  keep(admitted: Admitted, told: Decision | null = null): number {
    if (this.#capacity === 0) return -1;
    const route = this.#count++;
    const slot = route % this.#capacity;
    const { replicas, queueMs, loadKnown, targetTokens, tokens } = admitted.placement;
    const numbers = this.#numbers;
    let at = slot * this.#stride;
    numbers[at++] = admitted.workload;
    numbers[at++] = admitted.area;
    numbers[at++] = admitted.access;
    numbers[at++] = slos.indexOf(admitted.slo);
    numbers[at++] = targetTokens;
    numbers[at++] = tokens;
    numbers[at++] = Math.min(replicas.length, candidates);
    numbers[at++] = 0;
    for (let index = 0; index < replicas.length && index < candidates; index++) {
      numbers[at++] = replicas[index]!;
      numbers[at++] = queueMs[index]!;
      numbers[at++] = loadKnown[index] ? 1 : 0;
    }
    this.#keepId(slot, admitted.requestId);
    this.#accounts[slot] = admitted.accountId;
    this.#drained[slot] = admitted.drained;
    this.#redacted[slot] = admitted.redacted;
    this.#told[slot] = told;
    return route;
  }

  /** Adds an attempt that has ended, unless the route has been forgotten meanwhile. */
  tried(route: number, end: AttemptEnd): void {
    if (route < 0 || route < this.#count - this.#capacity) return;
    const numbers = this.#numbers;
    const start = (route % this.#capacity) * this.#stride;
    const tried = numbers[start + candidatesAt - 1]!;
    if (tried === this.#maxAttempts) return;
    numbers[start + candidatesAt - 1] = tried + 1;
    let at = start + attemptsAt + tried * perAttempt;
    numbers[at++] = end.number;
    numbers[at++] = attemptReasons.indexOf(end.reason);
    numbers[at++] = end.replica;
    numbers[at++] = attemptOutcomes.indexOf(end.outcome);
    numbers[at++] = end.status;
    numbers[at++] = end.startedAfterMs;
    numbers[at++] = end.ttftMs ?? Number.NaN;
    numbers[at] = end.durationMs;
  }

  find(requestId: string): RouteStory | null {
    const slot = this.#slotOf(requestId);
    if (slot < 0) return null;
    const at = slot * this.#stride;
    const value = (offset: number) => this.#numbers[at + offset]!;
    const ofCandidate = (column: number) =>
      Array.from({ length: value(6) }, (_, index) => value(candidatesAt + index * perCandidate + column));
    const origin = { workload: value(0), area: value(1), access: value(2) };
    const slo = slos[value(3)]!;
    const routes = this.#routesFor(slo, origin);
    const placement = {
      replicas: ofCandidate(0),
      queueMs: ofCandidate(1),
      loadKnown: ofCandidate(2).map((known) => known === 1),
      targetTokens: value(4),
      tokens: value(5),
    };
    const decision = this.#told[slot] ?? describe(routes, origin, placement);
    return {
      ...origin,
      requestId,
      accountId: this.#accounts[slot]!,
      slo,
      decision,
      drained: this.#drained[slot]!,
      redacted: this.#redacted[slot]!.counts,
      trail: Array.from({ length: value(7) }, (_, index) =>
        this.#noteAt(at + attemptsAt + index * perAttempt, routes, decision),
      ),
    };
  }

  #keepId(slot: number, id: string): void {
    if (id.length > this.#idUnits) {
      const before = this.#idUnits;
      const larger = new Uint16Array(this.#capacity * id.length);
      for (let one = 0; one < this.#capacity; one++)
        larger.set(this.#ids.subarray(one * before, (one + 1) * before), one * id.length);
      this.#ids = larger;
      this.#idUnits = id.length;
    }
    this.#idLengths[slot] = id.length;
    putUnits(id, this.#ids, slot * this.#idUnits);
  }

  /** -1 when it is not kept. */
  #slotOf(id: string): number {
    for (let slot = 0; slot < Math.min(this.#count, this.#capacity); slot++)
      if (this.#idLengths[slot] === id.length && isText(id, this.#ids, slot * this.#idUnits)) return slot;
    return -1;
  }

  #noteAt(at: number, routes: Routes, { target }: Decision): AttemptNote {
    const value = (offset: number) => this.#numbers[at + offset]!;
    const group = routes.groups[routes.groupOfReplica[value(2)] ?? -1];
    return {
      number: value(0),
      reason: attemptReasons[value(1)]!,
      site: group ? routes.policy.world.sites[group.site]!.id : (target?.site ?? ""),
      pool: group ? routes.deployment.pools[group.pool]!.id : (target?.pool ?? ""),
      outcome: attemptOutcomes[value(3)]!,
      status: value(4),
      startedAfterMs: value(5),
      ttftMs: Number.isNaN(value(6)) ? null : value(6),
      durationMs: value(7),
    };
  }
}
