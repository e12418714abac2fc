import type { World } from "../catalog/index.ts";
import { AliasTable } from "./alias-table.ts";
import type { Arrivals } from "./arrivals.ts";
import { RandomStream } from "./random.ts";
import { RequestSizes } from "./request-sizes.ts";
import type { Trace } from "./trace.ts";

export interface TraceMapping {
  /** Position in `World.workloads` of the workload whose users sent these requests. */
  readonly workload: number;
  /** Length of the simulated span, ms; the trace is cut there, not repeated. */
  readonly durationMs: number;
  /** Requests simulated per request recorded. */
  readonly rateFactor: number;
}

/**
 * A recorded trace played on the areas of a world: times and sizes are the trace's, the area of each request is drawn in
 * proportion to the workload's demand there.
 *
 * A factor above 1 overlays copies of the trace, each turned by an equal part of its length, so that every copy keeps
 * its bursts and they do not coincide; what is left of the factor (and a factor below 1) keeps a random share of a copy.
 */
export class TraceArrivals implements Arrivals {
  nextMs = 0;
  row = -1;
  inputTokens = 0;
  outputTokens = 0;
  cachedTokens = 0;

  readonly #trace: Trace;
  readonly #mapping: TraceMapping;
  readonly #sizes: RequestSizes;
  readonly #rows: Int32Array;
  readonly #alias: AliasTable;
  readonly #random: RandomStream;
  readonly #spanMs: number;
  readonly #copies: Copy[];

  /** @throws RangeError when no demand row belongs to the workload. */
  constructor(world: World, period: number, trace: Trace, mapping: TraceMapping, seed: number) {
    this.#trace = trace;
    this.#mapping = mapping;
    this.#sizes = new RequestSizes(world);
    this.#random = new RandomStream(seed, "trace");
    this.#rows = Int32Array.from(world.demand.flatMap((row, i) => (row.workload === mapping.workload ? [i] : [])));
    if (this.#rows.length === 0) throw new RangeError(`no demand row has workload ${mapping.workload}`);
    this.#alias = new AliasTable(Float64Array.from(this.#rows, (row) => world.demand[row]!.peakPerS[period] ?? 0));
    // The turn leaves the mean gap between the last request and the first of the next turn.
    const { requests } = trace;
    const lastMs = requests.at(-1)?.atMs ?? 0;
    this.#spanMs = lastMs + lastMs / Math.max(1, requests.length - 1);
    const copies = Math.ceil(mapping.rateFactor);
    this.#copies = Array.from({ length: requests.length === 0 ? 0 : copies }, (_, i) =>
      startCopy(trace, (this.#spanMs * i) / copies, Math.min(1, mapping.rateFactor - i)),
    );
    this.step();
  }

  step(): void {
    const { requests } = this.#trace;
    for (;;) {
      let next: Copy | null = null;
      for (const copy of this.#copies) if (next === null || copy.atMs < next.atMs) next = copy;
      if (next === null || !(next.atMs < this.#mapping.durationMs)) {
        this.nextMs = Number.POSITIVE_INFINITY;
        return;
      }
      const { atMs } = next;
      const request = requests[next.position]!;
      next.position = (next.position + 1) % requests.length;
      next.taken++;
      const turnedMs = requests[next.position]!.atMs - next.shiftMs;
      next.atMs =
        next.taken >= requests.length ? Number.POSITIVE_INFINITY : turnedMs < 0 ? turnedMs + this.#spanMs : turnedMs;
      if (next.keepRatio < 1 && this.#random.uniform() >= next.keepRatio) continue;
      this.nextMs = atMs;
      this.row = this.#rows[this.#alias.pick(this.#random.uniform())]!;
      this.inputTokens = request.inputTokens;
      this.outputTokens = request.outputTokens;
      this.cachedTokens = this.#sizes.cached(this.#mapping.workload, request.inputTokens);
      return;
    }
  }
}

interface Copy {
  readonly shiftMs: number;
  readonly keepRatio: number;
  position: number;
  taken: number;
  atMs: number;
}

/** A copy turned by `shiftMs`: it begins with the first request at or after the shift. */
function startCopy(trace: Trace, shiftMs: number, keepRatio: number): Copy {
  const found = trace.requests.findIndex((request) => request.atMs >= shiftMs);
  const position = found < 0 ? 0 : found;
  return { shiftMs, keepRatio, position, taken: 0, atMs: Math.max(0, trace.requests[position]!.atMs - shiftMs) };
}
