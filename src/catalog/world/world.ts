/**
 * The world: a scenario after every selector, file and catalogue reference has been resolved to plain numbers in
 * canonical units. It is the one input of `plan`, `simulate` and `serve`, is plain JSON, and travels inside a plan
 * document so that the plan can be checked, simulated and served without the files it came from.
 *
 * Conventions: money is in US dollars, time of day in UTC, angles in degrees, data volumes in decimal bytes (1 GB =
 * 1e9 bytes), a year has 8760 hours and a month is a twelfth of it. Lists are referred to by position.
 */

import type { DemandRow, TrainingDemand, Workload } from "./world-demand.ts";
import type { EngineProfile, Model, ServerModule } from "./world-engines.ts";
import type { AccessType, Area, Jurisdiction, NetworkModel, Owner, Site } from "./world-places.ts";

export interface World {
  readonly format: "disperse/world/v1";
  readonly name: string;
  readonly description: string;
  /** Version of the catalogue the figures came from. */
  readonly catalogVersion: string;
  /** What the plan seeks; least cost when left out. */
  readonly objective?: "min-cost" | "max-npv";
  readonly periods: readonly Period[];
  readonly finance: FinanceTerms;
  readonly models: readonly Model[];
  readonly modules: readonly ServerModule[];
  readonly engines: readonly EngineProfile[];
  readonly accessTypes: readonly AccessType[];
  readonly jurisdictions: readonly Jurisdiction[];
  readonly owners: readonly Owner[];
  readonly sites: readonly Site[];
  readonly areas: readonly Area[];
  readonly workloads: readonly Workload[];
  readonly demand: readonly DemandRow[];
  readonly training: readonly TrainingDemand[];
  readonly limits: PlanLimits;
  readonly network: NetworkModel;
}

/** A planning period; all its years look the same. */
export interface Period {
  readonly id: string;
  /** Calendar year in which it begins, for example 2027. */
  readonly startYear: number;
  readonly lengthYears: number;
}

export interface FinanceTerms {
  /** Weighted average cost of capital, per year, as a ratio (0.08 = 8 %). */
  readonly waccRatio: number;
  /** Share of accelerator capex due each year for maintenance and support. */
  readonly maintenanceRatioPerYear: number;
  /** Multiplier on accelerator capex, for example 1.3 for an HBM price shock. */
  readonly acceleratorPriceFactor: number;
  /** Factor on the price of every module per period, on top of `acceleratorPriceFactor`; absent = 1 in all. */
  readonly modulePriceFactorPerPeriod?: readonly number[];
  /** Price of memory per period relative to the catalogue's date; acts on `memoryShareRatio`; absent = 1 in all. */
  readonly memoryPriceFactorPerPeriod?: readonly number[];
  /**
   * Where an earlier plan is planned again: what a module or a site that was not there costs on top, as a share of its
   * price; absent = 0.
   */
  readonly movePriceRatio?: number;
}

export interface PlanLimits {
  /** Share of a module's rate the plan may use at the peak. */
  readonly headroomRatio: number;
  /** Share of a site's port the plan may use at the peak; absent = all of it. */
  readonly portHeadroomRatio?: number;
  readonly maxSites: number | null;
  readonly budgetUsd: readonly (number | null)[];
  /** Power limits over sets of sites. */
  readonly zones: readonly {
    readonly id: string;
    readonly sites: readonly number[];
    readonly powerLimitKw: readonly number[];
  }[];
  /** Least shares of what stands; absent = none. */
  readonly shares?: readonly {
    readonly id: string;
    readonly leastRatio: number;
    readonly of: "power" | "modules" | "compute";
    /** Sites that count, and those among which the share is measured. */
    readonly sites: readonly number[];
    readonly among: readonly number[];
  }[];
  /** What may be lost without losing service: any one site, or any one site or zone; absent = nothing. */
  readonly resilience?: "site" | "zone";
}
