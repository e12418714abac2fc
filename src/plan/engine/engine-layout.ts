/** How the accelerators of a pool are divided into engines of the workloads placed there. */
import { divideMemory } from "../../perf/index.ts";

/** What an engine needs of the memory of its accelerators, as shares of what engines may use. */
export interface EngineMemory {
  /** Least share that one can run with beside others. */
  readonly leastRatio: number;
  /** Engines that the planned peak would keep busy if each had this share; Infinity where none could run. */
  busyEngines(memoryRatio: number): number;
}

/** What workloads that share a kind of engine need of a pool, with engines of one size. */
export interface EngineNeed {
  readonly workloads: readonly number[];
  readonly tensorParallel: number;
  /** Engines it would keep busy at the planned peak, headroom included; a fraction. */
  readonly engines: number;
  /** Engines that the requests of another place would keep busy besides, were that lost; none when left out. */
  readonly reserveEngines?: number;
  readonly plannedPerS: number;
  readonly memory: EngineMemory;
}

export interface EngineGroup {
  readonly workloads: readonly number[];
  readonly tensorParallel: number;
  readonly replicas: number;
  /** Speed of each replica as a share of an engine that has its accelerators to itself. */
  readonly speedRatio: number;
  /** As in `ReplicaGroup`. */
  readonly memoryRatio?: number;
  readonly plannedPerS: number;
}

/**
 * Whole engines where they fit, spare accelerators to those who are busiest. Where rounding up does not fit with the
 * headroom, it is tried without: an engine of one's own with less in reserve answers sooner than a share of one. Where that
 * does not fit either, engines run side by side on the same accelerators and divide their memory, as few as carry the peak
 * where more of them leave too little of it.
 *
 * @param accelerators Accelerators of the pool; at least what the needs add up to.
 * @param headroomRatio Share of an engine's rate that the plan uses at the peak.
 * @returns One group per need; null where the models do not fit the accelerators together.
 */
export function layOutEngines(
  needs: readonly EngineNeed[],
  accelerators: number,
  headroomRatio: number,
): EngineGroup[] | null {
  const reserves = [1, headroomRatio].map((reserve) => needs.map((need) => enginesFor(need, reserve)));
  for (const whole of reserves) {
    let spare = accelerators;
    for (const [index, need] of needs.entries()) spare -= whole[index]! * need.tensorParallel;
    if (spare < 0) continue;
    spend(needs, whole, spare);
    return needs.map((need, index) => group(need, { replicas: whole[index]!, speedRatio: 1, memoryRatio: 1 }));
  }
  for (const replicas of reserves) {
    const beside = sideBySide(needs, replicas, accelerators, headroomRatio);
    if (beside !== null) return beside.map((engines, index) => group(needs[index]!, engines));
  }
  return null;
}

/** As many of the needs as fit together, the largest first; the others get no engine. */
export function layOutWhatFits(
  needs: readonly EngineNeed[],
  accelerators: number,
  headroomRatio: number,
): EngineGroup[] {
  const kept: number[] = [];
  let groups: EngineGroup[] = [];
  for (const index of largestFirst(needs)) {
    const more = [...kept, index].sort((a, b) => a - b);
    const fitting = layOutEngines(
      more.map((each) => needs[each]!),
      accelerators,
      headroomRatio,
    );
    if (fitting === null) continue;
    kept.splice(0, kept.length, ...more);
    groups = fitting;
  }
  return needs.map((need, index) => {
    const place = kept.indexOf(index);
    return place < 0 ? group(need, { replicas: 0, speedRatio: 1, memoryRatio: 1 }) : groups[place]!;
  });
}

const enginesAtMost = ({ engines, reserveEngines = 0 }: EngineNeed): number => engines + reserveEngines;

const enginesFor = (need: EngineNeed, reserve: number): number =>
  Math.max(1, Math.ceil(enginesAtMost(need) * reserve - 1e-9));

/** Gives spare accelerators, one engine at a time, to the group that is busiest. */
function spend(needs: readonly EngineNeed[], whole: number[], accelerators: number): void {
  for (let spare = accelerators; ;) {
    let busiest = -1;
    let highest = 0;
    for (const [index, need] of needs.entries()) {
      const busy = enginesAtMost(need) / whole[index]!;
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

interface Engines {
  readonly replicas: number;
  readonly speedRatio: number;
  readonly memoryRatio: number;
}

/**
 * Each engine goes where least is going on and its model has room; accelerators of one engine lie within a server. Who shares
 * an accelerator runs at full speed while the others are idle and yields what they use while they are not: on average, its
 * clock is slower by the share of time they are busy. That is a first-order estimate of kernels that run side by side; nothing
 * is lost to switching. Memory cannot be yielded: it is divided once, by `divideMemory`.
 *
 * @returns Null where a model finds no room, or its share of the memory carries less than is planned.
 */
function sideBySide(
  needs: readonly EngineNeed[],
  replicasOf: readonly number[],
  accelerators: number,
  headroomRatio: number,
): Engines[] | null {
  const busy = new Float64Array(accelerators);
  const held = new Float64Array(accelerators);
  const on: number[][] = Array.from({ length: accelerators }, () => []);
  const starts: number[][] = needs.map(() => []);
  const share = (index: number) => (needs[index]!.engines * headroomRatio) / replicasOf[index]!;
  for (const index of largestFirst(needs)) {
    const { tensorParallel, memory } = needs[index]!;
    for (let replica = 0; replica < replicasOf[index]!; replica++) {
      const start = quietest(index, tensorParallel, memory.leastRatio);
      if (start < 0) return null;
      for (let at = start; at < start + tensorParallel; at++) {
        busy[at]! += share(index);
        held[at]! += memory.leastRatio;
        on[at]!.push(index);
      }
      starts[index]!.push(start);
    }
  }
  const memoryRatio = needs.map(() => 1);
  for (const indices of on) {
    const asks = indices.map((index) => ({ ...needs[index]!.memory, busyRatio: share(index) }));
    const ratios = divideMemory(asks);
    if (ratios === null) return null;
    for (const [i, index] of indices.entries()) memoryRatio[index] = Math.min(memoryRatio[index]!, ratios[i]!);
  }
  const engines = needs.map(({ tensorParallel, engines: wanted }, index) => {
    const replicas = replicasOf[index]!;
    let speed = 0;
    for (const start of starts[index]!) {
      let others = 0;
      for (let at = start; at < start + tensorParallel; at++) others = Math.max(others, busy[at]! - share(index));
      speed += 1 / (1 + others) / replicas;
    }
    // All work together fits the accelerators, so nobody is left with less than the plan counts on.
    return {
      replicas,
      speedRatio: Math.max(speed, Math.min(1, wanted / replicas)),
      memoryRatio: memoryRatio[index]!,
    };
  });
  const carries = engines.every(({ replicas, speedRatio, memoryRatio: ratio }, index) => {
    return ratio === 1 || needs[index]!.memory.busyEngines(ratio) <= replicas * speedRatio;
  });
  return carries ? engines : null;

  /** First of the accelerators where least is going on, of those that have room and no such engine; -1 where there are none. */
  function quietest(index: number, tensorParallel: number, leastRatio: number): number {
    let best = -1;
    let least = Infinity;
    for (let start = 0; start + tensorParallel <= accelerators; start += tensorParallel) {
      let most = 0;
      let fits = true;
      for (let at = start; at < start + tensorParallel; at++) {
        most = Math.max(most, busy[at]!);
        if (on[at]!.length > 0 && (held[at]! + leastRatio > 1 + 1e-9 || on[at]!.includes(index))) fits = false;
      }
      if (fits && most < least) [best, least] = [start, most];
    }
    return best;
  }
}

const sizeOf = (need: EngineNeed): number => enginesAtMost(need) * need.tensorParallel;

function largestFirst(needs: readonly EngineNeed[]): number[] {
  return [...needs.keys()].sort((a, b) => sizeOf(needs[b]!) - sizeOf(needs[a]!) || a - b);
}

function group(need: EngineNeed, { replicas, speedRatio, memoryRatio }: Engines): EngineGroup {
  const { workloads, tensorParallel, plannedPerS } = need;
  return {
    workloads,
    tensorParallel,
    replicas,
    speedRatio,
    ...(memoryRatio < 1 && { memoryRatio }),
    plannedPerS,
  };
}
