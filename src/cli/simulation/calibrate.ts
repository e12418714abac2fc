import { engineCalibration, engineProfiles } from "../../catalog/index.ts";
import {
  calibrate,
  coefficientsOf,
  engineNamed,
  hasMeasuredRates,
  isLoadResults,
  readLoadResults,
  readMeasuredRuns,
  usableRuns,
  weightFormatOf,
  withoutRepeats,
  type Calibration,
  type LoadedServer,
  type MeasuredRow,
  type MeasuredRun,
} from "../../perf/index.ts";
import { idPattern } from "../../scenario/index.ts";
import { calibrationSections, percent } from "./calibration-report.ts";
import { engineTable, type CalibratedEngine } from "./engine-table.ts";
import { CommandFailure, exitCodes } from "../terminal/exit-codes.ts";
import { checkServer } from "./server-options.ts";
import { probeRuns, type ProbeCliOptions } from "./probe-runs.ts";
import { readText } from "../document/read-plan.ts";
import { ProgressLine } from "../terminal/progress-line.ts";
import { report, type ReportFormat } from "../terminal/report.ts";
import { requireOther, writeResult } from "../terminal/write-file.ts";

export const calibrationClasses = ["generation", "accelerator", "engine"] as const;
export type CalibrationClass = (typeof calibrationClasses)[number];

export interface CalibrateOptions extends ProbeCliOptions {
  /** What gets a profile of its own beside the engine. */
  readonly per: CalibrationClass;
  readonly out: string;
  readonly id?: string;
  readonly format: ReportFormat;
  readonly json?: boolean;
}

/** `disperse calibrate`: coefficients of the engine model from measured rows or a live server, as a file for scenarios. */
export async function calibrateEngines(files: readonly string[], options: CalibrateOptions): Promise<void> {
  if (files.length === 0 && options.probe === undefined) {
    throw new CommandFailure(
      exitCodes.invalid,
      "calibrate needs files of measured runs (disperse calibrate runs.csv), or a live server (--probe http://host:8000).",
    );
  }
  if (options.id !== undefined && !new RegExp(`^(?:${idPattern})$`).test(options.id)) {
    throw new CommandFailure(
      exitCodes.invalid,
      `--id ${JSON.stringify(options.id)}: a scenario could not name it. Names have letters, digits, \`.\`, \`_\` and \`-\`, and begin with a letter or a digit.`,
    );
  }
  for (const path of [options.out, options.runsOut]) if (path !== undefined) requireOther(path, files);
  const rows = files.flatMap((file) => readRows(file, options));
  if (options.probe !== undefined) rows.push(...(await probeRuns(options)));
  const { engines, leftOut } = fitAll(rows, options);
  // Where there are several files a line alone says nothing.
  const isOneFile = files.length === 1 && options.probe === undefined;
  for (const [reason, lines] of leftOut) {
    const first = isOneFile
      ? `, ${lines.length === 1 ? "in" : "the first in"} line ${lines.reduce((a, b) => Math.min(a, b))}`
      : "";
    say(`${lines.length} row(s) left out${first}: ${reason}`);
  }
  if (engines.length === 0) {
    throw new CommandFailure(
      exitCodes.invalid,
      `No row can be used${leftOut.size > 0 ? ", for the reasons above" : ""}. Known engines: ${Object.keys(engineProfiles).join(", ")} (of another, name in the rows the one it is most like, and its own with --id); chips and models are listed by disperse data list.`,
    );
  }
  writeResult(options.out, engineTable(engines));
  if (options.json) {
    const counts = Object.fromEntries(Array.from(leftOut, ([reason, lines]) => [reason, lines.length]));
    process.stdout.write(`${JSON.stringify({ engines, leftOut: counts, file: options.out })}\n`);
    return;
  }
  process.stdout.write(`${report(calibrationSections(engines), options.format)}\n`);
  const [first] = engines;
  process.stderr.write(
    `${options.out} written. A scenario names it with\n  engines: [{ file: ${options.out} }]\nand workloads use it with\n  engine: ${first!.id}\n`,
  );
}

function readRows(file: string, options: CalibrateOptions): MeasuredRow[] {
  const text = readText(file);
  const isResults = isLoadResults(text);
  const result = isResults ? readLoadResults(text, serverOf(file, options)) : readMeasuredRuns(text);
  if (!result.ok && isResults) {
    throw new CommandFailure(
      exitCodes.invalid,
      `${file}: ${result.message}. Expected what vllm bench serve or sglang.bench_serving write, one JSON object per run.`,
    );
  }
  if (!result.ok) {
    throw new CommandFailure(
      exitCodes.invalid,
      `${file}: ${result.message}. Expected the columns engine,accelerator,tensorParallel,model,precision,inputTokens,outputTokens,concurrency,ttftMs,tpotMs, or the published form of AIConfigurator.`,
    );
  }
  if (result.otherModes > 0) {
    process.stderr.write(`${file}: ${result.otherModes} row(s) of other modes than one engine are not looked at\n`);
  }
  return [...result.rows];
}

/** The server that results of a load generator come from. */
function serverOf(file: string, options: CalibrateOptions): LoadedServer {
  const { engine, tensorParallel, catalogModel = null, precision } = options;
  const accelerator = checkServer(options, `${file} holds results of a load generator, which do not tell`);
  const precisionOf = (model: string) => precision ?? weightFormatOf(model);
  return { engine, accelerator, tensorParallel, model: catalogModel, precisionOf };
}

/** One fit per engine and class of chips, in the order of their names. */
function fitAll(
  rows: readonly MeasuredRow[],
  options: CalibrateOptions,
): { readonly engines: readonly CalibratedEngine[]; readonly leftOut: Map<string, number[]> } {
  const leftOut = new Map<string, number[]>();
  const leave = (reason: string, lines: readonly number[]): void => {
    const before = leftOut.get(reason);
    if (before === undefined) leftOut.set(reason, [...lines]);
    else for (const line of lines) before.push(line);
  };
  const classOf = (row: MeasuredRow): string => {
    const engine = engineNamed(row.engine)?.id ?? row.engine;
    const chip = row.spec?.accelerator;
    if (chip === undefined || options.per === "engine") return `${engine}-own`;
    return options.per === "accelerator" ? `${engine}-${chip.id}` : `${engine}-${chip.generation}`;
  };
  const usable = rows.filter((row) => row.spec !== null);
  for (const row of rows) if (row.spec === null) leave(row.problem!, [row.line]);
  const groups = [...Map.groupBy(usable, classOf)].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const engines: CalibratedEngine[] = [];
  const progress = new ProgressLine();
  for (const [name, group] of groups) {
    const { runs: measured, leftOut: odd } = usableRuns(group);
    for (const [reason, lines] of odd) leave(reason, lines);
    if (measured.length === 0) continue;
    const runs = withoutRepeats(measured);
    if (runs.length < measured.length) {
      say(
        `${name}: ${measured.length} runs of ${runs.length} set-up(s); each counts once, with the median of its times`,
      );
    }
    if (runs.length >= manyRuns)
      progress.show(`fitting ${name} to ${runs.length} runs (${engines.length + 1} of ${groups.length})`);
    const base = engineNamed(group[0]!.engine)!;
    const generation = options.per === "engine" ? "" : runs[0]!.spec.accelerator.generation;
    const expected = coefficientsOf({ ...base, ...base.byGeneration?.[generation] });
    const isRated = runs.every(({ spec }) => hasMeasuredRates(spec));
    const expectedBand = isRated ? engineCalibration[base.id]?.heldOutP90Error : undefined;
    const calibration: Calibration = calibrate(runs, expected, expectedBand);
    const id = options.id === undefined ? name : groups.length === 1 ? options.id : `${options.id}-${name}`;
    const pairs = runs.map(({ spec }) => `${spec.accelerator.id}/${spec.model.id}`);
    engines.push({ id, like: base.id, calibration, measuredOn: [...new Set(pairs)].toSorted() });
    for (const doubt of doubtsAbout(calibration, runs, base.id)) say(`${id}: ${doubt}`);
  }
  progress.finish();
  return { engines, leftOut };
}

/** What whoever is about to plan with such coefficients should know first. */
function doubtsAbout(
  { expectationRatio, bandRatio }: Calibration,
  runs: readonly MeasuredRun[],
  like: string,
): string[] {
  const factor = Math.max(expectationRatio, 1 / expectationRatio);
  const doubts: string[] = [];
  if (factor > otherUnits) {
    const way = expectationRatio > 1 ? "longer" : "shorter";
    doubts.push(
      `times are ${Number(factor.toPrecision(2))} times ${way} than the catalogue's ${like} takes: are ttftMs and tpotMs in milliseconds?`,
    );
  }
  if (runs.length < fewRuns) {
    doubts.push(
      `${runs.length} run(s) say little; what they leave open stays as in the catalogue (band ${percent(bandRatio)})`,
    );
  }
  const levels = new Set(runs.map((run) => run.concurrency));
  if (levels.size === 1 && runs.length > 1) {
    doubts.push(
      `all runs have ${runs[0]!.concurrency} in flight; how times grow with others stays as in the catalogue, and no error here tells of it`,
    );
  }
  const untimed = (time: "ttftMs" | "tpotMs") => runs.every((run) => run[time] === 0);
  if (untimed("tpotMs")) doubts.push("no run has a time per token; what only that shows stays as in the catalogue");
  if (untimed("ttftMs"))
    doubts.push("no run has a time to first token; the overhead of a request stays as in the catalogue");
  if (bandRatio > 1) {
    doubts.push(
      `one in ten times per token is missed by more than ${percent(bandRatio)}: the engine model does not explain these runs, so do not plan with it`,
    );
  }
  return doubts;
}

const say = (text: string): void => void process.stderr.write(`${text}\n`);

/** No two engines differ by more on the same chip; milliseconds and seconds or microseconds do. */
const otherUnits = 30;
/** From this number of runs on a fit takes a second or more. */
const manyRuns = 200;
/** Below this number of runs the coefficients are mostly those of the catalogue. */
const fewRuns = 12;
