import { tiers } from "../../catalog/index.ts";
import {
  comparePriceClasses,
  compareVariants,
  egressClasses,
  variantTiers,
  type Comparison,
  type PlanFigures,
  type PriceClassComparison,
  type Variant,
} from "../../plan/index.ts";
import { CommandFailure, exitCodes } from "../terminal/exit-codes.ts";
import { percent, usd } from "../terminal/figures.ts";
import { withPlanner, type SearchOptions } from "./plan-worlds.ts";
import { readWorld, type ScenarioOptions } from "../document/read-world.ts";
import { report, resultJson, type ReportFormat, type Section } from "../terminal/report.ts";

export interface CompareOptions extends ScenarioOptions, SearchOptions {
  readonly format: ReportFormat;
  readonly json?: boolean;
  /** Classes of egress prices of the core under which the verdict is asked for. */
  readonly egressClasses?: readonly string[];
}

/** `disperse compare`: the same demand served from the core, from core and regions, from the edge, and freely. */
export async function compare(file: string, options: CompareOptions): Promise<void> {
  const { world } = readWorld(file, options);
  const asked = options.egressClasses ?? [];
  const stray = asked.find((name) => !egressClasses.includes(name));
  if (stray !== undefined) {
    const known = `Known: ${egressClasses.join(", ")}.`;
    throw new CommandFailure(exitCodes.invalid, `--egress-classes: there is no class "${stray}". ${known}`);
  }
  const total = Object.keys(variantTiers).length + 2 * asked.length;
  const [found, byClass] = await withPlanner(options, total, async (planWorld) => [
    await compareVariants(world, planWorld),
    asked.length > 0 ? await comparePriceClasses(world, asked, planWorld) : null,
  ]);
  if (found.variants.every((variant) => variant.figures === null)) {
    throw new CommandFailure(exitCodes.infeasible, `No variant has a plan; see: disperse plan ${file}`);
  }
  process.stdout.write(
    `${options.json ? resultJson("comparison", { ...found, byClass }) : report([...sections(found), ...classSections(byClass)], options.format)}\n`,
  );
}

function classSections(found: PriceClassComparison | null): Section[] {
  if (found === null) return [];
  const cost = (figures: PlanFigures | null): string => (figures === null ? "–" : usd(figures.objectiveUsdPerYear));
  const words = new Map([
    [true, "The class of egress prices decides whether to distribute."],
    [false, "Whether to distribute does not hang on these classes of egress prices."],
    [null, "What is proven does not tell whether the class of egress prices decides; a smaller --gap may."],
  ]);
  return [
    {
      title: "Verdict by the class of egress prices that core sites pay",
      head: ["class", "free", "centralised", "egress if centralised", "distribute", "above all for"],
      rows: found.classes.map(({ egressClass, free, centralised, verdict }) => [
        egressClass,
        cost(free),
        cost(centralised),
        centralised === null ? "–" : usd(centralised.byItem.egress),
        verdict.open ? "open" : verdict.distribute ? "yes" : "no",
        verdict.driver?.name ?? "–",
      ]),
    },
    { lines: found.classes.length < 2 ? [] : [words.get(found.decides)!] },
  ];
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
        ...(variants.some(({ lostRatio }) => lostRatio !== null)
          ? [
              [
                "lost with the worst failure",
                ...variants.map(({ lostRatio }) => (lostRatio === null ? "–" : percent(lostRatio))),
              ],
            ]
          : []),
      ],
    },
    // Lists in the columns of variants would make these as wide as the lists are long.
    {
      title: "Limits used up",
      head: ["variant", "limits"],
      rows: variants
        .filter(({ fullLimits }) => fullLimits.length > 0)
        .map(({ name, fullLimits }) => [name, fullLimits.map((limit) => limit.name).join(", ")]),
    },
    { lines: [`verdict: ${verdict.sentence}`] },
  ];
}
