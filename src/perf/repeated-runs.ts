import type { MeasuredRun } from "./fit-coefficients.ts";

/**
 * Every set-up once, with the median of its times: a hundred measurements of one point say how noisy it is, not how the engine
 * behaves elsewhere, and leaving one of them out of a fit leaves nothing out. In the order in which set-ups first appear.
 */
export function withoutRepeats(runs: readonly MeasuredRun[]): MeasuredRun[] {
  const setUps = Map.groupBy(runs, ({ spec, inputTokens, outputTokens, concurrency, release, protocol }) =>
    JSON.stringify([spec, inputTokens, outputTokens, concurrency, release, protocol]),
  );
  return Array.from(setUps.values(), (group) => {
    const [first] = group;
    if (group.length === 1) return first!;
    return {
      ...first!,
      // A time of 0 stands for one that is not known or must not be learnt from.
      tpotMs: median(group.map((run) => run.tpotMs).filter((ms) => ms > 0)),
      ttftMs: median(group.map((run) => run.ttftMs).filter((ms) => ms > 0)),
    };
  });
}

/** 0 for none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length % 2 === 1) return sorted[middle]!;
  return sorted.length === 0 ? 0 : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
