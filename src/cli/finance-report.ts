import { everyPeriod, financeReport, type FinanceReport, type Investment } from "../plan/index.ts";
import { percent, three, usd } from "./figures.ts";
import { inPeriod } from "./period-option.ts";
import { readPlan } from "./read-plan.ts";
import { report, resultJson, type ReportFormat, type Section } from "./report.ts";

export interface FinanceReportOptions {
  readonly years: number;
  readonly format: ReportFormat;
  readonly period?: string;
  readonly json?: boolean;
}

/** Sites listed one by one; the JSON has all. */
const listedSites = 25;
const listedModules = 10;

/** `disperse report finance`: a plan as its investors see it. */
export function reportFinance(path: string, options: FinanceReportOptions): void {
  const plan = readPlan(path);
  const found = financeReport(inPeriod(plan, options.period), options.years);
  // Each period as if it lasted: what stands in it, at its demand.
  const periods =
    options.period === undefined && plan.horizon
      ? everyPeriod(plan).map((view) => ({
          ...financeReport(view, options.years).all,
          name: plan.world.periods[view.period]!.id,
        }))
      : [];
  process.stdout.write(
    `${options.json ? resultJson("finance", { ...found, ...(periods.length > 0 && { byPeriod: periods }) }) : report([...sections(found), ...periodSections(periods)], options.format)}\n`,
  );
}

function sections({ years, all, byTier, byOwner, bySite, owners, nextModules }: FinanceReport): Section[] {
  const tiers = byTier.filter((entry) => entry.cashflowsUsd.some((flow) => flow !== 0));
  const size = ({ capexUsd }: Investment) => capexUsd.accelerators + capexUsd.building + capexUsd.opening;
  const sites = bySite.toSorted((a, b) => size(b) - size(a) || (a.name < b.name ? -1 : 1)).slice(0, listedSites);
  const notes = [
    `Over ${years} years at each owner's cost of capital; replaced when worn out, what is left at the end counted at its remaining worth.`,
  ];
  if (all.revenueUsdPerYear === 0) {
    notes.push("No workload has a price, so there is cost and no return: give workloads a price to see one.");
  }
  const moreSites = bySite.length - sites.length;
  return [
    { lines: notes },
    investments("Return", [all, ...tiers]),
    depreciation("Depreciation in the first year", [all, ...tiers]),
    ...(byOwner.length > 1
      ? [
          investments("Return by owner", byOwner),
          depreciation("Depreciation of owners in the first year", byOwner),
          settlement(owners),
        ]
      : []),
    {
      title: "Where one more module would do most",
      head: ["site", "module", "saves per year", "costs per year", "per dollar"],
      rows: nextModules
        .slice(0, listedModules)
        .map((entry) => [
          entry.site,
          entry.module,
          usd(entry.savesUsdPerYear),
          usd(entry.costsUsdPerYear),
          entry.returnRatio.toFixed(2),
        ]),
    },
    investments(`Sites${moreSites > 0 ? ` (${moreSites} smaller ones not shown)` : ""}`, sites),
    depreciation("Depreciation of sites in the first year", sites),
  ];
}

/** Who serves how much of the mesh's requests, and what a request costs there. */
function settlement(owners: FinanceReport["owners"]): Section {
  return {
    title: "Owners in one mesh, per year",
    head: ["owner", "requests", "share", "revenue", "cost of its sites", "break-even price per million requests"],
    rows: owners.map((entry) => [
      entry.owner,
      three(entry.requestsPerYear / 1e6) + "M",
      percent(entry.servedRatio),
      usd(entry.revenueUsdPerYear),
      usd(entry.costUsdPerYear),
      entry.breakEvenUsdPerRequest === null ? "–" : usd(entry.breakEvenUsdPerRequest * 1e6),
    ]),
  };
}

function periodSections(periods: readonly Investment[]): Section[] {
  if (periods.length === 0) return [];
  return [investments("Every period, as if what stands in it had just been bought and lasted", periods)];
}

function investments(title: string, entries: readonly Investment[]): Section {
  return {
    title,
    head: ["", "capital", "revenue/year", "opex/year", "gross margin", "NPV", "IRR", "payback"],
    rows: entries.map((entry) => [
      entry.name,
      usd(entry.capexUsd.accelerators + entry.capexUsd.building + entry.capexUsd.opening),
      usd(entry.revenueUsdPerYear),
      usd(entry.opexUsdPerYear),
      entry.grossMarginRatio === null ? "–" : percent(entry.grossMarginRatio),
      usd(entry.npvUsd),
      entry.irr.status === "unique" ? percent(entry.irr.ratePerYear) : "–",
      entry.paybackYears === null ? "–" : `${entry.paybackYears.toFixed(1)} years`,
    ]),
  };
}

function depreciation(title: string, entries: readonly Investment[]): Section {
  return {
    title,
    head: ["", "accelerators", "building", "opening"],
    rows: entries.map(({ name, depreciationUsd: { accelerators, building, opening } }) => [
      name,
      usd(accelerators),
      usd(building),
      usd(opening),
    ]),
  };
}
