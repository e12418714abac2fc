/**
 * What stands where: the result of `plan` as far as `simulate` and `serve` need it. Plain JSON, inside a plan document.
 */

/** The modules of one type at one site, shared by the workloads placed there. */
export interface Pool {
  /** `<site id>/<module id>`. */
  readonly id: string;
  /** Position in `World.sites`. */
  readonly site: number;
  /** Position in `World.modules`. */
  readonly module: number;
  /** Modules in service for inference. */
  readonly count: number;
  /** Modules in service for training (core sites only); they take no requests. */
  readonly trainingCount: number;
  readonly groups: readonly ReplicaGroup[];
  /**
   * What one busy module-second is worth here, in USD: the dual of the capacity row. It steers requests away from
   * pools the plan needs for others. Zero where capacity is not scarce.
   */
  readonly capacityUsdPerModuleS: number;
}

/** Engines of one pool that run one model in one way, for all workloads that ask for just that. */
export interface ReplicaGroup {
  /** Positions in `World.workloads`, rising: they share model, number formats and engine. At least one. */
  readonly workloads: readonly number[];
  /** Accelerators of one engine: those each layer is cut over, times the stages its profile divides the layers into. */
  readonly tensorParallel: number;
  /** Engines started; at least one where any flow is planned, 0 where no memory is left for them: they serve nobody. */
  readonly replicas: number;
  /** Speed of each replica, 1 for one that has its accelerators to itself; below 1 where engines run side by side. */
  readonly speedRatio: number;
  /**
   * Share of the memory engines may use on their accelerators that each replica has, in hundredths; absent = 1, which is
   * all of it. One setting holds for all replicas of the group: what is left to the one in the closest company.
   */
  readonly memoryRatio?: number;
  /** Requests per second planned at the peak. */
  readonly plannedPerS: number;
}

/** Planned traffic of one demand row to one pool, at the peak. */
export interface PlannedFlow {
  /** Position in `World.demand`. */
  readonly row: number;
  /** Position in `Deployment.pools`. */
  readonly pool: number;
  readonly peakPerS: number;
  readonly meanPerS: number;
  /** Energy of one request above idling, kWh at the wall before PUE; from the engine model. */
  readonly energyKwhPerRequest: number;
}

export interface Deployment {
  readonly period: number;
  readonly pools: readonly Pool[];
  readonly flows: readonly PlannedFlow[];
  /** Upgrades of power that stand, by position in the site's own list; absent = none. */
  readonly upgrades?: readonly { readonly site: number; readonly upgrade: number }[];
  /**
   * When modules in service were bought, where that does not go without saying: their price depends on it, or some that were installed
   * stand idle meanwhile. Of what is not listed, so much as was installed stood before and the rest is bought in the period itself.
   */
  readonly vintages?: readonly {
    readonly site: number;
    readonly module: number;
    readonly period: number;
    readonly count: number;
  }[];
}
