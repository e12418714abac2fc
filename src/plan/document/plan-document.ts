/** The result of planning: one JSON document that can be read, checked, simulated and served on its own. */
import type { Failover } from "../world/failover-terms.ts";
import type { Tier, World } from "../../catalog/index.ts";
import type { CostBreakdown } from "../../finance/index.ts";
import type { Deployment, EnginePrediction } from "../../route/index.ts";
import type { Apart } from "../engine/stand-apart.ts";
import type { Certificate } from "../problem/prices.ts";
import type { Clash } from "./clashes.ts";
import type { IdleModules } from "../world/idle-modules.ts";
import type { SearchStatus } from "../problem/solution-path.ts";
import type { Unserved, Untrained } from "./unserved.ts";

/** `infeasible`: what the scenario forces cannot hold together, see `clashes`; the document then carries no deployment. */
export type PlanStatus = SearchStatus | "infeasible";

export interface PlanDocument {
  readonly format: "disperse/plan/v1";
  readonly name: string;
  /** Hash of the input, as passed in by whoever read it. */
  readonly inputHash: string;
  /** Files it was made from, relative to where the document was written; absent where nobody said. */
  readonly inputs?: readonly { readonly name: string; readonly sha256: string }[];
  readonly catalogVersion: string;
  readonly world: World;
  /** Position in `world.periods`. */
  readonly period: number;
  readonly status: PlanStatus;
  /** USD per year of the period; null when infeasible. */
  readonly objectiveUsdPerYear: number | null;
  /** No plan of this world can cost less; null when infeasible. */
  readonly bestBoundUsdPerYear: number | null;
  /** (objective − bound) / objective. */
  readonly relativeGap: number | null;
  readonly method: "exact" | "decomposition";
  readonly search: {
    readonly seed: number;
    readonly askedGap: number;
    readonly seconds: number;
    /** Size of what was solved, after merging rows. */
    readonly rows: number;
    readonly arcs: number;
    readonly pools: number;
    readonly curve: readonly {
      readonly seconds: number;
      readonly incumbentUsd: number | null;
      readonly boundUsd: number | null;
    }[];
    readonly message: string;
    /** What it took to keep models apart that do not fit a module together; absent where all do. */
    readonly apart?: Apart;
  };
  readonly deployment: Deployment;
  /** How well the times of the engines are known, the least sure first; absent in documents of older versions. */
  readonly predictions?: readonly EnginePrediction[];
  /** Null when infeasible. */
  readonly cost: CostBreakdown | null;
  /** What the plan earns and is worth over all its periods; null when infeasible. */
  readonly value?: PlanValue | null;
  /** How the plan survives failures; absent where that was not asked for. */
  readonly failover?: Failover;
  readonly sites: readonly SiteLoad[];
  readonly limits: readonly LimitUse[];
  /** In the view of one of several periods alone: what it buys. */
  readonly purchases?: HorizonPeriod["purchases"];
  /** In the same view: sites that were shut in the period before, and upgrades that did not stand there. */
  readonly opened?: {
    readonly sites: readonly number[];
    readonly upgrades: readonly { readonly site: number; readonly upgrade: number }[];
  };
  readonly unserved: readonly Unserved[];
  readonly training: readonly TrainingPlacement[];
  /** Training that does not get all it asks for; absent in documents of older versions. */
  readonly untrained?: readonly Untrained[];
  /** What is installed and left out of service; absent in documents of older versions. */
  readonly idle?: readonly IdleModules[];
  /** Prices from which anyone can recompute a bound without a solver; null when infeasible or with a horizon's instead. */
  readonly certificate: Certificate | null;
  readonly alternatives: { readonly centralised: Alternative | null };
  readonly verdict: Verdict | null;
  readonly clashes: readonly Clash[];
  /** All periods, when there are several; the rest of the document describes the first. */
  readonly horizon: Horizon | null;
  /** Digest of the rest of the document, by whoever wrote the file. */
  readonly seal?: string;
}

/** A plan of several periods. */
export interface Horizon {
  readonly periods: readonly HorizonPeriod[];
  /** Present value of all yearly costs at the beginning of the horizon, USD. */
  readonly presentCostUsd: number;
  /** No plan of the horizon can cost less, USD. */
  readonly boundUsd: number;
  readonly relativeGap: number;
  /** Prices of all periods together, from which a bound on the present cost can be recomputed. */
  readonly certificate: Certificate;
}

export interface HorizonPeriod {
  /** Position in `world.periods`. */
  readonly period: number;
  /** Present value of one dollar a year during the period, USD. */
  readonly discountedYears: number;
  readonly status: PlanStatus;
  readonly objectiveUsdPerYear: number;
  /** The period's part of the horizon's bound, in proportion to its cost; only the whole is proven. */
  readonly bestBoundUsdPerYear: number;
  /** That of the horizon. */
  readonly relativeGap: number;
  readonly deployment: Deployment;
  readonly cost: CostBreakdown;
  readonly training: readonly TrainingPlacement[];
  readonly unserved: readonly Unserved[];
  /** Modules bought in this period; they stay until the end of their life. */
  readonly purchases: readonly {
    readonly site: number;
    readonly module: number;
    readonly trains: boolean;
    readonly count: number;
  }[];
}

/** An open site and how much of it is used. */
export interface SiteLoad {
  /** Position in `world.sites`. */
  readonly site: number;
  readonly modules: number;
  readonly servedPerS: number;
  readonly powerKw: number;
  readonly powerLimitKw: number;
  readonly egressGbps: number;
  readonly portGbps: number;
}

/** A limit over several sites, how much of it is used, and what one more unit is worth. */
export interface LimitUse {
  readonly name: string;
  readonly used: number;
  readonly upper: number;
}

export interface TrainingPlacement {
  /** Position in `world.training`. */
  readonly training: number;
  /** Position in `deployment.pools`. */
  readonly pool: number;
  /** Modules at work for this demand; a share where a pool trains for several. */
  readonly modules: number;
  readonly pflops: number;
}

/** Another way of serving the same demand. */
export interface Alternative {
  readonly name: string;
  readonly status: PlanStatus;
  readonly objectiveUsdPerYear: number;
  readonly bestBoundUsdPerYear: number;
  /** Penalties for what it does not serve, part of the objective, USD/year. */
  readonly unservedUsdPerYear: number;
  /** Share of peak requests it serves. */
  readonly servedRatio: number;
  readonly servedByWorkload: readonly { readonly workload: string; readonly servedRatio: number }[];
  readonly openSites: readonly { readonly tier: Tier; readonly count: number }[];
}

/** Whether to distribute, and what decides it. */
export interface Verdict {
  readonly distribute: boolean;
  /** Centralised minus planned cost, USD/year; what distribution is worth. */
  readonly savingUsdPerYear: number;
  readonly sentence: string;
}

/** Money of a plan's whole horizon, or of its one period. */
export interface PlanValue {
  readonly objective: "min-cost" | "max-npv";
  readonly years: number;
  readonly discountRatio: number;
  /** Present values at the beginning, USD: what users pay, running cost, and the difference to `npvUsd` is capital. */
  readonly revenueUsd: number;
  readonly runningUsd: number;
  /** Revenue − running cost − annuities; penalties for what is not served are no money and not in it. */
  readonly npvUsd: number;
  /**
   * The same with assets paid for once, half a year before they serve, and valued at the end by the payments their remaining
   * life saves. Equal to `npvUsd` where owners' cost of capital is the plan's and lives end with periods.
   */
  readonly npvCashUsd: number;
  /** What all assets are worth at the end, USD of then. */
  readonly residualUsd: number;
  /** Revenue − running cost − capital over revenue, in the first period; null without revenue. */
  readonly marginRatio: number | null;
  /** No plan is worth more; only where worth is what the plan seeks. */
  readonly bestNpvUsd: number | null;
}
