import type { World } from "../../catalog/index.ts";
import { Admission, defaultLine, FirstTokens, startsWithinMs, type Candidate } from "../../route/index.ts";
import type { Caller } from "../arrival/callers.ts";

/** Where gateways stand. */
export const gatewayPlaces = [
  /** One for all requests, as one `serve` is. */
  "one",
  /** One in every country that has users, for those. */
  "country",
  /** One in every area, for its users. */
  "area",
] as const;

/** The line in which requests wait that find no room at an engine. */
export interface WaitingLine {
  /** Requests that may wait at a gateway; beyond, the least urgent are turned away. */
  readonly maxQueued: number;
  /** Longest wait, ms, where the first-token budget is not longer. */
  readonly patienceMs: number;
  /** Each gateway has a line, and shares tokens among accounts, of its own; absent = one. */
  readonly gateways?: (typeof gatewayPlaces)[number];
}

export const defaultWaitingLine: WaitingLine = {
  maxQueued: defaultLine.maxQueued,
  patienceMs: defaultLine.patienceMs,
};

// What a request may do that an engine is looked for: go wherever it can, or wait where that is better. Who is late already, or
// yields to someone more urgent, is patient.
export const goes = 0;
export const goesOrWaits = 1;
export const goesOrWaitsPatiently = 2;

/** What becomes of a request that asks for an engine. */
export const sending = {
  /** It had better wait, and is as it was. */
  waits: 0,
  sent: 1,
  /** No engine will ever serve it. */
  refused: 2,
} as const;

/** What the line needs of the simulation. */
export interface LineParts {
  readonly world: World;
  readonly limits: WaitingLine;
  /** So many wait here now. */
  readonly depth: (queued: number, nowMs: number) => void;
  /** A request that came then has begun after so long. */
  readonly waited: (arrivalMs: number, ms: number) => void;
  /** Calls `look` after so many ms of simulated time. */
  readonly lookAfter: (nowMs: number, delayMs: number) => void;
  /** Sends the request to an engine, or refuses it for good, or does neither: see `sending`. */
  readonly begin: (request: number, nowMs: number, isPatient: boolean) => number;
  readonly turnAway: (request: number) => void;
}

/**
 * The gateway in front of a plan's engines, as `serve` has it: who begins, who waits and who is turned away is decided by
 * the same `Admission` of `route`. Who is turned away does not come back.
 */
export class GatewayLine {
  readonly #parts: LineParts;
  readonly #admission: Admission;
  readonly #firstTokens: FirstTokens;
  #nowMs = 0;
  #look: (() => void) | null = null;
  /** Used for every request until one has to wait, so that a request that finds room costs no object. */
  #next: Asking;
  /** Whether the request that began last was refused in the same breath. */
  #isRefused = false;
  readonly #begin = (request: number, isPatient: boolean): boolean => {
    const outcome = this.#parts.begin(request, this.#nowMs, isPatient);
    this.#isRefused = outcome === sending.refused;
    return outcome !== sending.waits;
  };

  constructor(parts: LineParts) {
    this.#parts = parts;
    this.#firstTokens = new FirstTokens(parts.world.workloads.length);
    const clock = {
      monotonicMs: () => this.#nowMs,
      schedule: (delayMs: number, task: () => void) => {
        this.#look = task;
        parts.lookAfter(this.#nowMs, delayMs);
      },
    };
    const limits = { maxQueued: parts.limits.maxQueued, maxQueuedBytes: defaultLine.maxQueuedBytes };
    this.#admission = new Admission(clock, limits, {
      depth: (queued) => parts.depth(queued, this.#nowMs),
      waited: (candidate, ms) => {
        // Who got nothing in the end neither found room nor used up anything of its account's share.
        if (this.#isRefused) this.#admission.settle(candidate, 0, 0);
        else if (ms > 0) parts.waited(this.#nowMs - ms, ms);
      },
      shed() {},
    });
    this.#next = new Asking(this.#begin, parts.turnAway);
  }

  /** A request comes: it begins, waits, or it or another one is turned away. */
  submit(
    request: number,
    workload: number,
    area: number,
    inputTokens: number,
    { account, band, weight }: Caller,
    nowMs: number,
  ): void {
    const { world, limits } = this.#parts;
    const { ttft, requestBytes, outputTokens } = world.workloads[workload]!;
    const asking = this.#next;
    this.#nowMs = nowMs;
    asking.request = request;
    asking.account = account;
    asking.band = band;
    asking.weight = weight;
    asking.lane = workload * world.areas.length + area;
    asking.deadlineMs = nowMs + startsWithinMs(ttft.budgetMs, this.#firstTokens.expectedMs(workload));
    asking.giveUpMs = nowMs + Math.max(ttft.budgetMs, limits.patienceMs);
    asking.bytes = requestBytes;
    asking.inputTokens = inputTokens;
    asking.outputTokens = outputTokens.mean;
    asking.late = false;
    asking.kept = true;
    this.#admission.submit(asking);
    // Who neither began nor was turned away waits, and is looked at again.
    if (asking.kept) this.#next = new Asking(this.#begin, this.#parts.turnAway);
  }

  /** Those who wait are looked at, at the time that `lookAfter` was told. */
  look(nowMs: number): void {
    this.#nowMs = nowMs;
    const task = this.#look;
    this.#look = null;
    task?.();
  }

  /** A request of the workload had its first token so long after it was sent to an engine with that queue, ms. */
  observe(workload: number, sinceSentMs: number, queueMs: number): void {
    this.#firstTokens.observe(workload, sinceSentMs, queueMs);
  }

  /** A request has its last token: its account is charged with what it used, where the usual had been expected. */
  settle({ account, weight }: Caller, workload: number, inputTokens: number, outputTokens: number): void {
    const expected = this.#parts.world.workloads[workload]!.outputTokens.mean;
    this.#admission.settle({ account, weight, inputTokens, outputTokens: expected }, inputTokens, outputTokens);
  }
}

/** A request at the door of the engines. */
class Asking implements Candidate {
  request = -1;
  lane = 0;
  band = 0;
  account = "";
  weight = 1;
  deadlineMs = 0;
  giveUpMs = 0;
  bytes = 0;
  inputTokens = 0;
  outputTokens = 0;
  late = false;
  /** It has neither begun nor been turned away. */
  kept = false;
  readonly #begin: (request: number, isPatient: boolean) => boolean;
  readonly #turnAway: (request: number) => void;

  constructor(begin: (request: number, isPatient: boolean) => boolean, turnAway: (request: number) => void) {
    this.#begin = begin;
    this.#turnAway = turnAway;
  }

  begin(yields: boolean): boolean {
    if (!this.#begin(this.request, this.late || yields)) return false;
    this.kept = false;
    return true;
  }

  shed(): void {
    this.kept = false;
    this.#turnAway(this.request);
  }
}
