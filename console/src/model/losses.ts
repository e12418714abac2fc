/** What a plan leaves out, by its cause. */
import type { Unserved } from "../../../src/plan/index.ts";

/** The same cause and remedy, over one or several kinds of access. */
export interface Loss extends Omit<Unserved, "access" | "meanPerS"> {
  /** Ids of the kinds of access, those that lose most first. */
  readonly accesses: readonly string[];
}

/** Reasons that look different over every kind of access, because their time does. */
const ofTime: readonly Unserved["reason"][] = ["physics", "place"];

/** Entries that differ in nothing but the access are one; of their details, what they have in common. The dearest first. */
export function lossesByCause(unserved: readonly Unserved[]): Loss[] {
  const groups = Map.groupBy(unserved, ({ workload, access, reason, whatWouldHelp }) =>
    JSON.stringify([workload, reason, whatWouldHelp, ofTime.includes(reason) ? access : ""]),
  );
  return [...groups.values()]
    .map((entries): Loss => {
      const [first, ...others] = entries.toSorted((a, b) => b.usdPerYear - a.usdPerYear);
      const total = (of: (entry: Unserved) => number): number => entries.reduce((sum, entry) => sum + of(entry), 0);
      const parts = first!.detail.split(", ");
      const { access, meanPerS: _mean, ...rest } = first!;
      return {
        ...rest,
        accesses: [access, ...others.map((entry) => entry.access)],
        peakPerS: total((entry) => entry.peakPerS),
        shareOfWorkload: total((entry) => entry.shareOfWorkload),
        usdPerYear: total((entry) => entry.usdPerYear),
        areas: Math.max(...entries.map((entry) => entry.areas)),
        detail: parts.filter((part) => others.every(({ detail }) => detail.split(", ").includes(part))).join(", "),
      };
    })
    .sort((a, b) => b.usdPerYear - a.usdPerYear);
}
