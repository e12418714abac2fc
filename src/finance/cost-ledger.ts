import { tiers, type Tier, type World } from "../catalog/index.ts";

/**
 * What money goes to. `energy` is idle power plus what requests and training add; `unserved` is the penalty of what is not
 * served, or, in a plan that seeks the most value, the revenue that it does not bring; `moves` is the price of what comes to
 * a place where an earlier plan did not have it.
 */
export const costItems = [
  "accelerators",
  "building",
  "opening",
  "upgrades",
  "closing",
  "moves",
  "fixedOpex",
  "maintenance",
  "energy",
  "egress",
  "backhaul",
  "unserved",
  "training-unserved",
] as const;
export type CostItem = (typeof costItems)[number];
export const capexItems = ["accelerators", "building", "opening", "upgrades"] as const;
export type CapexItem = (typeof capexItems)[number];

export interface CostBreakdown {
  readonly period: number;
  /** Sum of all items; what the planner minimises. */
  readonly totalUsdPerYear: number;
  readonly byItem: Readonly<Record<CostItem, number>>;
  /** Penalties for what is not served belong to no site and appear in `byItem` only. */
  readonly bySite: readonly { readonly site: number; readonly usdPerYear: number }[];
  readonly byTier: readonly {
    readonly tier: Tier;
    readonly usdPerYear: number;
    readonly byItem: Readonly<Record<CostItem, number>>;
  }[];
  readonly byModule: readonly { readonly module: number; readonly count: number; readonly usdPerYear: number }[];
  /** Paid once, USD; modules and sites that exist cost nothing here. */
  readonly capex: {
    readonly totalUsd: number;
    readonly byItem: Readonly<Record<CapexItem, number>>;
    readonly byTier: readonly { readonly tier: Tier; readonly usd: number }[];
  };
}

const zeroItems = (): Record<CostItem, number> => ({
  accelerators: 0,
  building: 0,
  opening: 0,
  upgrades: 0,
  closing: 0,
  moves: 0,
  fixedOpex: 0,
  maintenance: 0,
  energy: 0,
  egress: 0,
  backhaul: 0,
  unserved: 0,
  "training-unserved": 0,
});

const sum = (items: Readonly<Record<string, number>>) => Object.values(items).reduce((total, usd) => total + usd, 0);

const byPosition = <T>(map: ReadonlyMap<number, T>) => [...map.entries()].toSorted((a, b) => a[0] - b[0]);

/** Adds amounts up by item, site, tier and module. */
export class CostLedger {
  readonly #world: World;
  readonly #items = zeroItems();
  readonly #capexItems: Record<CapexItem, number> = { accelerators: 0, building: 0, opening: 0, upgrades: 0 };
  readonly #capexTiers: Record<Tier, number> = { core: 0, regional: 0, edge: 0 };
  readonly #tiers: Record<Tier, Record<CostItem, number>> = {
    core: zeroItems(),
    regional: zeroItems(),
    edge: zeroItems(),
  };
  readonly #sites = new Map<number, number>();
  readonly #modules = new Map<number, { count: number; usd: number }>();

  constructor(world: World) {
    this.#world = world;
  }

  /** Adds money paid once. */
  addCapex(item: CapexItem, usd: number, site: number): void {
    this.#capexItems[item] += usd;
    this.#capexTiers[this.#world.sites[site]!.tier] += usd;
  }

  /** Adds money per year; a penalty has no site, what belongs to a whole site has no module. */
  add(item: CostItem, usd: number, site: number | null, module: number | null): void {
    this.#items[item] += usd;
    if (site !== null) {
      const { tier } = this.#world.sites[site]!;
      this.#tiers[tier][item] += usd;
      this.#sites.set(site, (this.#sites.get(site) ?? 0) + usd);
    }
    if (module !== null) this.#module(module).usd += usd;
  }

  count(module: number, count: number): void {
    this.#module(module).count += count;
  }

  #module(module: number): { count: number; usd: number } {
    let entry = this.#modules.get(module);
    if (!entry) this.#modules.set(module, (entry = { count: 0, usd: 0 }));
    return entry;
  }

  close(period: number): CostBreakdown {
    return {
      period,
      totalUsdPerYear: sum(this.#items),
      byItem: this.#items,
      bySite: byPosition(this.#sites).map(([site, usdPerYear]) => ({ site, usdPerYear })),
      byTier: tiers.map((tier) => ({ tier, usdPerYear: sum(this.#tiers[tier]), byItem: this.#tiers[tier] })),
      byModule: byPosition(this.#modules).map(([module, { count, usd }]) => ({ module, count, usdPerYear: usd })),
      capex: {
        totalUsd: sum(this.#capexItems),
        byItem: this.#capexItems,
        byTier: tiers.map((tier) => ({ tier, usd: this.#capexTiers[tier] })),
      },
    };
  }
}
