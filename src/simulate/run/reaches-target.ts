/**
 * Whether a share of so many requests reaches a target, or misses it by no more than chance explains: three standard deviations. A plan
 * that just reaches a target is below it in every second simulation of it.
 */
export function reachesTarget(ratio: number, targetRatio: number, requests: number): boolean {
  return ratio >= targetRatio - 3 * Math.sqrt((targetRatio * (1 - targetRatio)) / Math.max(1, requests));
}
