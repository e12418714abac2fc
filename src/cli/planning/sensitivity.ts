import type { World } from "../../catalog/index.ts";
import {
  paretoAttainments,
  paretoFactors,
  paretoFront,
  sensitivity as vary,
  sensitivityParameters,
  speaksOf,
  stressPlan,
  type Parameter,
  type ParetoPoint,
  type PlanFigures,
  type PlanWorld,
  type Range,
  type Sensitivity,
  type Stress,
  type Swing,
} from "../../plan/index.ts";
import { nearest } from "../../scenario/index.ts";
import { CommandFailure, exitCodes } from "../terminal/exit-codes.ts";
import { percent, three, usd } from "../terminal/figures.ts";
import { withPlanner, type SearchOptions } from "./plan-worlds.ts";
import { readWorld, type ScenarioOptions } from "../document/read-world.ts";
import { report, resultJson, type ReportFormat, type Section } from "../terminal/report.ts";

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
  const asked = options.vary.map(parseRange);
  const { world } = readWorld(file, options);
  const horizon = options.period === undefined ? world : { ...world, periods: world.periods.slice(0, 1) };
  const mute = asked.find(({ parameter }) => !speaksOf(parameter, horizon));
  if (mute !== undefined) {
    throw new CommandFailure(
      exitCodes.invalid,
      `--vary "${mute.parameter.name}": the scenario has nothing of the kind: growth and dates are about several periods.`,
    );
  }
  const ranges = asked.length > 0 ? asked : sensitivityParameters.filter((it) => speaksOf(it, horizon)).map(asRange);
  const print = (kind: string, found: object, sections: readonly Section[]): void => {
    process.stdout.write(`${options.json ? resultJson(kind, found) : report(sections, options.format)}\n`);
  };
  if (options.pareto) {
    const plans = paretoFactors.length + paretoAttainments.length;
    const front = await withPlanner(options, plans, (planWorld) => paretoFront(world, planWorld));
    if (front.length === 0) throw nothing(file);
    print("pareto", { points: front }, paretoSections(front));
  } else if (options.stress !== undefined) {
    const { stress: factor } = options;
    // Whether a plan holds is a question of one moment: the first period, unless another is named.
    const period = options.period ?? world.periods[0]!.id;
    const stress = await withPlanner({ ...options, period }, 2, (planWorld) => stressWorld(world, factor, planWorld));
    if (stress === null) throw nothing(file);
    if (stress === "stopped") {
      const message = `Stopped before it was planned what is served of demand × ${three(factor)}.`;
      throw new CommandFailure(exitCodes.gapAboveTarget, message);
    }
    print("stress", stress, stressSections(stress));
  } else {
    const found = await withPlanner(options, 1 + 2 * ranges.length, (planWorld) => vary(world, ranges, planWorld));
    if (found.base === null) throw nothing(file);
    print("sensitivity", found, tornadoSections(found, found.base, options.format));
  }
}

async function stressWorld(world: World, factor: number, planWorld: PlanWorld): Promise<Stress | "stopped" | null> {
  const plan = await planWorld(world, "as it is");
  return plan && stressPlan(plan, factor, planWorld);
}

const nothing = (file: string): CommandFailure =>
  new CommandFailure(exitCodes.infeasible, `There is no plan to start from; see: disperse plan ${file}`);

const asRange = (parameter: Parameter): Range => ({
  parameter,
  low: parameter.low,
  high: parameter.high,
});

/** `name` or `name=low,high`: factors above 0, years from 0 on, or classes of prices. */
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
  const example = `for example ${parameter.name}=${parameter.low},${parameter.high}`;
  const [lowText = "", highText = "", ...more] = values.split(",").map((text) => text.trim());
  if (parameter.kind === "class") {
    const stray = [lowText, highText].find((text) => !parameter.classes.includes(text));
    if (stray === undefined && more.length === 0) return { parameter, low: lowText, high: highText };
    throw wrong(`give two classes, ${example}. Known: ${parameter.classes.join(", ")}.`);
  }
  const [low, high] = [lowText, highText].map((text) => (text === "" ? Number.NaN : Number(text))) as [number, number];
  const isValid = (value: number): boolean =>
    parameter.kind === "years" ? value >= 0 && value <= 50 : value > 0 && value < 1e6;
  if (more.length > 0 || !isValid(low) || !isValid(high)) {
    throw wrong(`give two ${parameter.kind === "years" ? "numbers of years" : "factors above 0"}, ${example}.`);
  }
  if (low > high) throw wrong("the first value must not be above the second.");
  return { parameter, low, high };
}

/** Width of the longest bar on either side of the cost as it is, characters. */
const barWidth = 14;

/** Bars from the cost as it is, to the left where a value makes the plan cheaper: light for the low value, dark for the high. */
function bars(swing: Swing, baseUsd: number, largestUsd: number): string {
  const side = { left: ["", ""], right: ["", ""] };
  for (const [index, { figures }] of [swing.low, swing.high].entries()) {
    const deltaUsd = (figures?.objectiveUsdPerYear ?? baseUsd) - baseUsd;
    const bar = "░█"[index]!.repeat(Math.round((barWidth * Math.abs(deltaUsd)) / largestUsd));
    (deltaUsd < 0 ? side.left : side.right)[index] = bar;
  }
  // Where both values pull the same way, the longer bar shows beyond the shorter one.
  const over = ([low = "", high = ""]: readonly string[]): string =>
    low.length > high.length ? high + low.slice(high.length) : low + high.slice(low.length);
  // To the left the shorter bar stands next to the middle, too.
  const mirrored = over(side.left).split("").reverse().join("");
  return `${mirrored.padStart(barWidth)}│${over(side.right).padEnd(barWidth)}`;
}

function tornadoSections({ swings, complete }: Sensitivity, base: PlanFigures, format: ReportFormat): Section[] {
  const baseUsd = base.objectiveUsdPerYear;
  const deltas = swings.flatMap(({ low, high }) =>
    [low, high].map(({ figures }) => Math.abs((figures?.objectiveUsdPerYear ?? baseUsd) - baseUsd)),
  );
  const largestUsd = Math.max(...deltas, 1e-9);
  const shown = ({ kind }: Swing, { value, figures }: Swing["low"]): string => {
    const what = { factor: `× ${value}`, years: `${value} years`, class: `${value}` }[kind];
    return figures === null
      ? `${what}: no plan`
      : `${what}: ${usd(figures.objectiveUsdPerYear)} (${percent(figures.relativeGap, 2)})`;
  };
  const chart = (swing: Swing): string => {
    const drawn = bars(swing, baseUsd, largestUsd);
    return format === "md" ? `\`${drawn}\`` : drawn;
  };
  const moved = ({ low, high }: Swing): string => {
    const [far] = [low.driver, high.driver].sort((a, b) => Math.abs(b?.usdPerYear ?? 0) - Math.abs(a?.usdPerYear ?? 0));
    return far ? `${far.item} ${far.usdPerYear > 0 ? "+" : ""}${usd(far.usdPerYear)}` : "";
  };
  return [
    {
      lines: [
        `as it is: ${usd(baseUsd)} per year, gap ${percent(base.relativeGap, 2)}, ${percent(base.servedRatio)} of requests served at the peak, ${sitesText(base)} sites`,
      ],
    },
    {
      title: "What moves the cost of the best plan",
      head: [
        "parameter",
        "low ░ (gap)",
        "high █ (gap)",
        "cheaper │ dearer",
        "swing per year",
        "significance",
        "most moved",
        "sites at low",
        "sites at high",
      ],
      rows: swings.map((swing) => [
        swing.name,
        shown(swing, swing.low),
        shown(swing, swing.high),
        chart(swing),
        swing.swingUsdPerYear === null ? "–" : usd(swing.swingUsdPerYear),
        swing.significant ? "" : "within the gaps",
        moved(swing),
        ...[swing.low, swing.high].map(({ figures }) => (figures === null ? "–" : sitesText(figures))),
      ]),
    },
    {
      lines: [
        "Sites are core/regional/edge. A swing within the gaps may come from what the searches left unproven.",
        ...(complete ? [] : ["Stopped early: the parameters not listed were not tried."]),
      ],
    },
  ];
}

const sitesText = ({ openSites }: PlanFigures): string => openSites.map(({ count }) => count).join("/");

function paretoSections(front: readonly ParetoPoint[]): Section[] {
  return [
    {
      title: "What serving more, and in time more often, costs",
      head: [
        "in time",
        "served at the peak",
        "to build and run per year",
        "capital",
        "gap",
        "penalty",
        "asked in time",
        "",
      ],
      rows: front.map(({ penaltyFactor, attainmentRatio, attainedRatio, figures, dominated }) => [
        percent(attainedRatio, 2),
        percent(figures.servedRatio, 2),
        usd(figures.buildAndRunUsdPerYear),
        usd(figures.capexUsd),
        percent(figures.relativeGap, 2),
        `× ${penaltyFactor}`,
        attainmentRatio === null ? "as it is" : percent(attainmentRatio, 0),
        dominated ? "dominated" : "",
      ]),
    },
    {
      lines: [
        "In time: the share of all peak requests, served or not, whose first token the plan promises within the budget.",
      ],
    },
  ];
}

/** What was found before a search ended says what can be served at least, and nothing of what cannot. */
function cutShort({ status, relativeGap }: PlanFigures, what: string): string[] {
  if (status === "optimal") return [];
  const why = status === "cancelled" ? "was stopped" : "ended";
  return [
    `The search for what is served ${what} ${why} with a gap of ${percent(relativeGap, 2)}: it may be more, and what is lost less.`,
  ];
}

function stressSections({ demandFactor, planned, stressed, lost }: Stress): Section[] {
  return [
    {
      lines: [
        `demand × ${three(demandFactor)} on the plan as built: ${percent(stressed.servedRatio)} served at the peak, as planned ${percent(planned.servedRatio)}`,
        ...[planned, stressed].flatMap((figures) =>
          cutShort(figures, figures === planned ? "as planned" : "so stressed"),
        ),
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
