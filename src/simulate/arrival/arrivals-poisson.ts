import type { World } from "../../catalog/index.ts";
import { AliasTable } from "../chance/alias-table.ts";
import type { Arrivals } from "./arrivals.ts";
import type { DemandRate } from "../chance/demand-rate.ts";
import { RandomStream } from "../chance/random.ts";
import { RequestSizes } from "../chance/request-sizes.ts";

export interface PoissonSpan {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * Requests of many demand rows as one Poisson process: candidates come at the sum of the rows' largest rates, pick their
 * row in proportion, and are kept with the row's share at that minute (thinning; Lewis and Shedler 1979). The sum of
 * independent Poisson processes is Poisson, so this is exact and takes constant time per request for any number of rows.
 */
export class PoissonArrivals implements Arrivals {
  nextMs: number;
  row = -1;
  inputTokens = 0;
  outputTokens = 0;
  cachedTokens = 0;
  readonly prefix = null;

  readonly #rate: DemandRate;
  readonly #workloadOfRow: Int32Array;
  readonly #sizes: RequestSizes;
  readonly #alias: AliasTable | null;
  readonly #perMs: number;
  readonly #toMs: number;
  readonly #time: RandomStream;
  readonly #size: RandomStream;

  /** `weights` scales each row's rate, for example to add a crowd in some areas only. */
  constructor(world: World, rate: DemandRate, span: PoissonSpan, seed: number, name: string, weights?: Float64Array) {
    this.#rate = rate;
    this.#sizes = new RequestSizes(world);
    this.#workloadOfRow = Int32Array.from(world.demand, (row) => row.workload);
    const perS = weights ? rate.maxPerS.map((max, row) => max * weights[row]!) : rate.maxPerS;
    const total = perS.reduce((sum, value) => sum + value, 0);
    this.#alias = total > 0 ? new AliasTable(perS) : null;
    this.#perMs = total / 1000;
    this.#toMs = span.toMs;
    this.#time = new RandomStream(seed, `${name}/time`);
    this.#size = new RandomStream(seed, `${name}/size`);
    this.nextMs = span.fromMs;
    this.step();
  }

  step(): void {
    const alias = this.#alias;
    if (alias === null) {
      this.nextMs = Number.POSITIVE_INFINITY;
      return;
    }
    let timeMs = this.nextMs;
    for (;;) {
      timeMs += this.#time.exponential() / this.#perMs;
      if (!(timeMs < this.#toMs)) {
        this.nextMs = Number.POSITIVE_INFINITY;
        return;
      }
      const row = alias.pick(this.#time.uniform());
      const share = this.#rate.shareAt(row, timeMs);
      if (share < 1 && this.#time.uniform() >= share) continue;
      const workload = this.#workloadOfRow[row]!;
      this.nextMs = timeMs;
      this.row = row;
      this.inputTokens = this.#sizes.input(workload, this.#size);
      this.outputTokens = this.#sizes.output(workload, this.#size);
      this.cachedTokens = this.#sizes.cached(workload, this.inputTokens);
      return;
    }
  }
}
