import { tiers } from "../catalog/index.ts";
import { compareVariants, variantTiers, type Comparison, type Variant } from "../plan/index.ts";
import { CommandFailure, exitCodes } from "./exit-codes.ts";
import { percent, usd } from "./figures.ts";
import { withPlanner, type SearchOptions } from "./plan-worlds.ts";
import { readWorld, type ScenarioOptions } from "./read-world.ts";
import { report, resultJson, type ReportFormat, type Section } from "./report.ts";

export interface CompareOptions extends ScenarioOptions, SearchOptions {
  readonly format: ReportFormat;
  readonly json?: boolean;
}

/** `disperse compare`: the same demand served from the core, from core and regions, from the edge, and freely. */
export async function compare(file: string, options: CompareOptions): Promise<void> {
  const { world } = readWorld(file, options);
  const total = Object.keys(variantTiers).length;
  const found = await withPlanner(options, total, (planWorld) => compareVariants(world, planWorld));
  if (found.variants.every((variant) => variant.figures === null)) {
    throw new CommandFailure(exitCodes.infeasible, `No variant has a plan; see: disperse plan ${file}`);
  }
  process.stdout.write(`${options.json ? resultJson("comparison", found) : report(sections(found), options.format)}\n`);
}

function sections({ variants, verdict }: Comparison): Section[] {
  const column = (show: (figures: NonNullable<Variant["figures"]>) => string): string[] =>
    variants.map(({ figures }) => (figures === null ? "–" : show(figures)));
  const workloads = variants.find((variant) => variant.figures !== null)?.figures?.servedByWorkload ?? [];
  return [
    {
      title: "Variants",
      head: ["", ...variants.map((variant) => variant.name)],
      rows: [
        ["tiers that serve", ...variants.map((variant) => variant.tiers.join(", "))],
        ["objective per year", ...column((figures) => usd(figures.objectiveUsdPerYear))],
        ["to build and run", ...column((figures) => usd(figures.buildAndRunUsdPerYear))],
        ["unserved, priced", ...column((figures) => usd(figures.unservedUsdPerYear))],
        ["proven: not below", ...column((figures) => usd(figures.bestBoundUsdPerYear))],
        ["gap", ...column((figures) => percent(figures.relativeGap, 2))],
        ["capital, paid once", ...column((figures) => usd(figures.capexUsd))],
        ...tiers.map((tier) => [
          `${tier} sites open`,
          ...column((figures) => `${figures.openSites.find((entry) => entry.tier === tier)?.count ?? 0}`),
        ]),
        ["served at the peak", ...column((figures) => percent(figures.servedRatio))],
        ...workloads.map(({ workload }) => [
          `… of ${workload}`,
          ...column((figures) =>
            percent(figures.servedByWorkload.find((entry) => entry.workload === workload)?.servedRatio ?? 0),
          ),
        ]),
        ["limits used up", ...variants.map(({ fullLimits }) => fullLimits.map(({ name }) => name).join(", ") || "–")],
      ],
    },
    { lines: [`verdict: ${verdict.sentence}`] },
  ];
}
