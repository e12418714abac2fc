import type { Tier } from "../catalog/index.ts";

/** Engines of one kind in one pool, numbered `firstReplica` to `firstReplica + replicas - 1`. */
export interface Group {
  readonly pool: number;
  readonly site: number;
  readonly module: number;
  /** Workloads served; the first stands for what they share: model, number formats, engine. */
  readonly workloads: readonly number[];
  readonly tensorParallel: number;
  readonly firstReplica: number;
  readonly replicas: number;
  readonly speedRatio: number;
  /** As in `ReplicaGroup`. */
  readonly memoryRatio?: number;
  readonly capacityUsdPerModuleS: number;
}

/** What a decision says of a group: its names, side by side, as a large mesh does not fit the processor's caches. */
export interface GroupNames {
  readonly pool: string;
  readonly site: string;
  readonly siteName: string;
  readonly tier: Tier;
  readonly country: string;
}
