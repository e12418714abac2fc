/** What the solver and its worker thread say to each other. */
import type { MipModel, SolveResult } from "../../plan/index.ts";

export interface ToWorker {
  readonly id: number;
  readonly model: MipModel;
  readonly options: {
    readonly timeLimitS: number;
    readonly relativeGap: number;
    readonly seed: number;
    readonly nodeLimit?: number;
    readonly feasibilityTolerance?: number;
    readonly start?: Float64Array;
  };
  /** One 32-bit integer; non-zero asks the run to stop. Shared, because a running thread reads no messages. */
  readonly stop: SharedArrayBuffer;
}

export type FromWorker =
  | { readonly kind: "progress"; readonly id: number; readonly incumbent: number; readonly bound: number }
  | { readonly kind: "incumbent"; readonly id: number; readonly objective: number; readonly solution: Float64Array }
  | { readonly kind: "done"; readonly id: number; readonly result: SolveResult }
  | { readonly kind: "broken"; readonly id: number; readonly message: string };
