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
  /** Speed of each replica as a share of an engine that has its accelerators to itself. */
  readonly speedRatio: number;
  readonly plannedPerS: number;
}

/**
 * Whole engines where they fit, spare accelerators to those who are busiest. Where rounding up does not fit with the
 * headroom, it is tried without: an engine of one's own with less in reserve answers sooner than a share of one. Where that
 * does not fit either, engines run side by side on the same accelerators.
 *
 * @param accelerators Accelerators of the pool; at least what the needs add up to.
 * @param headroomRatio Share of an engine's rate that the plan uses at the peak.
 */
export function layOutEngines(
  needs: readonly EngineNeed[],
  accelerators: number,
  headroomRatio: number,
): EngineGroup[] {
  for (const reserve of [1, headroomRatio]) {
    const whole = needs.map((need) => Math.max(1, Math.ceil(need.engines * reserve - 1e-9)));
    let spare = accelerators;
    for (const [index, need] of needs.entries()) spare -= whole[index]! * need.tensorParallel;
    if (spare < 0) continue;
    spend(needs, whole, spare);
    return needs.map((need, index) => group(need, whole[index]!, 1));
  }
  return sideBySide(needs, accelerators, headroomRatio);
}

/** Gives spare accelerators, one engine at a time, to the group that is busiest. */
function spend(needs: readonly EngineNeed[], whole: number[], accelerators: number): void {
  for (let spare = accelerators; ;) {
    let busiest = -1;
    let highest = 0;
    for (const [index, need] of needs.entries()) {
      const busy = need.engines / whole[index]!;
      if (need.tensorParallel <= spare && busy > highest) {
        busiest = index;
        highest = busy;
      }
    }
    if (busiest < 0) return;
    whole[busiest]!++;
    spare -= needs[busiest]!.tensorParallel;
  }
}

/**
 * Each engine goes where least is going on. Who shares an accelerator runs at full speed while the others are idle and
 * yields what they use while they are not: on average, its clock is slower by the share of time they are busy. That is a
 * first-order estimate of kernels that run side by side; nothing is lost to switching, and memory is not divided.
 */
function sideBySide(needs: readonly EngineNeed[], accelerators: number, headroomRatio: number): EngineGroup[] {
  const busy = new Float64Array(accelerators);
  const order = [...needs.keys()].sort((a, b) => sizeOf(needs[b]!) - sizeOf(needs[a]!) || a - b);
  const replicasOf = needs.map((need) => Math.max(1, Math.ceil(need.engines - 1e-9)));
  const places: number[][][] = needs.map(() => []);
  const share = (index: number) => (needs[index]!.engines * headroomRatio) / replicasOf[index]!;
  for (const index of order) {
    for (let replica = 0; replica < replicasOf[index]!; replica++) {
      const quietest = [...busy.keys()].sort((a, b) => busy[a]! - busy[b]! || a - b);
      const place = quietest.slice(0, needs[index]!.tensorParallel);
      for (const accelerator of place) busy[accelerator]! += share(index);
      places[index]!.push(place);
    }
  }
  return needs.map((need, index) => {
    let speed = 0;
    for (const place of places[index]!) {
      const others = Math.max(...place.map((accelerator) => busy[accelerator]! - share(index)));
      speed += 1 / (1 + Math.max(0, others)) / replicasOf[index]!;
    }
    // All work together fits the accelerators, so nobody is left with less than the plan counts on.
    return group(need, replicasOf[index]!, Math.max(speed, need.engines / replicasOf[index]!));
  });
}

const sizeOf = ({ engines, tensorParallel }: EngineNeed): number => engines * tensorParallel;

function group(need: EngineNeed, replicas: number, speedRatio: number): EngineGroup {
  const { workloads, tensorParallel, plannedPerS } = need;
  return { workloads, tensorParallel, replicas, speedRatio, plannedPerS };
}
