/** What the checks of a plan document share. */
import type { World } from "../catalog/index.ts";
import type { PlanDocument } from "./plan-document.ts";
import type { WorldProblem } from "./world-problem.ts";

/** Called with what does not hold: where in the document, and what. */
export type Report = (where: string, message: string) => void;

/**
 * How a period stands to those before it; `kept` counts modules that must still stand, by `site * modules + module`,
 * `open` has the sites that were open in the period before, `upgrades` those of power that stood then.
 */
export type Standing =
  | { readonly kind: "alone" }
  | {
      readonly kind: "following";
      readonly planned: WorldProblem;
      readonly kept: ReadonlyMap<number, number>;
      readonly open: ReadonlySet<number>;
      readonly upgrades: readonly { readonly site: number; readonly upgrade: number }[];
    };

/** Relative slack for sums of rounded numbers. */
export const tolerance = 1e-6;

/** Modules that stand beyond what was there from the beginning and what earlier periods bought, by site and kind. */
export function freshModules(
  world: World,
  deployment: PlanDocument["deployment"],
  kept: ReadonlyMap<number, number>,
): { site: number; module: number; count: number }[] {
  return deployment.pools.flatMap((pool) => {
    const installed = world.sites[pool.site]!.installed.reduce(
      (sum, entry) => (entry.module === pool.module ? sum + entry.count : sum),
      0,
    );
    const before = installed + (kept.get(pool.site * world.modules.length + pool.module) ?? 0);
    const count = pool.count + pool.trainingCount - before;
    return count > 0 ? [{ site: pool.site, module: pool.module, count }] : [];
  });
}

/** Equal up to rounding. */
export function near(a: number, b: number): boolean {
  return Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(a), Math.abs(b));
}
