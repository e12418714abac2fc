/** How the accelerators of a pool are divided into engines of the workloads placed there. */

/** What workloads that share a kind of engine need of a pool, with engines of one size. */
export interface EngineNeed {
  readonly workloads: readonly number[];
  readonly tensorParallel: number;
  /** Engines it would keep busy at the planned peak, headroom included; a fraction. */
  readonly engines: number;
  readonly plannedPerS: number;
}

export interface EngineGroup {
  readonly workloads: readonly number[];
  readonly tensorParallel: number;
  readonly replicas: number;
  /** Share of a full engine that each replica gets. */
  readonly speedRatio: number;
  readonly plannedPerS: number;
}

/**
 * Whole engines where they fit, spare accelerators to those who are busiest. Where rounding up does not fit, engines share
 * accelerators in proportion to need, so that each still carries what was planned.
 *
 * @param accelerators Accelerators of the pool; at least what the needs add up to.
 */
export function layOutEngines(needs: readonly EngineNeed[], accelerators: number): EngineGroup[] {
  const whole = needs.map((need) => Math.max(1, Math.ceil(need.engines - 1e-9)));
  let spare = accelerators;
  for (const [index, need] of needs.entries()) spare -= whole[index]! * need.tensorParallel;
  if (spare >= 0) {
    for (;;) {
      let busiest = -1;
      let highest = 0;
      for (const [index, need] of needs.entries()) {
        const busy = need.engines / whole[index]!;
        if (need.tensorParallel <= spare && busy > highest) {
          busiest = index;
          highest = busy;
        }
      }
      if (busiest < 0) break;
      whole[busiest]!++;
      spare -= needs[busiest]!.tensorParallel;
    }
    return needs.map((need, index) => group(need, whole[index]!, 1));
  }
  let needed = 0;
  for (const need of needs) needed += need.engines * need.tensorParallel;
  const stretch = needed > 0 ? accelerators / needed : 1;
  return needs.map((need) => {
    const engines = need.engines * stretch;
    const replicas = Math.max(1, Math.ceil(engines - 1e-9));
    return group(need, replicas, engines / replicas);
  });
}

function group(need: EngineNeed, replicas: number, speedRatio: number): EngineGroup {
  const { workloads, tensorParallel, plannedPerS } = need;
  return { workloads, tensorParallel, replicas, speedRatio, plannedPerS };
}
