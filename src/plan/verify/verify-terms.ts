/** What the checks of a plan document share. */
import type { World } from "../../catalog/index.ts";
import { installedCount } from "../../finance/index.ts";
import type { PlanDocument } from "../document/plan-document.ts";
import type { WorldProblem } from "../world/world-problem.ts";

/** Something in the document that does not hold. */
export interface Finding {
  /** Where in the document, for example `deployment.flows[12]`. */
  readonly where: string;
  readonly message: string;
  /** `words`: a sentence for people reads otherwise, while every figure behind it is right. `figures` when left out. */
  readonly of?: "words" | "figures";
}

/** Called with what does not hold. */
export type Report = (where: string, message: string, of?: Finding["of"]) => void;

/** What a plan or a period costs and what its certificate proves, in one unit; null where that cannot be computed. */
export interface Checked {
  readonly costUsd: number | null;
  readonly certifiedUsd: number | null;
  /** What the core alone costs at least, USD/year; null or left out where nothing is told of it or it was not looked at. */
  readonly coreAtLeastUsd?: number | null;
  /** What pools are said to be worth leaves this share of what serving costs unproven; of several periods the largest. */
  readonly servingGap?: number | null;
}

/**
 * How a period stands to those before it; `kept` counts modules that must still stand, by spot, `bought` is what the period says it buys,
 * `open` has the sites that were open in the period before, `upgrades` those of power that stood then.
 */
export type Standing =
  | { readonly kind: "alone" }
  | {
      readonly kind: "following";
      readonly planned: WorldProblem;
      readonly kept: ReadonlyMap<number, number>;
      readonly bought: readonly { readonly site: number; readonly module: number; readonly count: number }[];
      readonly open: ReadonlySet<number>;
      readonly upgrades: readonly { readonly site: number; readonly upgrade: number }[];
    };

/** Relative slack of limits, as wide as that to which solvers keep them. */
export const tolerance = 1e-6;

/** The most that may stand beside `value` and still count as no more; costs may be negative, where closing a site pays. */
export function withTolerance(value: number): number {
  return value + tolerance * Math.max(1, Math.abs(value));
}

/**
 * Relative slack of figures that follow from the document: they are computed here as they were when it was written, so only
 * the last digits of another machine's powers and roots may differ.
 */
export const digits = 1e-11;

/** Modules that stand beyond what was there from the beginning, by site and kind. */
export function freshModules(
  world: World,
  deployment: PlanDocument["deployment"],
): { site: number; module: number; count: number }[] {
  return deployment.pools.flatMap(({ site, module, count, trainingCount }) => {
    const fresh = count + trainingCount - installedCount(world, site, module);
    return fresh > 0 ? [{ site, module, count: fresh }] : [];
  });
}

/**
 * Equal up to the last digits.
 *
 * @param scale Size of the figures that both were computed from, where they are small differences of large ones.
 */
export function near(a: number, b: number, scale = 1): boolean {
  return Math.abs(a - b) <= digits * Math.max(scale, Math.abs(a), Math.abs(b));
}
