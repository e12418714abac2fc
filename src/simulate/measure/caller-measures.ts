import type { World } from "../../catalog/index.ts";
import { callerKinds, type CallerKind } from "../arrival/callers.ts";
import { quantilesOf, QuantileSketch, type Quantiles } from "../chance/quantile-sketch.ts";

/** What became of the requests of callers that are alike. */
export interface CallerResult {
  readonly account: string;
  readonly accounts: number;
  readonly priority: CallerKind["priority"];
  readonly arrived: number;
  readonly completed: number;
  readonly rejected: number;
  /** Of these, turned away by the gateway because engines had no room. */
  readonly overloaded: number;
  readonly ttftMs: Quantiles;
  /** Share of all requests sent that were completed within the objective. */
  readonly attainmentOfArrivedRatio: number | null;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** Counts by who sent the request, where the world names callers. Requests of nobody in particular are not counted here. */
export class CallerMeasures {
  readonly #kinds: readonly CallerKind[];
  readonly #counts: Float64Array;
  readonly #ttftMs: readonly QuantileSketch[];

  constructor(world: World, relativeError: number) {
    this.#kinds = callerKinds(world);
    this.#counts = new Float64Array(this.#kinds.length * columns);
    this.#ttftMs = this.#kinds.map(() => new QuantileSketch(relativeError));
  }

  arrive(kind: number): void {
    this.#add(kind, arrived, 1);
  }

  reject(kind: number, isOverloaded: boolean): void {
    this.#add(kind, rejected, 1);
    if (isOverloaded) this.#add(kind, overloaded, 1);
  }

  finish(kind: number, ttftMs: number, isSloMet: number, inTokens: number, outTokens: number): void {
    this.#add(kind, completed, 1);
    this.#add(kind, withinSlo, isSloMet);
    this.#add(kind, inputTokens, inTokens);
    this.#add(kind, outputTokens, outTokens);
    if (kind >= 0) this.#ttftMs[kind]!.add(ttftMs);
  }

  /** Those of one workload, in the order in which it names them. */
  of(workload: number): CallerResult[] {
    return this.#kinds.flatMap((kind, position): CallerResult[] => {
      if (kind.workload !== workload) return [];
      const at = (column: number) => this.#counts[position * columns + column]!;
      return [
        {
          account: kind.account,
          accounts: kind.accounts,
          priority: kind.priority,
          arrived: at(arrived),
          completed: at(completed),
          rejected: at(rejected),
          overloaded: at(overloaded),
          ttftMs: quantilesOf(this.#ttftMs[position]!),
          attainmentOfArrivedRatio: at(arrived) > 0 ? at(withinSlo) / at(arrived) : null,
          inputTokens: at(inputTokens),
          outputTokens: at(outputTokens),
        },
      ];
    });
  }

  #add(kind: number, column: number, value: number): void {
    if (kind < 0) return;
    const at = kind * columns + column;
    this.#counts[at] = this.#counts[at]! + value;
  }
}

const arrived = 0;
const completed = 1;
const withinSlo = 2;
const rejected = 3;
const overloaded = 4;
const inputTokens = 5;
const outputTokens = 6;
const columns = 7;
