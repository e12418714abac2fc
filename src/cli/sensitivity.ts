import type { World } from "../catalog/index.ts";
import {
  paretoFactors,
  paretoFront,
  sensitivity as vary,
  sensitivityParameters,
  stressPlan,
  type ParetoPoint,
  type PlanWorld,
  type Range,
  type Sensitivity,
  type Stress,
} from "../plan/index.ts";
import { nearest } from "../scenario/index.ts";
import { CommandFailure, exitCodes } from "./exit-codes.ts";
import { percent, three, usd } from "./figures.ts";
import { withPlanner, type SearchOptions } from "./plan-worlds.ts";
import { readWorld, type ScenarioOptions } from "./read-world.ts";
import { report, type ReportFormat, type Section } from "./report.ts";

export interface SensitivityOptions extends ScenarioOptions, SearchOptions {
  readonly vary: readonly string[];
  readonly pareto?: boolean;
  readonly stress?: number;
  readonly format: ReportFormat;
  readonly json?: boolean;
}

/**
 * `disperse sensitivity`: a tornado over named parameters; instead of it, with `--pareto` what serving more costs, with
 * `--stress` what the plan still serves under other demand.
 */
export async function sensitivity(file: string, options: SensitivityOptions): Promise<void> {
  const ranges = options.vary.length > 0 ? options.vary.map(parseRange) : sensitivityParameters.map(asRange);
  const { world } = readWorld(file, options);
  const print = (found: unknown, sections: readonly Section[]): void => {
    process.stdout.write(`${options.json ? JSON.stringify(found) : report(sections, options.format)}\n`);
  };
  if (options.pareto) {
    const front = await withPlanner(options, paretoFactors.length, (planWorld) => paretoFront(world, planWorld));
    if (front.length === 0) throw nothing(file);
    print(front, [paretoSection(front)]);
  } else if (options.stress !== undefined) {
    const { stress: factor } = options;
    // Whether a plan holds is a question of one moment: the first period, unless another is named.
    const period = options.period ?? world.periods[0]!.id;
    const stress = await withPlanner({ ...options, period }, 2, (planWorld) => stressWorld(world, factor, planWorld));
    if (stress === null) throw nothing(file);
    print(stress, stressSections(stress));
  } else {
    const found = await withPlanner(options, 1 + 2 * ranges.length, (planWorld) => vary(world, ranges, planWorld));
    if (found.base === null) throw nothing(file);
    print(found, tornadoSections(found));
  }
}

async function stressWorld(world: World, factor: number, planWorld: PlanWorld): Promise<Stress | null> {
  const plan = await planWorld(world, "as it is");
  return plan && stressPlan(plan, factor, planWorld);
}

const nothing = (file: string): CommandFailure =>
  new CommandFailure(exitCodes.infeasible, `There is no plan to start from; see: disperse plan ${file}`);

const asRange = (parameter: (typeof sensitivityParameters)[number]): Range => ({
  parameter,
  low: parameter.low,
  high: parameter.high,
});

/** `name` or `name=low,high`, both factors above 0. */
function parseRange(spec: string): Range {
  const wrong = (why: string): CommandFailure => new CommandFailure(exitCodes.invalid, `--vary "${spec}": ${why}`);
  const [name = "", values] = spec.split("=", 2);
  const names = sensitivityParameters.map((parameter) => parameter.name);
  const parameter = sensitivityParameters.find((entry) => entry.name === name.trim());
  if (parameter === undefined) {
    const meant = nearest(name.trim(), names);
    throw wrong(
      `no parameter "${name.trim()}"${meant ? `; did you mean "${meant}"?` : "."} Known: ${names.join(", ")}.`,
    );
  }
  if (values === undefined) return asRange(parameter);
  const factors = values.split(",").map((text) => (text.trim() === "" ? Number.NaN : Number(text)));
  const [low, high] = factors;
  if (factors.length !== 2 || !factors.every((factor) => factor > 0 && factor < 1e6)) {
    throw wrong(`give two factors above 0, for example ${parameter.name}=${parameter.low},${parameter.high}.`);
  }
  if (low! > high!) throw wrong("the first factor must not be above the second.");
  return { parameter, low: low!, high: high! };
}

/** Width of the longest bar, characters. */
const barWidth = 24;

function tornadoSections({ base, swings, complete }: Sensitivity): Section[] {
  const largest = Math.max(...swings.map((swing) => swing.swingUsdPerYear ?? 0), 0);
  const rows = swings.map(({ name, low, high, swingUsdPerYear, significant }) => [
    name,
    ...[low, high].map(({ factor, figures }) =>
      figures === null
        ? `× ${factor}: no plan`
        : `× ${factor}: ${usd(figures.objectiveUsdPerYear)} (${percent(figures.relativeGap, 2)})`,
    ),
    swingUsdPerYear === null ? "–" : usd(swingUsdPerYear),
    significant ? "" : "within the gaps",
    largest > 0 ? "█".repeat(Math.round((barWidth * (swingUsdPerYear ?? 0)) / largest)) : "",
  ]);
  return [
    {
      lines: [
        `as it is: ${usd(base?.objectiveUsdPerYear ?? 0)} per year, gap ${percent(base?.relativeGap ?? 0, 2)}, ${percent(base?.servedRatio ?? 0)} of requests served at the peak`,
      ],
    },
    {
      title: "What moves the cost of the best plan",
      head: ["parameter", "low (gap)", "high (gap)", "swing per year", "significance", ""],
      rows,
    },
    { lines: complete ? [] : ["Stopped early: the parameters not listed were not tried."] },
  ];
}

function paretoSection(front: readonly ParetoPoint[]): Section {
  return {
    title: "What serving more costs",
    head: ["penalty of a lost request", "served at the peak", "to build and run per year", "capital", "gap", ""],
    rows: front.map(({ penaltyFactor, figures, dominated }) => [
      `× ${penaltyFactor}`,
      percent(figures.servedRatio, 2),
      usd(figures.buildAndRunUsdPerYear),
      usd(figures.capexUsd),
      percent(figures.relativeGap, 2),
      dominated ? "dominated" : "",
    ]),
  };
}

function stressSections({ demandFactor, planned, stressed, lost }: Stress): Section[] {
  return [
    {
      lines: [
        `demand × ${three(demandFactor)} on the plan as built: ${percent(stressed.servedRatio)} served at the peak, as planned ${percent(planned.servedRatio)}`,
      ],
    },
    {
      title: "Served at the peak",
      head: ["workload", "as planned", `demand × ${three(demandFactor)}`],
      rows: planned.servedByWorkload.map(({ workload, servedRatio }, index) => [
        workload,
        percent(servedRatio),
        percent(stressed.servedByWorkload[index]?.servedRatio ?? 0),
      ]),
    },
    {
      title: "Lost beyond what was planned",
      lines: lost
        .slice(0, 8)
        .map(
          (entry) => `  ${percent(entry.shareOfWorkload)} of ${entry.workload} over ${entry.access}: ${entry.detail}`,
        ),
    },
  ];
}
