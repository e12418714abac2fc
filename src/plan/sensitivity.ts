/** How much the cost of a plan moves with each named parameter: one new plan per end of each range. */
import type { World } from "../catalog/index.ts";
import { figuresOf, surelyApart, type PlanFigures, type PlanWorld } from "./plan-figures.ts";
import type { Parameter } from "./sensitivity-parameters.ts";

/** Which parameter to move, and to what factors. */
export interface Range {
  readonly parameter: Parameter;
  readonly low: number;
  readonly high: number;
}

export interface SensitivityPoint {
  readonly factor: number;
  /** Null when the world so changed has no plan. */
  readonly figures: PlanFigures | null;
}

export interface Swing {
  readonly name: string;
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
    for (const factor of [low, high]) {
      // A factor of 1 asks the question already answered.
      const moved =
        factor === 1 ? plan : await planWorld(parameter.apply(world, factor), `${parameter.name} × ${factor}`);
      if (moved === null) return { base, swings: sorted(swings), complete: false };
      ends.push({ factor, figures: figuresOf(moved) });
    }
    swings.push(swingOf(parameter.name, ends[0]!, ends[1]!));
  }
  return { base, swings: sorted(swings), complete: true };
}

function swingOf(name: string, low: SensitivityPoint, high: SensitivityPoint): Swing {
  if (low.figures === null || high.figures === null) {
    return { name, low, high, swingUsdPerYear: null, significant: low.figures !== high.figures };
  }
  return {
    name,
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
