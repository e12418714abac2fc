import type { World } from "../../catalog/index.ts";
import { AliasTable } from "../chance/alias-table.ts";
import { SenderArrivals, type RequestSize, type Senders } from "./arrivals-senders.ts";
import { drawTokens, type ClientProfile, type ClientWindow } from "../trace/client-profiles.ts";
import { RandomStream } from "../chance/random.ts";
import { RequestSizes } from "../chance/request-sizes.ts";

export interface ProfileMapping {
  /** Position in `World.workloads`. */
  readonly workload: number;
  readonly durationMs: number;
  /** Multiplies every client's rate. */
  readonly rateFactor: number;
  /** Whether every client lives on the clock of its area. */
  readonly byTimeZone: boolean;
}

/**
 * Measured clients (the recipe of ServeGen, arXiv 2505.09999): each client is a renewal process whose
 * rate and regularity change from window to window, and lives in one area, drawn in proportion to the workload's demand.
 * So bursts come from somewhere. When the span is longer than the profiles, they begin again.
 */
class Profiles implements Senders {
  readonly #mapping: ProfileMapping;
  readonly #clients: readonly ClientProfile[];
  readonly #sizes: RequestSizes;
  readonly #rowOfClient: Int32Array;
  /** What a client's own clock shows when the simulation begins, ms. */
  readonly #startOfClient: Float64Array;
  readonly #spanMs: number;
  readonly #time: RandomStream;
  readonly #size: RandomStream;

  /** @throws RangeError when no area asks for the workload. */
  constructor(world: World, period: number, clients: readonly ClientProfile[], mapping: ProfileMapping, seed: number) {
    this.#mapping = mapping;
    this.#clients = clients.filter((client) => client.windows.some((window) => window.requestsPerS > 0));
    this.#sizes = new RequestSizes(world);
    this.#time = new RandomStream(seed, "profiles/time");
    this.#size = new RandomStream(seed, "profiles/size");
    const rows = world.demand.flatMap((row, i) => (row.workload === mapping.workload ? [i] : []));
    const weights = rows.map((row) => world.demand[row]!.peakPerS[period] ?? 0);
    if (!weights.some((weight) => weight > 0)) {
      throw new RangeError(
        `no area asks for workload ${world.workloads[mapping.workload]!.id}, so no area can send the requests`,
      );
    }
    const places = new RandomStream(seed, "profiles/place");
    const alias = new AliasTable(weights);
    this.#rowOfClient = Int32Array.from(this.#clients, () => rows[alias.pick(places.uniform())]!);
    const widest = Math.max(0, ...this.#clients.map((client) => client.windows.at(-1)!.fromS));
    const step = Math.max(1, ...this.#clients.map(({ windows }) => (windows[1]?.fromS ?? 1) - windows[0]!.fromS));
    this.#spanMs = (widest + step) * 1000;
    const offsets = [...this.#rowOfClient].map((row) => world.areas[world.demand[row]!.area]!.utcOffsetHours);
    this.#startOfClient = Float64Array.from(offsets, (hours) =>
      mapping.byTimeZone ? modulo(hours * 3_600_000, this.#spanMs) : 0,
    );
  }

  get count(): number {
    return this.#clients.length;
  }

  rowOf(client: number): number {
    return this.#rowOfClient[client]!;
  }

  drawSize(client: number, timeMs: number, into: RequestSize): void {
    const { workload } = this.#mapping;
    const localS = this.#localMs(client, timeMs) / 1000;
    const { lengths } = this.#clients[client]!;
    const measured = lengths.findLast((entry) => entry.fromS <= localS) ?? lengths[0];
    into.inputTokens = measured
      ? drawTokens(measured.input, this.#size.uniform())
      : this.#sizes.input(workload, this.#size);
    into.outputTokens = measured
      ? drawTokens(measured.output, this.#size.uniform())
      : this.#sizes.output(workload, this.#size);
    into.cachedTokens = this.#sizes.cached(workload, into.inputTokens);
  }

  #localMs(client: number, timeMs: number): number {
    return modulo(timeMs + this.#startOfClient[client]!, this.#spanMs);
  }

  /** A gap that crosses windows runs on at the pace of each. */
  nextMs(client: number, fromMs: number): number {
    const { windows } = this.#clients[client]!;
    let timeMs = fromMs;
    let position = windowAt(windows, this.#localMs(client, timeMs) / 1000);
    let left = this.#gap(windows[position]!);
    while (timeMs < this.#mapping.durationMs) {
      const localMs = this.#localMs(client, timeMs);
      const next = windows[position + 1];
      const endMs = timeMs + (next === undefined ? this.#spanMs : next.fromS * 1000) - localMs;
      const perMs = (windows[position]!.requestsPerS * this.#mapping.rateFactor) / 1000;
      if (left < perMs * (endMs - timeMs)) {
        const atMs = timeMs + left / perMs;
        return atMs < this.#mapping.durationMs ? atMs : Number.POSITIVE_INFINITY;
      }
      left -= perMs * (endMs - timeMs);
      timeMs = Math.max(endMs, timeMs + 1e-3);
      position = windowAt(windows, this.#localMs(client, timeMs) / 1000);
    }
    return Number.POSITIVE_INFINITY;
  }

  /** A gap in expected requests: 1 on average. */
  #gap({ gaps, shape }: ClientWindow): number {
    if (gaps === "gamma") return this.#time.gamma(shape);
    // Below this the mean is made by gaps that never come in any run.
    const regular = Math.max(0.05, shape);
    return this.#time.exponential() ** (1 / regular) / gammaFunction(1 + 1 / regular);
  }
}

/**
 * Requests of measured clients, merged.
 *
 * @throws RangeError when no area asks for the workload.
 */
export function profileArrivals(
  world: World,
  period: number,
  clients: readonly ClientProfile[],
  mapping: ProfileMapping,
  seed: number,
): SenderArrivals {
  const profiles = new Profiles(world, period, clients, mapping, seed);
  return new SenderArrivals(
    profiles,
    Array.from({ length: profiles.count }, (_, client): [number, number] => [client, profiles.nextMs(client, 0)]),
  );
}

/** The window of a time of the profile, s; before the first window the last of the round before goes on. */
function windowAt(windows: readonly ClientWindow[], timeS: number): number {
  let low = 0;
  let high = windows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (windows[middle]!.fromS <= timeS + 1e-9) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}

function modulo(value: number, size: number): number {
  const rest = value % size;
  return rest < 0 ? rest + size : rest;
}

/** Lanczos's approximation, exact to 1e-13 for arguments above ½ (g = 7, nine terms). */
function gammaFunction(x: number): number {
  const terms = [
    0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
    12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
  ];
  const z = x - 1;
  const t = z + 7.5;
  const sum = terms.reduce((total, term, i) => total + (i === 0 ? term : term / (z + i)), 0);
  // By logarithms: for shapes near zero the argument grows beyond what the power itself could hold.
  return Math.sqrt(2 * Math.PI) * Math.exp((z + 0.5) * Math.log(t) - t) * sum;
}
