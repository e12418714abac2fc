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
  /** Requests drawn ahead: when they are sent, `Infinity` when there are no more, of which rows, and how large they are. */
  readonly #aheadMs = new Float64Array(aheadCount);
  readonly #aheadRow = new Int32Array(aheadCount);
  readonly #aheadWorkload = new Int32Array(aheadCount);
  readonly #aheadInput = new Int32Array(aheadCount);
  readonly #aheadOutput = new Int32Array(aheadCount);
  #drawn = 0;
  #at = 0;
  /** When the last of them is sent, ms. */
  #lastMs: number;

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
    this.nextMs = this.#lastMs = span.fromMs;
    this.step();
  }

  step(): void {
    if (++this.#at >= this.#drawn) this.#drawAhead();
    const at = this.#at;
    this.nextMs = this.#aheadMs[at]!;
    if (this.nextMs === Number.POSITIVE_INFINITY) return;
    this.row = this.#aheadRow[at]!;
    this.inputTokens = this.#aheadInput[at]!;
    this.outputTokens = this.#aheadOutput[at]!;
    this.cachedTokens = this.#sizes.cached(this.#aheadWorkload[at]!, this.inputTokens);
  }

  /** Draws some dozens, first when and where and then how large: in short loops the reads of many rows overlap. */
  #drawAhead(): void {
    this.#at = 0;
    this.#drawWhenAndWhere();
    const count = this.#lastMs === Number.POSITIVE_INFINITY ? this.#drawn - 1 : this.#drawn;
    for (let at = 0; at < count; at++) {
      const workload = this.#aheadWorkload[at]!;
      this.#aheadInput[at] = this.#sizes.input(workload, this.#size);
      this.#aheadOutput[at] = this.#sizes.output(workload, this.#size);
    }
  }

  #drawWhenAndWhere(): void {
    const alias = this.#alias;
    let timeMs = alias === null ? Number.POSITIVE_INFINITY : this.#lastMs;
    let drawn = 0;
    while (drawn < aheadCount && timeMs < Number.POSITIVE_INFINITY) {
      timeMs += this.#time.exponential() / this.#perMs;
      if (!(timeMs < this.#toMs)) break;
      const row = alias!.pick(this.#time.uniform());
      const share = this.#rate.shareAt(row, timeMs);
      if (share < 1 && this.#time.uniform() >= share) continue;
      this.#aheadMs[drawn] = timeMs;
      this.#aheadRow[drawn] = row;
      this.#aheadWorkload[drawn] = this.#workloadOfRow[row]!;
      drawn++;
    }
    if (drawn < aheadCount) this.#aheadMs[drawn++] = timeMs = Number.POSITIVE_INFINITY;
    this.#drawn = drawn;
    this.#lastMs = timeMs;
  }
}

/** Requests drawn at a time. */
const aheadCount = 32;
