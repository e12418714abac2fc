import type { World } from "../../catalog/index.ts";
import { AliasTable } from "../chance/alias-table.ts";
import type { Arrivals } from "./arrivals.ts";
import { EventQueue } from "../chance/event-queue.ts";
import { HashedLots } from "../chance/hashed-lots.ts";
import type { PrefixChain } from "../chance/prefix-chain.ts";
import { RequestSizes } from "../chance/request-sizes.ts";
import { TraceCursor } from "../trace/trace-cursor.ts";
import type { Trace } from "../trace/trace.ts";

export interface TraceMapping {
  /** Position in `World.workloads` of the workload whose users sent these requests. */
  readonly workload: number;
  /** Length of the simulated span, ms; the trace is cut there. */
  readonly durationMs: number;
  /** Requests simulated per request recorded. */
  readonly rateFactor: number;
  /** Whether a trace shorter than the span begins again when it ends; otherwise its requests just end. */
  readonly loop: boolean;
  /** Whether every area lives through the trace on its own clock: areas to the east begin earlier. */
  readonly byTimeZone: boolean;
}

const hourMs = 3_600_000;

/**
 * A recorded trace played on the areas of a world: times and sizes are the trace's, the area of each request is drawn in
 * proportion to the workload's demand there.
 *
 * A factor above 1 overlays copies of the trace, each turned by an equal part of its length, so that every copy keeps
 * its bursts and they do not coincide; what is left of the factor (and a factor below 1) keeps a random share of a copy.
 *
 * By time zone, each copy is played once for every time zone, turned by its hours; each request still goes to one area
 * only, so the total stays the same. The trace's own clock counts as that of the largest demand.
 */
export class TraceArrivals implements Arrivals {
  nextMs = 0;
  row = -1;
  inputTokens = 0;
  outputTokens = 0;
  cachedTokens = 0;
  prefix: PrefixChain | null = null;

  readonly #trace: Trace;
  readonly #mapping: TraceMapping;
  readonly #sizes: RequestSizes;
  readonly #rows: Int32Array;
  readonly #zoneOfRow: Int32Array;
  readonly #alias: AliasTable;
  readonly #lots: HashedLots;
  readonly #queue = new EventQueue();
  readonly #copies: Copy[] = [];

  /** @throws RangeError when no demand row belongs to the workload. */
  constructor(world: World, period: number, trace: Trace, mapping: TraceMapping, seed: number) {
    this.#trace = trace;
    this.#mapping = mapping;
    this.#sizes = new RequestSizes(world);
    this.#lots = new HashedLots(seed, "trace");
    this.#rows = Int32Array.from(world.demand.flatMap((row, i) => (row.workload === mapping.workload ? [i] : [])));
    const weights = Float64Array.from(this.#rows, (row) => world.demand[row]!.peakPerS[period] ?? 0);
    if (!weights.some((weight) => weight > 0)) {
      throw new RangeError(
        `no area asks for workload ${world.workloads[mapping.workload]!.id}, so no area can send the trace`,
      );
    }
    this.#alias = new AliasTable(weights);
    const offsetOfRow = Array.from(this.#rows, (row) => world.areas[world.demand[row]!.area]!.utcOffsetHours);
    const zones = mapping.byTimeZone ? [...new Set(offsetOfRow)].toSorted((a, b) => a - b) : [0];
    this.#zoneOfRow = Int32Array.from(offsetOfRow, (offset) => (mapping.byTimeZone ? zones.indexOf(offset) : 0));
    const heaviest = offsetOfRow[weights.indexOf(Math.max(...weights))]!;
    // A turn leaves the mean gap between the last request and the first of the next turn.
    const spanMs = trace.lastMs + trace.lastMs / Math.max(1, trace.count - 1);
    const copies = trace.count === 0 ? 0 : Math.ceil(mapping.rateFactor);
    for (let copy = 0; copy < copies; copy++) {
      for (const [zone, offsetHours] of zones.entries()) {
        const eastwardMs = mapping.byTimeZone ? (offsetHours - heaviest) * hourMs : 0;
        this.#start(copy, zone, (spanMs * copy) / copies + eastwardMs, spanMs);
      }
    }
    this.step();
  }

  step(): void {
    const queue = this.#queue;
    while (queue.size > 0) {
      const atMs = queue.nextMs;
      const copy = this.#copies[queue.nextSubject]!;
      queue.pop();
      const isKept = this.#take(copy);
      this.#move(copy);
      if (!isKept) continue;
      this.nextMs = atMs;
      return;
    }
    this.nextMs = Number.POSITIVE_INFINITY;
  }

  /** Reads the request a copy stands at; false when it is not this copy's to send. */
  #take({ number, zone, cursor, turn }: Copy): boolean {
    const lots = this.#lots;
    const key = cursor.position + turn * this.#trace.count;
    const keepRatio = Math.min(1, this.#mapping.rateFactor - number);
    if (keepRatio < 1 && lots.uniform(key, 2 * number) >= keepRatio) return false;
    const row = this.#alias.pick(lots.uniform(key, 2 * number + 1));
    if (this.#zoneOfRow[row] !== zone) return false;
    this.row = this.#rows[row]!;
    this.inputTokens = cursor.inputTokens;
    this.outputTokens = cursor.outputTokens;
    this.prefix = cursor.prefix(number);
    this.cachedTokens = this.prefix ? 0 : this.#sizes.cached(this.#mapping.workload, cursor.inputTokens);
    return true;
  }

  #start(number: number, zone: number, shiftMs: number, spanMs: number): void {
    const turnedMs = spanMs > 0 ? ((shiftMs % spanMs) + spanMs) % spanMs : 0;
    const cursor = new TraceCursor(this.#trace, turnedMs);
    const index = this.#copies.length;
    const copy: Copy = { index, number, zone, cursor, spanMs, turnedMs, left: this.#trace.count, turn: 0, fromMs: 0 };
    this.#copies.push(copy);
    this.#enqueue(copy);
  }

  #move(copy: Copy): void {
    copy.left--;
    copy.cursor.step();
    if (copy.left === 0) {
      if (!this.#mapping.loop || !(copy.spanMs > 0)) return;
      copy.left = this.#trace.count;
      copy.turn++;
      copy.fromMs += copy.spanMs;
    }
    this.#enqueue(copy);
  }

  #enqueue(copy: Copy): void {
    const turned = copy.cursor.atMs - copy.turnedMs;
    const atMs = copy.fromMs + Math.max(0, turned < 0 ? turned + copy.spanMs : turned);
    if (atMs < this.#mapping.durationMs) this.#queue.push(atMs, 0, 0, copy.index);
  }
}

interface Copy {
  readonly index: number;
  readonly number: number;
  readonly zone: number;
  readonly cursor: TraceCursor;
  readonly spanMs: number;
  /** The copy begins with the first request at or after this time of the trace. */
  readonly turnedMs: number;
  /** Requests left of this turn. */
  left: number;
  /** How often the trace has begun again, and when this turn began. */
  turn: number;
  fromMs: number;
}
