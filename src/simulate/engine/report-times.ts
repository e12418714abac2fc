/** When engines report: each every `intervalMs`, at its own phase. */

/** When an engine gives its report of this number, ms. */
export function reportMs(replica: number, nth: number, intervalMs: number): number {
  // The golden ratio spreads the phases evenly over any number of engines.
  const turns = replica * 0.6180339887498949;
  return (turns - Math.floor(turns) + nth) * intervalMs;
}

/** Number of the last report that is due by `nowMs`, -1 before the first: however often anybody asked, it is given at the same time. */
export function lastReport(replica: number, nowMs: number, intervalMs: number): number {
  let nth = Math.floor(nowMs / intervalMs);
  while (nth >= 0 && reportMs(replica, nth, intervalMs) > nowMs) nth--;
  return nth;
}
