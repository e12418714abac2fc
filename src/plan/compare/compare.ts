/** Centralised, regional, distributed and free variants of the same demand side by side, and what decides between them. */
import { tiers as allTiers, type Tier, type World } from "../../catalog/index.ts";
import type { CostItem } from "../../finance/index.ts";
import { lostAtWorst } from "./lost-at-worst.ts";
import type { LimitUse } from "../document/plan-document.ts";
import { money } from "../problem/money.ts";
import { figuresOf, type PlanFigures, type PlanWorld } from "../document/plan-figures.ts";
import { withEgressClass } from "./sensitivity-parameters.ts";
import type { Unserved } from "../document/unserved.ts";

export type VariantName = "free" | "centralised" | "regional" | "distributed";

/** Tiers that may serve requests in each variant. Training stays in the core in all of them. */
export const variantTiers: Readonly<Record<VariantName, readonly Tier[]>> = {
  free: allTiers,
  centralised: ["core"],
  regional: ["core", "regional"],
  distributed: ["regional", "edge"],
};

export interface Variant {
  readonly name: VariantName;
  readonly tiers: readonly Tier[];
  /** False where the user stopped before its turn. */
  readonly tried: boolean;
  /** Null when this variant has no plan, or none was asked for any more. */
  readonly figures: PlanFigures | null;
  /** Limits over several sites that are used up to at least `nearlyFull`. */
  readonly fullLimits: readonly LimitUse[];
  readonly unserved: readonly Unserved[];
  /** As `lostAtWorst` says; null where that was not asked for. */
  readonly lostRatio: number | null;
}

/** What makes the difference between two variants. */
export interface Driver {
  /** `price`: a class of cost. `latency`, `law` and `limit`: why demand worth more than the rest stays unserved. */
  readonly kind: "price" | "latency" | "law" | "limit";
  readonly name: string;
  /** What it contributes to the difference, USD/year. */
  readonly usdPerYear: number;
}

export interface Comparison {
  readonly variants: readonly Variant[];
  readonly verdict: {
    readonly distribute: boolean;
    /** Whether what is known leaves it open: a plan is missing, or distribution costs less by no more than is not proven. */
    readonly open: boolean;
    /** The cheapest variant found. */
    readonly best: VariantName | null;
    /** Centralised minus best, USD/year; null when either is missing. */
    readonly savingUsdPerYear: number | null;
    readonly driver: Driver | null;
    readonly sentence: string;
  };
}

/** Use of a limit from which it counts as what stands in the way. */
const nearlyFull = 0.99;

/** The world with its workloads kept to some tiers. Sites that must be open stay open and are paid for all the same. */
export function keepToTiers(world: World, kept: readonly Tier[]): World {
  return {
    ...world,
    workloads: world.workloads.map((workload) => ({
      ...workload,
      tiers: workload.tiers.filter((tier) => kept.includes(tier)),
    })),
  };
}

/** A site that hangs on a shut parent has chosen no limit, it waits for a choice. */
const isFull = ({ name, used, upper }: LimitUse): boolean =>
  used >= upper * nearlyFull && !name.startsWith("parent of ");

export async function compareVariants(world: World, planWorld: PlanWorld): Promise<Comparison> {
  const variants: Variant[] = [];
  for (const name of Object.keys(variantTiers) as VariantName[]) {
    const kept = variantTiers[name];
    const plan = await planWorld(keepToTiers(world, kept), name);
    variants.push({
      name,
      tiers: kept,
      tried: plan !== null,
      figures: plan && figuresOf(plan),
      fullLimits: plan === null ? [] : plan.limits.filter((limit) => isFull(limit)),
      unserved: plan?.unserved ?? [],
      lostRatio: plan && lostAtWorst(plan),
    });
  }
  return { variants, verdict: judge(variants) };
}

/** The verdict when every core site pays for egress by one class of prices; other tiers pay as the world says. */
export interface PriceClassVerdict {
  readonly egressClass: string;
  readonly free: PlanFigures | null;
  readonly centralised: PlanFigures | null;
  readonly verdict: Comparison["verdict"];
}

export interface PriceClassComparison {
  readonly classes: readonly PriceClassVerdict[];
  /** Whether the verdict is another under some of the classes; null where fewer than two were planned or what is proven does not tell. */
  readonly decides: boolean | null;
}

/**
 * Dividing the same traffic over more places does not make it less; it changes the class of prices it is paid by. So the
 * question is asked once per class for the core, with all else as it is.
 */
export async function comparePriceClasses(
  world: World,
  classes: readonly string[],
  planWorld: PlanWorld,
): Promise<PriceClassComparison> {
  const found: PriceClassVerdict[] = [];
  for (const egressClass of classes) {
    const priced = withEgressClass(world, egressClass, ["core"]);
    const variants: Variant[] = [];
    for (const name of ["free", "centralised"] as const) {
      const plan = await planWorld(keepToTiers(priced, variantTiers[name]), `${name}, core at ${egressClass}`);
      const figures = plan && figuresOf(plan);
      const unserved = plan?.unserved ?? [];
      const lostRatio = plan && lostAtWorst(plan);
      variants.push({
        name,
        tiers: variantTiers[name],
        tried: plan !== null,
        figures,
        fullLimits: [],
        unserved,
        lostRatio,
      });
    }
    const [free, centralised] = variants as [Variant, Variant];
    if (free.figures === null && centralised.figures === null) break;
    found.push({ egressClass, free: free.figures, centralised: centralised.figures, verdict: judge(variants) });
  }
  const told = found.filter(({ verdict }) => !verdict.open);
  const verdicts = new Set(told.map(({ verdict }) => verdict.distribute));
  const decides = verdicts.size > 1 || (found.length < 2 || told.length < found.length ? null : false);
  return { classes: found, decides };
}

type Planned = Variant & { readonly figures: PlanFigures };

function judge(variants: readonly Variant[]): Comparison["verdict"] {
  const planned = variants.filter((variant): variant is Planned => variant.figures !== null);
  const silent = { distribute: false, open: true, best: null, savingUsdPerYear: null, driver: null };
  if (planned.length === 0) return { ...silent, sentence: "Nothing can be said: no variant has a plan." };
  // Every variant's plan is a plan of the free one too, so the cheapest found is the best known answer; only under the survival of
  // failures may a variant be exempt, which is told.
  const best = planned.reduce((a, b) => (b.figures.objectiveUsdPerYear < a.figures.objectiveUsdPerYear ? b : a));
  const centralised = planned.find((variant) => variant.name === "centralised");
  if (centralised === undefined) {
    const wasTried = variants.some(({ name, tried }) => name === "centralised" && tried);
    const why = wasTried ? "it has no plan" : "the search was stopped before it was planned";
    return { ...silent, best: best.name, sentence: `Nothing can be said of the core alone: ${why}.` };
  }
  const savingUsdPerYear = centralised.figures.objectiveUsdPerYear - best.figures.objectiveUsdPerYear;
  const away = best.figures.openSites.some(({ tier, count }) => tier !== "core" && count > 0);
  if (away && centralised.figures.bestBoundUsdPerYear > best.figures.objectiveUsdPerYear) {
    const driver = driverOf(centralised, best);
    const sentence = `Distribute: the ${best.name} variant costs ${money(savingUsdPerYear)} a year less than the core alone${because(driver)}.${exemption(best, planned)}`;
    return { distribute: true, open: false, best: best.name, savingUsdPerYear, driver, sentence };
  }
  // What keeps distribution from paying shows in the cheapest variant that is made to leave the core.
  const apart = planned.find((variant) => variant.name === "distributed");
  const driver = apart ? driverOf(apart, centralised) : null;
  const sentence = away
    ? `Do not distribute on this evidence: a difference of ${money(savingUsdPerYear)} a year lies within what is not proven.`
    : `Do not distribute: the cheapest plan found stands in the core alone${because(driver, "; away from it one pays more")}.${exemption(best, planned)}`;
  return { distribute: false, open: away, best: best.name, savingUsdPerYear, driver, sentence };
}

/** What no other place of a variant could take over need not survive there: then it is cheap for that reason too. */
function exemption({ lostRatio }: Planned, planned: readonly Planned[]): string {
  const safest = Math.min(...planned.map((variant) => variant.lostRatio ?? 1));
  if (lostRatio === null || lostRatio <= safest + 1e-6) return "";
  return ` But there the worst failure takes ${(lostRatio * 100).toFixed(0)} % of the requests with it, elsewhere ${(safest * 100).toFixed(0)} %: its sites cannot stand in for each other.`;
}

function because(driver: Driver | null, lead = ""): string {
  if (driver === null) return "";
  return `${lead}, above all for ${driver.name} (${money(driver.usdPerYear)} a year)`;
}

const priceNames: Readonly<Record<CostItem, string>> = {
  accelerators: "accelerators",
  building: "buildings",
  opening: "opening sites",
  upgrades: "power upgrades",
  closing: "closing sites",
  moves: "moves",
  fixedOpex: "running sites",
  maintenance: "maintenance",
  energy: "electricity",
  egress: "egress",
  backhaul: "backhaul",
  unserved: "unserved demand",
  "training-unserved": "training that does not run",
};

/** The largest part of what `dear` costs more than `cheap`. */
function driverOf(dear: Planned, cheap: Planned): Driver | null {
  let driver: Driver | null = null;
  for (const [item, name] of Object.entries(priceNames)) {
    const usdPerYear = dear.figures.byItem[item as CostItem] - cheap.figures.byItem[item as CostItem];
    if (usdPerYear <= (driver?.usdPerYear ?? 0)) continue;
    driver =
      item === "unserved"
        ? (unservedDriver(dear, cheap, usdPerYear) ?? { kind: "price", name, usdPerYear })
        : { kind: "price", name, usdPerYear };
  }
  return driver;
}

/** Kind and words of what leaves a workload unserved. Price and scale are matters of money and have none. */
function causeOf({ workload, reason, detail }: Unserved): Pick<Driver, "kind" | "name"> | null {
  switch (reason) {
    case "physics":
    case "place":
      return { kind: "latency", name: `the first-token budget of ${workload}, which cannot be kept from there` };
    case "law":
    case "export":
      return { kind: "law", name: `the law that keeps ${workload} away (${reason})` };
    case "tier":
      return {
        kind: "limit",
        name: `the tiers in which ${workload} may run and a module on offer may stand, of which there is no site`,
      };
    case "memory":
    case "limits":
      return { kind: "limit", name: `limits that leave ${workload} unserved (${detail})` };
    case "price":
    case "scale":
      return null;
  }
}

/** Which workload and reason stand behind the difference in unserved demand. */
function unservedDriver(dear: Planned, cheap: Planned, usdPerYear: number): Driver | null {
  const lost = new Map<string, { entry: Unserved; usd: number }>();
  const add = (entry: Unserved, sign: number): void => {
    const key = `${entry.workload} ${entry.reason}`;
    const sum = lost.get(key) ?? { entry, usd: 0 };
    lost.set(key, { entry: sum.entry, usd: sum.usd + sign * entry.usdPerYear });
  };
  for (const entry of dear.unserved) add(entry, 1);
  for (const entry of cheap.unserved) add(entry, -1);
  const [largest] = [...lost.values()].sort((a, b) => b.usd - a.usd);
  if (largest === undefined || !(largest.usd > 0)) return null;
  const cause = causeOf(largest.entry);
  return cause && { ...cause, usdPerYear: Math.min(usdPerYear, largest.usd) };
}
