/**
 * Published location problems through the planner's own model and solver path.
 *
 *     npm run -s bench -- location [--gap 0] [--time-limit 60] [--seed 1] [--clock wall|cpu] FILE…
 *
 * `--clock cpu` counts processor time instead (of the main thread, or half that of all threads where that is more), for machines
 * that are busy with something else. Prints one JSON object per file: `{file, objective, bound, gap, seconds, status, method}`; a file that cannot be read gives
 * `{file, error}` and, in the end, exit code 3. Reads OR-Library CFLP (`cap*.txt`), TBED1
 * (`*.plc` or `*.plc.gz`) and OR-Library p-median (`pmed*.txt`).
 */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import { createHighsSolver } from "../src/adapters/solver-highs/index.ts";
import { processorMs } from "./processor-clock.ts";
import {
  LocationFileFault,
  LocationSizeFault,
  readMedian,
  readOrLibrary,
  readTestBed,
  usualReader,
  type LocationInstance,
} from "./location-files.ts";
import { solveServingEveryone } from "./serve-everyone.ts";
import { choiceOf, numberOf, UsageFault } from "./usage.ts";

function readInstance(path: string): LocationInstance {
  const text = readText(path);
  const name = basename(path)
    .replace(/\.gz$/, "")
    .replace(/\.(txt|plc)$/, "");
  const usual = /\.plc(\.gz)?$/.test(path)
    ? readTestBed
    : name.startsWith("pmed")
      ? readMedian
      : usualReader(name, text);
  // A file may have any name; how many numbers it holds tells what it is.
  let fault: LocationSizeFault | null = null;
  for (const read of [usual, ...[readOrLibrary, readMedian, readTestBed].filter((reader) => reader !== usual)]) {
    try {
      return read(name, text);
    } catch (error) {
      if (!(error instanceof LocationSizeFault)) throw error;
      fault ??= error;
    }
  }
  throw fault!;
}

function readText(path: string): string {
  try {
    const bytes = readFileSync(path);
    return (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
  } catch (error) {
    throw new LocationFileFault(`${path} cannot be read: ${(error as Error).message}`);
  }
}

export async function run(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      gap: { type: "string", default: "0" },
      "time-limit": { type: "string", default: "60" },
      seed: { type: "string", default: "1" },
      clock: { type: "string", default: "wall" },
      verbose: { type: "boolean", default: false },
    },
  });
  if (positionals.length === 0) throw new UsageFault("no file is named");
  const relativeGap = numberOf(values.gap, "--gap", 0, { least: 0, most: 1, parts: true });
  const timeLimitS = numberOf(values["time-limit"], "--time-limit (seconds)", 60, { least: 0.1, parts: true });
  const seed = numberOf(values.seed, "--seed", 1, { least: 0 });
  const clock =
    choiceOf(values.clock, "--clock", ["wall", "cpu"]) === "cpu" ? processorMs : (): number => performance.now();
  const solver = createHighsSolver({ threads: 2 });
  for (const file of positionals) {
    let problem: LocationInstance["problem"];
    try {
      problem = readInstance(file).problem;
    } catch (error) {
      if (!(error instanceof LocationFileFault)) throw error;
      process.stdout.write(`${JSON.stringify({ file, error: error.message })}\n`);
      process.exitCode = 3;
      continue;
    }
    const started = clock();
    const result = await solveServingEveryone(
      problem,
      { solver, nowMs: clock },
      {
        relativeGap,
        timeLimitS,
        seed,
        onProgress: (point) => {
          if (values.verbose) process.stderr.write(`${JSON.stringify(point)}\n`);
        },
      },
    );
    process.stdout.write(
      `${JSON.stringify({
        file,
        objective: result.objectiveUsd,
        bound: result.bestBoundUsd,
        gap: result.relativeGap,
        seconds: Number(((clock() - started) / 1000).toFixed(3)),
        status: result.status,
        method: result.method,
      })}\n`,
    );
  }
  await solver.close();
}
