/** When what is in service was bought, and what of it a document has to tell. */
import type { World } from "../../catalog/index.ts";
import { hasPriceVintages, installedCount } from "../../finance/index.ts";
import type { Deployment } from "../../route/index.ts";
import { spotAt } from "../problem/spots.ts";

/** Modules of one kind bought for a site in a period. */
export interface Purchase {
  readonly site: number;
  readonly module: number;
  readonly period: number;
  readonly count: number;
}

/**
 * The purchases that `Deployment.vintages` lists. Without it a reader takes what is in service for installed up to the number
 * installed, and for bought in the period itself beyond. That is wrong where earlier purchases had other prices, and where modules
 * stand idle that were installed while bought ones serve, as when demand falls and what is bought stays until the end of its life.
 *
 * @param inService What was bought until and in `deployment.period` and is in service in it.
 */
export function toldPurchases<P extends Purchase>(
  world: World,
  { period, pools }: Pick<Deployment, "period" | "pools">,
  inService: readonly P[],
): P[] {
  const pricesDiffer = hasPriceVintages(world);
  const isEarlier = (purchase: Purchase): boolean => purchase.period < period;
  const bySpot = Map.groupBy(inService, ({ site, module }) => spotAt(world, site, module));
  const idle = new Set<number>();
  for (const { site, module, count, trainingCount } of pools) {
    const bought = bySpot.get(spotAt(world, site, module)) ?? [];
    const standing = count + trainingCount;
    const kept = standing - countOf(bought);
    const taken = standing - (pricesDiffer ? countOf(bought.filter(isEarlier)) : 0);
    if (kept < Math.min(installedCount(world, site, module), taken)) idle.add(spotAt(world, site, module));
  }
  return inService.filter(
    (purchase) => idle.has(spotAt(world, purchase.site, purchase.module)) || (pricesDiffer && isEarlier(purchase)),
  );
}

export function countOf(purchases: readonly Purchase[]): number {
  return purchases.reduce((sum, { count }) => sum + count, 0);
}
