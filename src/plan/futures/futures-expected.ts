import type { Future } from "./futures-model.ts";

/** Mean over the futures, weighted with their probabilities. */
export function expected(futures: readonly Future[], values: readonly number[]): number {
  return futures.reduce((sum, { probability }, s) => sum + probability * values[s]!, 0);
}
