import type { World } from "../catalog/index.ts";
import { Admission, defaultLine, FirstTokens, priorities, startsWithinMs, type Candidate } from "../route/index.ts";

/** The line in which requests wait that find no room at an engine. */
export interface WaitingLine {
  /** Requests that may wait; beyond, the least urgent are turned away. */
  readonly maxQueued: number;
  /** Longest wait, ms, where the first-token budget is not longer. */
  readonly patienceMs: number;
}

export const defaultWaitingLine: WaitingLine = {
  maxQueued: defaultLine.maxQueued,
  patienceMs: defaultLine.patienceMs,
};

/** What the line needs of the simulation. */
export interface LineParts {
  readonly world: World;
  readonly limits: WaitingLine;
  /** So many wait now. */
  readonly depth: (queued: number, nowMs: number) => void;
  /** A request that came then has begun after so long. */
  readonly waited: (arrivalMs: number, ms: number) => void;
  /** Calls `look` after so many ms of simulated time. */
  readonly lookAfter: (nowMs: number, delayMs: number) => void;
  /** Sends the request to an engine, or refuses it for good; false = it had better wait. */
  readonly begin: (request: number, nowMs: number, late: boolean) => boolean;
  readonly turnAway: (request: number) => void;
}

/**
 * The gateway in front of a plan's engines, as `serve` has it: who begins, who waits and who is turned away is decided by
 * the same `Admission` of `route`. All callers are one account of normal priority. Who is turned away does not come back.
 */
export class GatewayLine {
  readonly #parts: LineParts;
  readonly #admission: Admission;
  readonly #firstTokens: FirstTokens;
  #nowMs = 0;
  #look: (() => void) | null = null;
  /** Used for every request until one has to wait, so that a request that finds room costs no object. */
  #next: Asking;
  readonly #begin = (request: number, late: boolean): boolean => this.#parts.begin(request, this.#nowMs, late);

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
      waited: (_, ms) => {
        if (ms > 0) parts.waited(this.#nowMs - ms, ms);
      },
      shed() {},
    });
    this.#next = new Asking(this.#begin, parts.turnAway);
  }

  /** A request comes: it begins, waits, or it or another one is turned away. */
  submit(request: number, workload: number, area: number, inputTokens: number, nowMs: number): void {
    const { world, limits } = this.#parts;
    const { ttft, requestBytes, outputTokens } = world.workloads[workload]!;
    const asking = this.#next;
    this.#nowMs = nowMs;
    asking.request = request;
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

  /** A request of the workload had its first token so long after it was sent to an engine, ms. */
  observe(workload: number, tookMs: number): void {
    this.#firstTokens.observe(workload, tookMs);
  }
}

/** A request at the door of the engines. */
class Asking implements Candidate {
  request = -1;
  lane = 0;
  readonly band = priorities.indexOf("normal");
  readonly account = "";
  readonly weight = 1;
  deadlineMs = 0;
  giveUpMs = 0;
  bytes = 0;
  inputTokens = 0;
  outputTokens = 0;
  late = false;
  /** It has neither begun nor been turned away. */
  kept = false;
  readonly #begin: (request: number, late: boolean) => boolean;
  readonly #turnAway: (request: number) => void;

  constructor(begin: (request: number, late: boolean) => boolean, turnAway: (request: number) => void) {
    this.#begin = begin;
    this.#turnAway = turnAway;
  }

  begin(): boolean {
    if (!this.#begin(this.request, this.late)) return false;
    this.kept = false;
    return true;
  }

  shed(): void {
    this.kept = false;
    this.#turnAway(this.request);
  }
}
