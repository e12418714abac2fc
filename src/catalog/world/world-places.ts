/** Where a world is: sites and areas, the networks and laws between them, and who owns what. */

/** The three places inference runs in. */
export type Tier = "core" | "regional" | "edge";

/** The tiers from the farthest from users to the nearest. */
export const tiers: readonly Tier[] = ["core", "regional", "edge"];

/** Last mile of the user: a lognormal round-trip time added to the wide-area one. */
export interface AccessType {
  readonly id: string;
  readonly name: string;
  readonly medianMs: number;
  /** Standard deviation of ln(RTT). */
  readonly sigma: number;
}

/** Wide-area round trip: lognormal with median `scaleMs × km^exponent + floorMs` and a spread by distance. */
export interface NetworkModel {
  readonly sameCountry: { readonly scaleMs: number; readonly exponent: number };
  readonly sameContinent: { readonly scaleMs: number; readonly exponent: number };
  readonly betweenContinents: { readonly scaleMs: number; readonly exponent: number };
  readonly floorMs: number;
  /** Spread (sigma of ln RTT) at given distances, linear between them. */
  readonly spread: readonly { readonly km: number; readonly sigma: number }[];
}

/** A country's law as far as placement is concerned. */
export interface Jurisdiction {
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  readonly continent: string;
  /** Where data of a class that originates here may be processed. A class without a rule may not leave the country. */
  readonly residency: readonly ResidencyRule[];
  /** Accelerators that may not be installed here; `licence` counts as not allowed unless the scenario grants it. */
  readonly exportControl: "open" | "licence" | "restricted";
  /** Chips below both limits may be installed under `licence` and `restricted` as well. Null = none may. */
  readonly exportThreshold: { readonly totalProcessingPerformance: number; readonly dramGBps: number } | null;
}

export interface ResidencyRule {
  readonly dataClass: string;
  /** Countries (ISO codes) or `*` for anywhere. Always includes the origin. */
  readonly allowed: readonly string[] | "*";
  /** The law and its article, for the explanation of a refusal. */
  readonly law: string;
  readonly asOf: string;
}

export interface Owner {
  readonly id: string;
  readonly kind: "hyperscaler" | "enterprise" | "sovereign" | "micro-dc";
  readonly waccRatio: number;
  /** Most of the owner's own money that may be invested per period; null = no limit. */
  readonly capexBudgetUsd: readonly (number | null)[];
  /** Borrowed beside it, already part of `waccRatio`; absent = none. */
  readonly debt?: {
    /** Share of every investment that is borrowed. */
    readonly shareRatio: number;
    readonly ratePerYear: number;
    /** Least ratio of revenue minus running cost to debt service; null = no limit. */
    readonly leastCoverage: number | null;
  };
  /** Most modules of a kind the owner gets per period; absent = as supplied. */
  readonly allotments?: readonly { readonly module: number; readonly perPeriod: readonly number[] }[];
}

export interface Site {
  readonly id: string;
  readonly name: string;
  readonly tier: Tier;
  readonly country: string;
  readonly latitude: number;
  readonly longitude: number;
  /** Position in `World.owners`. */
  readonly owner: number;
  /** Power that may be drawn from the grid (facility, after PUE), per period. */
  readonly powerLimitKw: readonly number[];
  readonly pue: number;
  readonly electricityUsdPerKwh: number;
  /** One-off cost of opening: land, shell fit-out, connection. */
  readonly openingCapexUsd: number;
  /** Cost per year of being open: staff, rent, ports. */
  readonly fixedOpexUsdPerYear: number;
  /** Building cost per kW of IT load. */
  readonly buildUsdPerKw: number;
  readonly buildLifeYears: number;
  /** Price of traffic that leaves the site towards users. */
  readonly egressUsdPerGB: number;
  readonly portGbps: number;
  /** `forced` must be open, `forbidden` must not, `existing` is open already and pays no opening capex. */
  readonly status: "candidate" | "existing" | "forced" | "forbidden";
  /**
   * Modules already there, by position in `World.modules`. `dueRatio`: share of them whose price is still paid off as if they
   * were bought now; absent = 0, all of it is spent.
   */
  readonly installed: readonly { readonly module: number; readonly count: number; readonly dueRatio?: number }[];
  /** True: an earlier plan has opened it; the opening cost is still paid off, but only while the site stays open. */
  readonly standing?: boolean;
  /** Additions to the power limit that can be bought, each once; absent = none. */
  readonly upgrades?: readonly {
    readonly addedKw: number;
    readonly priceUsd: number;
    readonly leadTimeYears: number;
  }[];
  /** An `existing` site may be closed at this cost, paid once; negative where closing brings money in. Absent = it may not. */
  readonly closingCostUsd?: number;
  /** Position of the period from which the site must be closed. */
  readonly closedFromPeriod?: number;
  /** Position of the site it hangs on. */
  readonly parent?: number;
  /** True: the site may be open only where its parent is. */
  readonly needsParent?: boolean;
  /** Capacity of the link to the parent; absent = no limit. */
  readonly backhaulGbps?: number;
  /** Price of the link to the parent per Gbit/s of its peak; absent = 0. */
  readonly backhaulUsdPerGbpsYear?: number;
  /** Least use at the peak of what is bought, of what the plan may use; absent = 0. */
  readonly minUtilizationRatio?: number;
}

/** Where users are. */
export interface Area {
  readonly id: string;
  readonly name: string;
  readonly country: string;
  readonly latitude: number;
  readonly longitude: number;
  readonly population: number;
  /** Solar offset used for the daily curve, hours east of UTC. */
  readonly utcOffsetHours: number;
}
