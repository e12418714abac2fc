/** One part of a time that is a sum of independent parts. */
export interface Part {
  readonly meanMs: number;
  readonly quantileMs: (p: number) => number;
}

/** A wait that happens with probability `share` and is then exponential with mean `ms`. */
export function exponentialPart(share: number, ms: number): Part {
  if (!(share > 0)) return { meanMs: 0, quantileMs: () => 0 };
  return { meanMs: share * ms, quantileMs: (p) => (share > 1 - p ? Math.log(share / (1 - p)) * ms : 0) };
}

/**
 * Mean and quantiles of a fixed time and parts. Means add. A quantile adds the means and the root of the summed squares of
 * each part's own deviation from its mean, which is exact when one part dominates and when all are normal.
 */
export function quantileOfSum(
  fixedMs: number,
  parts: readonly Part[],
): { readonly meanMs: number; readonly quantileMs: (p: number) => number } {
  let meanMs = fixedMs;
  for (const part of parts) meanMs += part.meanMs;
  return {
    meanMs,
    quantileMs(p) {
      if (meanMs === Infinity) return Infinity;
      let above = 0;
      let below = 0;
      for (const part of parts) {
        const deviation = part.quantileMs(p) - part.meanMs;
        if (deviation > 0) above += deviation ** 2;
        else below += deviation ** 2;
      }
      return meanMs + Math.sqrt(above) - Math.sqrt(below);
    },
  };
}
