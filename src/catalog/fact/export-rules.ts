import { vendor, type Figure } from "./figure.ts";
import type { SourceKey } from "./sources.ts";
import type { Confidence } from "../world/world-engines.ts";
import type { Jurisdiction } from "../world/world-places.ts";

/** U.S. export law for accelerators as far as a plan needs it; other states' laws are not modelled. */
export interface ExportRow {
  readonly control: Jurisdiction["exportControl"];
  /** Chips below both limits may be installed all the same; null when none may. */
  readonly threshold: { readonly totalProcessingPerformance: Figure; readonly dramGBps: Figure } | null;
  readonly rule: string;
  readonly date: string;
  readonly source: SourceKey;
  readonly confidence: Confidence;
}

/** China and Macao: below both limits an application is reviewed case by case, above there is a presumption of denial. */
const caseByCase: ExportRow = {
  control: "restricted",
  threshold: {
    totalProcessingPerformance: vendor(21_000, "TPP", "bis-2026", { note: "licence still needed: case by case" }),
    dramGBps: vendor(6_500, "GB/s", "bis-2026", { note: "licence still needed: case by case" }),
  },
  rule: "BIS rule effective 15 January 2026: case by case below TPP 21,000 and 6,500 GB/s, else presumption of denial",
  date: "2026-01-15",
  source: "bis-2026",
  confidence: "analyst",
};

/** Destinations that need a licence for chips of ECCN 3A090; small chips do not fall under it. */
const licence: ExportRow = {
  control: "licence",
  threshold: {
    totalProcessingPerformance: vendor(1_600, "TPP", "bis-2023", { note: "lowest limit of 3A090, density left aside" }),
    dramGBps: vendor(6_500, "GB/s", "bis-2026", { note: "no memory limit in 3A090; that of 2026 as a ceiling" }),
  },
  rule: "15 CFR 742.6(a)(6)(iii): licence for 3A090 items to country groups D:1, D:4 and D:5",
  date: "2023-11-17",
  source: "bis-2023",
  confidence: "assumed",
};

const embargo: ExportRow = {
  control: "restricted",
  threshold: null,
  rule: "15 CFR 746: embargo or policy of denial",
  date: "2024-06-12",
  source: "bis-2023",
  confidence: "assumed",
};

const byCountry = (row: ExportRow, list: string): Record<string, ExportRow> =>
  Object.fromEntries(list.split(" ").map((country) => [country, row]));

/** Rules by country; a country that is absent is open. Groups as of 2023, from memory of Supplement 1 to Part 740. */
export const exportRules: Readonly<Record<string, ExportRow>> = {
  ...byCountry(
    licence,
    "AE AF AM AZ BH CD CF EG ER GE HT IQ JO KG KH KW KZ LA LB LY MD MM MN NI OM PK QA SA SD SO SS TJ TM UZ VE VN YE ZW",
  ),
  ...byCountry(caseByCase, "CN HK MO"),
  ...byCountry(embargo, "BY CU IR KP RU SY"),
};

export const openRule: Pick<ExportRow, "control" | "threshold"> = { control: "open", threshold: null };
