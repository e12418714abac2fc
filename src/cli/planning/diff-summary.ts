import { hasChanged, type Change, type PlanDiff } from "../../plan/index.ts";
import { percent, usd as anyUsd } from "../terminal/figures.ts";
import type { Section } from "../terminal/report.ts";

/** Modules listed site by site up to this many; a mesh of thousands of sites is summed up instead. */
const listedChanges = 40;

/** Money to the cent: less is rounding of the search. */
const usd = (value: number): string => anyUsd(Math.abs(value) < 0.005 ? 0 : value);

/** A difference of plans as sections of a report. */
export function diffSections(diff: PlanDiff): Section[] {
  if (!diff.differs)
    return [{ lines: ["The plans do not differ in what stands where, what is served and what it costs."] }];
  return [
    { lines: headline(diff) },
    { title: "Plan", head: ["", "before", "after", "change"], rows: figureRows(diff) },
    siteSection(diff),
    {
      title: "Modules",
      head: ["module", "added", "removed", "moved"],
      rows: diff.moves.map(({ module, added, removed, moved }) => [module, `${added}`, `${removed}`, `${moved}`]),
    },
    changeTable("Cost per year", "item", diff.items, usd),
    changeTable("Cost per year by tier", "tier", diff.tiers, usd),
    changeTable("Served at the peak", "workload", diff.served, percent),
    changeTable("Unserved, by reason", "demand", diff.unserved, percent),
  ];
}

const numberOf = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;

function headline({ before, after, opened, closed, moves, sameInput, optimaDiffer }: PlanDiff): string[] {
  const change = after.objectiveUsdPerYear - before.objectiveUsdPerYear;
  const moved = moves.reduce((sum, move) => sum + move.moved, 0);
  const words = [
    `${numberOf(opened.length, "site")} opened`,
    `${closed.length} closed`,
    `${numberOf(moved, "module")} moved`,
  ];
  const lines = [`${signed(change, usd)} per year; ${words.join(", ")}.`];
  if (sameInput) lines.push("Both plans answer the same question.");
  else if (!optimaDiffer) lines.push("The difference in cost lies within what the gaps leave unproven.");
  return lines;
}

function figureRows({ before, after }: PlanDiff): string[][] {
  const row = (name: string, was: number, is: number, show: (value: number) => string): string[] => [
    name,
    show(was),
    show(is),
    signed(is - was, show),
  ];
  const gap = (value: number): string => percent(value, 2);
  return [
    row("objective per year", before.objectiveUsdPerYear, after.objectiveUsdPerYear, usd),
    row("to build and run", before.buildAndRunUsdPerYear, after.buildAndRunUsdPerYear, usd),
    row("unserved, priced", before.unservedUsdPerYear, after.unservedUsdPerYear, usd),
    row("capital, paid once", before.capexUsd, after.capexUsd, usd),
    row("served at the peak", before.servedRatio, after.servedRatio, percent),
    row("proven: not below", before.bestBoundUsdPerYear, after.bestBoundUsdPerYear, usd),
    ["gap", gap(before.relativeGap), gap(after.relativeGap), ""],
  ];
}

function siteSection({ opened, closed, modules }: PlanDiff): Section {
  const stateOf = new Map([
    ...opened.map(({ site }) => [site, "opened"] as const),
    ...closed.map(({ site }) => [site, "closed"] as const),
  ]);
  const rows = modules
    .slice(0, listedChanges)
    .map(({ site, tier, module, before, after }) => [
      site,
      tier,
      stateOf.get(site) ?? "changed",
      module,
      `${before}`,
      `${after}`,
    ]);
  const more = modules.length - rows.length;
  if (more > 0) rows.push([`and ${more} more`, "", "", "", "", ""]);
  return { title: "Sites", head: ["site", "tier", "state", "module", "before", "after"], rows };
}

function changeTable(
  title: string,
  what: string,
  changes: readonly Change[],
  show: (value: number) => string,
): Section {
  const known = (value: number | null): string => (value === null ? "–" : show(value));
  return {
    title,
    head: [what, "before", "after", "change"],
    rows: changes
      .filter(hasChanged)
      .map(({ name, before, after }) => [
        name,
        known(before),
        known(after),
        before === null || after === null ? "–" : signed(after - before, show),
      ]),
  };
}

/** A difference with its sign, so that a rise is seen as one. */
function signed(value: number, show: (value: number) => string): string {
  return `${value > 0 && show(value) !== show(0) ? "+" : ""}${show(value)}`;
}
