import { createHighsSolver } from "../../adapters/solver-highs/index.ts";
import type { World } from "../../catalog/index.ts";
import { answerWishes, type Clashing, type Wishes, type WishesAnswer } from "../../plan/index.ts";
import { nearest } from "../../scenario/index.ts";
import { parseQuantity } from "../../units/index.ts";
import { CommandFailure, exitCodes } from "../terminal/exit-codes.ts";
import { percent, three, usd } from "../terminal/figures.ts";
import { inCommandsWords, searchTools } from "./find-plan.ts";
import { onInterrupt } from "../terminal/interrupts.ts";
import { periodPosition } from "../document/period-option.ts";
import type { SearchOptions } from "./plan-worlds.ts";
import { ProgressLine } from "../terminal/progress-line.ts";
import { readWorld, type ScenarioOptions } from "../document/read-world.ts";
import { report, resultJson, type ReportFormat, type Section } from "../terminal/report.ts";

export interface WishesOptions extends ScenarioOptions, SearchOptions {
  /** `95%` for every workload, `gaming=95%` for one, or for a training run. */
  readonly serve: readonly string[];
  readonly costBelow?: string;
  readonly format: ReportFormat;
  readonly json?: boolean;
}

/**
 * `disperse explain wishes`: can this be had, and if not, what clashes and how far would it have to give way. Without a wish that is asked
 * of what the scenario forces and limits alone.
 */
export async function explainWishes(file: string, options: WishesOptions): Promise<void> {
  const { world } = readWorld(file, options);
  const wishes = {
    ...wishedRatios(options.serve, world),
    costUsdPerYear: options.costBelow === undefined ? null : costOf(options.costBelow),
    ...(options.period === undefined ? {} : { period: periodPosition(world, options.period) }),
  };
  const solver = createHighsSolver({ threads: 2 });
  const progress = new ProgressLine();
  const stop = new AbortController();
  const deaf = onInterrupt(() => stop.abort());
  progress.show("looking whether it can be had …");
  try {
    const { gap, timeLimit, seed } = options;
    const search = { relativeGap: gap, timeLimitS: timeLimit, seed, signal: stop.signal };
    const answer = await answerWishes(world, wishes, searchTools(solver, options), search);
    progress.finish();
    process.stdout.write(
      `${options.json ? resultJson("wishes", answer) : report(sections(answer, unasked(world, wishes)), options.format)}\n`,
    );
    if (answer.possible === false) process.exitCode = exitCodes.infeasible;
    if (answer.possible === null) process.exitCode = exitCodes.gapAboveTarget;
  } catch (error) {
    throw inCommandsWords(error);
  } finally {
    progress.finish();
    deaf();
    await solver.close();
  }
}

const invalid = (why: string): CommandFailure => new CommandFailure(exitCodes.invalid, why);

type Ratios = Required<Pick<Wishes, "servedRatio" | "trainedRatio">>;

function wishedRatios(specs: readonly string[], { workloads, training }: World): Ratios {
  const everything = [...workloads, ...training];
  const ratios: (number | null)[] = everything.map(() => null);
  for (const spec of specs) {
    const equals = spec.lastIndexOf("=");
    const text = spec.slice(equals + 1).trim();
    const value = text.endsWith("%") ? Number(text.slice(0, -1)) / 100 : Number(text);
    if (text === "" || !(value > 0 && value <= 1)) {
      throw invalid(`--serve "${spec}": give a share above 0 and up to 100 %, for example 95% or gaming=0.9.`);
    }
    const id = equals < 0 ? null : spec.slice(0, equals).trim();
    const position = everything.findIndex((asked) => asked.id === id);
    if (id === null) ratios.fill(value, 0, workloads.length);
    else if (position >= 0) ratios[position] = value;
    else {
      const ids = everything.map((asked) => asked.id);
      const meant = nearest(id, ids);
      throw invalid(
        `--serve "${spec}": there is no workload "${id}"${meant ? `; did you mean "${meant}"?` : `. There are: ${ids.join(", ")}.`}`,
      );
    }
  }
  return { servedRatio: ratios.slice(0, workloads.length), trainedRatio: ratios.slice(workloads.length) };
}

/** Training that no wish speaks of, in words; empty where there is none. */
function unasked({ training }: World, { trainedRatio }: Ratios): string {
  const ids = training.filter((_, index) => trainedRatio[index] === null).map(({ id }) => id);
  if (ids.length === 0) return "";
  return ` Training is not asked for: ${ids.join(", ")} (--serve ${ids[0]}=100% does).`;
}

function costOf(text: string): number {
  const cost = parseQuantity(text, { unit: "USD", example: "20M USD" });
  if (!cost.ok) throw invalid(`--cost-below: ${cost.problem.message}; ${cost.problem.hint}`);
  return cost.value;
}

function sections({ possible, clash, smallest, ...bounds }: WishesAnswer, unaskedText: string): Section[] {
  if (possible === true)
    return [{ lines: [`All of it can be had together: a plan exists.${unaskedText} What it costs: disperse plan`] }];
  if (possible === null) {
    const { atLeastUsdPerYear: least = null, foundUsdPerYear: found = null } = bounds;
    const known = [
      ...(least === null ? [] : [`whoever serves as wished pays at least ${usd(least)}/year`]),
      ...(found === null ? [] : [`a plan that does costs ${usd(found)}/year`]),
    ].join(", and ");
    return [
      {
        lines: [
          "It could not be told in time whether a plan exists; give more with --time-limit.",
          ...(known === "" ? [] : [`What is known: ${known}.`]),
        ],
      },
    ];
  }
  return [
    {
      lines: [
        smallest
          ? "It cannot be had. This is the smallest set that clashes; without any one of them the others hold together:"
          : "It cannot be had. These clash; a smaller set may, too, but the time was too short to tell:",
      ],
    },
    {
      title: "Clash",
      head: ["wish or limit", "as it is", "would do, all else as it is", "where or why"],
      rows: clash.map((entry) => [entry.name, amount(entry, entry.amount), wouldDo(entry), entry.detail || ""]),
    },
    { lines: ["Change any one of them as far as the column says, or several by less."] },
  ];
}

function wouldDo(entry: Clashing): string {
  if (entry.unit === "rule") return "drop it";
  if (entry.wouldDo === null) return "–";
  const least = entry.kind === "limit" || entry.unit !== "share";
  return `${least ? "at least" : "at most"} ${amount(entry, entry.wouldDo)}`;
}

function amount({ unit }: Clashing, value: number | null): string {
  if (value === null) return "–";
  if (unit === "share") return percent(value, 2);
  if (unit === "USD") return usd(value);
  if (unit === "USD/year") return `${usd(value)}/year`;
  if (unit === "MW" && value < 1) return `${three(value * 1000)} kW`;
  return unit === "MW" || unit === "Gbit/s" ? `${three(value)} ${unit}` : `${value} ${unit}`;
}
