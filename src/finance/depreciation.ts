/**
 * What accounts tell apart. The last two are nothing one owns, but are paid once and written off: closing a site (less than
 * nothing where it is sold), and bringing to a place what an earlier plan did not have there.
 */
export const assetClasses = ["accelerators", "building", "opening", "upgrades", "closing", "moves"] as const;
export type AssetClass = (typeof assetClasses)[number];

/** The same figure for every class of assets. */
export function byAssetClass<T>(value: (assetClass: AssetClass) => T): Record<AssetClass, T> {
  return Object.fromEntries(assetClasses.map((each) => [each, value(each)])) as Record<AssetClass, T>;
}

/** Book figures of one year, USD. */
export interface BookYear {
  readonly depreciationUsd: number;
  /** Value left at the end of the year. */
  readonly bookUsd: number;
}

/**
 * Straight-line depreciation in `year` (1 = first year of service). A life that ends within a year writes off the rest
 * in that year; nothing is written off after it.
 */
export function straightLine(capexUsd: number, lifeYears: number, year: number): BookYear {
  const bookAt = (age: number) => capexUsd * Math.max(0, 1 - Math.max(0, age) / lifeYears);
  const bookUsd = bookAt(year);
  return { depreciationUsd: bookAt(year - 1) - bookUsd, bookUsd };
}

export interface Asset {
  readonly assetClass: AssetClass;
  readonly capexUsd: number;
  readonly lifeYears: number;
  /** Year in which it enters service, on the same count as the schedule's. */
  readonly firstYear: number;
}

/** Depreciation of assets of several classes and vintages in `year`, USD, and what stands in the books at its end. */
export function depreciationByClass(assets: readonly Asset[], year: number): Readonly<Record<AssetClass, BookYear>> {
  const books = byAssetClass(() => ({ depreciationUsd: 0, bookUsd: 0 }));
  for (const asset of assets) {
    if (year < asset.firstYear) continue;
    const { depreciationUsd, bookUsd } = straightLine(asset.capexUsd, asset.lifeYears, year - asset.firstYear + 1);
    books[asset.assetClass].depreciationUsd += depreciationUsd;
    books[asset.assetClass].bookUsd += bookUsd;
  }
  return books;
}
