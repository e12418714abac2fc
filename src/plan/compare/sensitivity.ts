/** How much the cost of a plan moves with each named parameter: one new plan per end of each range. */
import type { World } from "../../catalog/index.ts";
import { costItems, type CostItem } from "../../finance/index.ts";
import { figuresOf, surelyApart, type PlanFigures, type PlanWorld } from "../document/plan-figures.ts";
import { applyParameter, isAsItIs, type Parameter, type ParameterValue } from "./sensitivity-parameters.ts";

/** Which parameter to move, and to what values. */
export interface Range {
  readonly parameter: Parameter;
  readonly low: ParameterValue;
  readonly high: ParameterValue;
}

export interface SensitivityPoint {
  readonly value: ParameterValue;
  /** Null when the world so changed has no plan. */
  readonly figures: PlanFigures | null;
  /** The class of cost that changes most against the world as it is; null where nothing can be compared or changes. */
  readonly driver: { readonly item: CostItem; readonly usdPerYear: number } | null;
}

export interface Swing {
  readonly name: string;
  readonly kind: Parameter["kind"];
  readonly low: SensitivityPoint;
  readonly high: SensitivityPoint;
  /** |cost at high − cost at low|; null when either has no plan. */
  readonly swingUsdPerYear: number | null;
  /** Whether the two optima surely differ: false when the swing may come from the gaps alone. */
  readonly significant: boolean;
}

export interface Sensitivity {
  readonly base: PlanFigures | null;
  /** Largest swing first; a range without a plan at one end comes before all. */
  readonly swings: readonly Swing[];
  /** False when the user stopped before every range was done; those not done are left out. */
  readonly complete: boolean;
}

export async function sensitivity(world: World, ranges: readonly Range[], planWorld: PlanWorld): Promise<Sensitivity> {
  const plan = await planWorld(world, "as it is");
  const base = plan && figuresOf(plan);
  const swings: Swing[] = [];
  for (const { parameter, low, high } of ranges) {
    const ends: SensitivityPoint[] = [];
    for (const value of [low, high]) {
      const label = parameter.kind === "factor" ? `× ${value}` : `${value}`;
      const moved = isAsItIs(parameter, value)
        ? plan
        : await planWorld(applyParameter(parameter, world, value), `${parameter.name} ${label}`);
      if (moved === null) return { base, swings: sorted(swings), complete: false };
      const figures = figuresOf(moved);
      ends.push({ value, figures, driver: driverOf(base, figures) });
    }
    swings.push(swingOf(parameter, ends[0]!, ends[1]!));
  }
  return { base, swings: sorted(swings), complete: true };
}

function driverOf(base: PlanFigures | null, figures: PlanFigures | null): SensitivityPoint["driver"] {
  if (base === null || figures === null) return null;
  let driver: SensitivityPoint["driver"] = null;
  for (const item of costItems) {
    const usdPerYear = figures.byItem[item] - base.byItem[item];
    if (Math.abs(usdPerYear) > Math.abs(driver?.usdPerYear ?? 0)) driver = { item, usdPerYear };
  }
  return driver;
}

function swingOf({ name, kind }: Parameter, low: SensitivityPoint, high: SensitivityPoint): Swing {
  if (low.figures === null || high.figures === null) {
    return { name, kind, low, high, swingUsdPerYear: null, significant: low.figures !== high.figures };
  }
  return {
    name,
    kind,
    low,
    high,
    swingUsdPerYear: Math.abs(high.figures.objectiveUsdPerYear - low.figures.objectiveUsdPerYear),
    significant: surelyApart(low.figures, high.figures),
  };
}

function sorted(swings: readonly Swing[]): Swing[] {
  const size = ({ swingUsdPerYear }: Swing): number => swingUsdPerYear ?? Infinity;
  return [...swings].sort((a, b) => (size(a) === size(b) ? (a.name < b.name ? -1 : 1) : size(b) - size(a)));
}
