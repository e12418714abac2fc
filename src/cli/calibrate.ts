import { engineProfiles } from "../catalog/index.ts";
import {
  calibrate,
  coefficientsOf,
  engineNamed,
  readMeasuredRuns,
  usableRuns,
  type Calibration,
  type MeasuredRow,
} from "../perf/index.ts";
import { calibrationSections, percent } from "./calibration-report.ts";
import { engineTable, type CalibratedEngine } from "./engine-table.ts";
import { CommandFailure, exitCodes } from "./exit-codes.ts";
import { probeRuns, type ProbeCliOptions } from "./probe-runs.ts";
import { readText } from "./read-plan.ts";
import { report, type ReportFormat } from "./report.ts";
import { writeFile } from "./write-file.ts";

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
  const rows = files.flatMap((file) => readRows(file));
  if (options.probe !== undefined) rows.push(...(await probeRuns(options)));
  const { engines, leftOut } = fitAll(rows, options);
  for (const [reason, count] of leftOut) process.stderr.write(`${count} row(s) left out: ${reason}\n`);
  if (engines.length === 0) {
    throw new CommandFailure(
      exitCodes.invalid,
      `No row can be used${leftOut.size > 0 ? ", for the reasons above" : ""}. Known engines: ${Object.keys(engineProfiles).join(", ")}; chips and models are listed by disperse data list.`,
    );
  }
  writeFile(options.out, engineTable(engines));
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ engines, leftOut: Object.fromEntries(leftOut), file: options.out })}\n`);
    return;
  }
  process.stdout.write(`${report(calibrationSections(engines), options.format)}\n`);
  const [first] = engines;
  process.stderr.write(
    `${options.out} written. A scenario names it with\n  engines: [{ file: ${options.out} }]\nand workloads use it with\n  engine: ${first!.id}\n`,
  );
}

function readRows(file: string): MeasuredRow[] {
  const result = readMeasuredRuns(readText(file));
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

/** One fit per engine and class of chips, in the order of their names. */
function fitAll(
  rows: readonly MeasuredRow[],
  options: CalibrateOptions,
): { readonly engines: readonly CalibratedEngine[]; readonly leftOut: Map<string, number> } {
  const leftOut = new Map<string, number>();
  const count = (reason: string, n: number) => leftOut.set(reason, (leftOut.get(reason) ?? 0) + n);
  const classOf = (row: MeasuredRow): string => {
    const engine = engineNamed(row.engine)?.id ?? row.engine;
    const chip = row.spec?.accelerator;
    if (chip === undefined || options.per === "engine") return `${engine}-own`;
    return options.per === "accelerator" ? `${engine}-${chip.id}` : `${engine}-${chip.generation}`;
  };
  const usable = rows.filter((row) => row.spec !== null);
  for (const row of rows) if (row.spec === null) count(row.problem!, 1);
  const groups = [...Map.groupBy(usable, classOf)].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const engines: CalibratedEngine[] = [];
  for (const [name, group] of groups) {
    const { runs, leftOut: odd } = usableRuns(group);
    for (const [reason, n] of odd) count(reason, n);
    if (runs.length === 0) continue;
    const base = engineNamed(group[0]!.engine)!;
    const generation = options.per === "engine" ? "" : runs[0]!.spec.accelerator.generation;
    const expected = coefficientsOf({ ...base, ...base.byGeneration?.[generation] });
    const calibration: Calibration = calibrate(runs, expected);
    const id = options.id === undefined ? name : groups.length === 1 ? options.id : `${options.id}-${name}`;
    const pairs = runs.map(({ spec }) => `${spec.accelerator.id}/${spec.model.id}`);
    engines.push({ id, like: base.id, calibration, measuredOn: [...new Set(pairs)].toSorted() });
    if (runs.length < fewRuns) {
      process.stderr.write(
        `${id}: ${runs.length} run(s) say little; what they leave open stays as in the catalogue (band ${percent(calibration.bandRatio)})\n`,
      );
    }
  }
  return { engines, leftOut };
}

/** Below this number of runs the coefficients are mostly those of the catalogue. */
const fewRuns = 12;
