import { assetClasses } from "../../finance/index.ts";
import { financeReport, returnsOf, type CostStatement, type FinanceReport, type Investment } from "../../plan/index.ts";
import { percent, three, usd } from "../terminal/figures.ts";
import { inPeriod } from "../document/period-option.ts";
import { readPlan } from "../document/read-plan.ts";
import { report, resultJson, type ReportFormat, type Section } from "../terminal/report.ts";

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
      ? returnsOf(plan, options.years).map(({ period, all }) => ({ ...all, name: period }))
      : [];
  process.stdout.write(
    `${options.json ? resultJson("finance", { ...found, ...(periods.length > 0 && { byPeriod: periods }) }) : report([...sections(found), ...periodSections(periods)], options.format)}\n`,
  );
}

function sections({ years, all, byTier, byOwner, bySite, owners, nextModules, statement }: FinanceReport): Section[] {
  const tiers = byTier.filter((entry) => entry.cashflowsUsd.some((flow) => flow !== 0));
  const size = ({ capexUsd }: Investment): number => assetClasses.reduce((sum, each) => sum + capexUsd[each], 0);
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
    costStatement(statement),
    debt("Debt", byOwner.length > 1 ? [all, ...byOwner] : [all, ...tiers]),
    depreciation("Depreciation in the first year", [all, ...tiers]),
    ...(byOwner.length > 1
      ? [
          investments("Return by owner", byOwner),
          depreciation("Depreciation of owners in the first year", byOwner),
          settlement(owners),
        ]
      : []),
    nextBest(nextModules),
    investments(`Sites${moreSites > 0 ? ` (${moreSites} smaller ones not shown)` : ""}`, sites),
    depreciation("Depreciation of sites in the first year", sites),
  ];
}

/** What saves less than a cent of a dollar is not worth a line. */
function nextBest(nextModules: FinanceReport["nextModules"]): Section {
  const rows = nextModules
    .filter((entry) => entry.returnRatio >= 0.01)
    .slice(0, listedModules)
    .map((entry) => [
      entry.site,
      entry.module,
      usd(entry.savesUsdPerYear),
      usd(entry.costsUsdPerYear),
      entry.returnRatio.toFixed(2),
    ]);
  const title = "Where one more of the modules that stand would do most";
  return rows.length > 0
    ? { title, head: ["site", "module", "saves at most, per year", "costs per year", "per dollar"], rows }
    : { title, lines: ["nowhere: one more of any of them saves less than a hundredth of what it costs"] };
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

/** How the cost of the plan is made of capital, running cost and what is not served. */
function costStatement(statement: CostStatement): Section {
  const { capitalUsdPerYear, dueUsdPerYear, opexUsdPerYear, unservedUsdPerYear } = statement;
  const parts: readonly (readonly [string, number])[] = [
    ...assetClasses.map((each) => [`capital: ${each}`, capitalUsdPerYear[each]] as const),
    ["still due on what stood before", dueUsdPerYear],
    ["running cost", opexUsdPerYear],
    ["not served, at its price", unservedUsdPerYear],
  ];
  const rows = parts.filter(([, value]) => value !== 0).map(([name, value]) => [name, usd(value)]);
  const total = ["together, the objective of the plan", usd(statement.totalUsdPerYear)];
  const apart = Math.abs(statement.totalUsdPerYear - statement.objectiveUsdPerYear);
  // A plan of another version may have cost something else.
  const said = ["the plan itself says", usd(statement.objectiveUsdPerYear)];
  const isSame = apart <= 1e-9 * Math.max(1, Math.abs(statement.objectiveUsdPerYear));
  return {
    title: "Cost per year, capital at the owners' cost of it",
    head: ["", "per year"],
    rows: [...rows, total, ...(isSame ? [] : [said])],
  };
}

/** Left out where nobody borrows. */
function debt(title: string, entries: readonly Investment[]): Section {
  const head = ["", "borrowed", "own money", "service/year", "interest in the first year", "coverage"];
  const rows = entries
    .filter((entry) => entry.debt.borrowedUsd > 0)
    .map(({ name, capexUsd, debt: { borrowedUsd, serviceUsdPerYear, interestUsd, coverageRatio } }) => [
      name,
      usd(borrowedUsd),
      usd(assetClasses.reduce((sum, each) => sum + capexUsd[each], 0) - borrowedUsd),
      usd(serviceUsdPerYear),
      usd(interestUsd),
      coverageRatio === null ? "–" : coverageRatio.toFixed(2),
    ]);
  return { title, head, rows };
}

function investments(title: string, entries: readonly Investment[]): Section {
  const borrows = entries.some((entry) => entry.debt.borrowedUsd > 0);
  const owes = entries.some((entry) => entry.dueUsdPerYear > 0);
  return {
    title,
    head: [
      "",
      "capital",
      ...(borrows ? ["of it debt"] : []),
      "revenue/year",
      "opex/year",
      ...(owes ? ["due/year"] : []),
      "gross margin",
      "NPV",
      "IRR",
      "payback",
    ],
    rows: entries.map((entry) => [
      entry.name,
      usd(assetClasses.reduce((sum, each) => sum + entry.capexUsd[each], 0)),
      ...(borrows ? [usd(entry.debt.borrowedUsd)] : []),
      usd(entry.revenueUsdPerYear),
      usd(entry.opexUsdPerYear),
      ...(owes ? [usd(entry.dueUsdPerYear)] : []),
      entry.grossMarginRatio === null ? "–" : percent(entry.grossMarginRatio),
      usd(entry.npvUsd),
      entry.irr.status === "unique" ? percent(entry.irr.ratePerYear) : "–",
      entry.paybackYears === null ? "–" : `${entry.paybackYears.toFixed(1)} years`,
    ]),
  };
}

function depreciation(title: string, entries: readonly Investment[]): Section {
  const classes = assetClasses.filter((each) => entries.some(({ depreciationUsd }) => depreciationUsd[each] !== 0));
  return {
    title,
    head: ["", ...classes],
    rows:
      classes.length === 0
        ? []
        : entries.map((entry) => [entry.name, ...classes.map((each) => usd(entry.depreciationUsd[each]))]),
  };
}
