import { existsSync, statSync } from "node:fs";
import {
  readClientProfiles,
  readRateCurve,
  readTraceFile,
  TraceFileError,
  TraceFormError,
} from "../../adapters/trace-file/index.ts";
import type { World } from "../../catalog/index.ts";
import type { TraceInput, TraceReport } from "../../simulate/index.ts";
import { CommandFailure, exitCodes } from "../terminal/exit-codes.ts";
import { fileFault } from "../terminal/file-errors.ts";
import { three } from "../terminal/figures.ts";
import { ProgressLine } from "../terminal/progress-line.ts";
import type { SimulationFlags } from "./simulation-flags.ts";
import { requireWorkloads } from "./simulation-settings.ts";

/** Where the requests of a workload come from; plain data, so that a worker thread can open the file itself. */
export interface TraceSpec {
  readonly path: string;
  /** Position in `World.workloads`. */
  readonly workload: number;
  readonly loop: boolean;
  readonly byTimeZone: boolean;
}

/** Traces that are open; `close` gives their temporary files back. */
export interface OpenTraces {
  readonly traces: readonly TraceInput[];
  close(): void;
}

/** Reads `--trace [workload=]file` and `--workload`. */
export function traceSpecs(flags: SimulationFlags, world: World): TraceSpec[] {
  if (flags.workload !== undefined && flags.trace.length !== 1) {
    throw new CommandFailure(exitCodes.invalid, "--workload says what a trace stands for: give one --trace with it.");
  }
  if (flags.workload !== undefined) requireWorkloads(world, [flags.workload], "--workload");
  for (const text of flags.trace) {
    // Of `chta=conv.csv` the part behind the sign is there and the whole is not: a workload was meant.
    const [name = "", ...rest] = text.split("=");
    if (rest.length > 0 && !existsSync(text) && existsSync(rest.join("="))) requireWorkloads(world, [name], "--trace");
  }
  return flags.trace.map((text) => {
    // A path may hold an equals sign; what stands before the first is a workload only if it is one.
    const [name = "", ...rest] = text.split("=");
    const named = rest.length > 0 ? world.workloads.findIndex((entry) => entry.id === name) : -1;
    const chosen = world.workloads.findIndex((entry) => entry.id === flags.workload);
    return {
      path: named >= 0 ? rest.join("=") : text,
      workload: Math.max(0, named >= 0 ? named : chosen),
      loop: flags.traceLoop ?? false,
      byTimeZone: flags.traceLocalTime ?? false,
    };
  });
}

/** Opens the traces. `say` hears of every rule that rows fell under, once per trace. */
export async function openTraces(specs: readonly TraceSpec[], say: (line: string) => void): Promise<OpenTraces> {
  const closers: (() => void)[] = [];
  const close = (): void => closers.forEach((closer) => closer());
  try {
    const traces: TraceInput[] = [];
    const twice = specs.find(({ workload }, index) => specs.findIndex((spec) => spec.workload === workload) < index);
    if (twice !== undefined) {
      throw new CommandFailure(
        exitCodes.invalid,
        `--trace: ${twice.path} stands for a workload that has a trace already; name another with --trace workload=file.`,
      );
    }
    for (const { path, ...mapping } of specs) {
      if (isStream(path)) {
        throw new CommandFailure(
          exitCodes.invalid,
          `--trace: ${path} is a pipe or a device, and a trace is read more than once: save it as a file.`,
        );
      }
      const source = isFolder(path)
        ? readClients(path, say)
        : (readRates(path, say) ?? (await readRequests(path, say, closers)));
      traces.push({ source, ...mapping });
    }
    return { traces, close };
  } catch (error) {
    close();
    throw error;
  }
}

function readClients(path: string, say: (line: string) => void): TraceInput["source"] {
  const { clients, problems } = readClientProfiles(path);
  for (const problem of problems) say(problem);
  if (clients.length === 0) {
    throw new CommandFailure(
      exitCodes.invalid,
      `--trace: ${path} holds no clients. A ServeGen folder has files chunk-N-trace.csv, and beside them chunk-N-dataset.json.`,
    );
  }
  return clients;
}

/** A table of rates over time; null when the file is none, or cannot be read: then the reader of requests says why. */
function readRates(path: string, say: (line: string) => void): TraceInput["source"] | null {
  let curve: ReturnType<typeof readRateCurve>;
  try {
    curve = readRateCurve(path);
  } catch {
    return null;
  }
  if (curve === null) return null;
  for (const problem of curve.problems) say(problem);
  if (curve.clients.length > 0) return curve.clients;
  throw new CommandFailure(exitCodes.invalid, `--trace: ${path} holds no rate above 0 at a time that can be read.`);
}

async function readRequests(
  path: string,
  say: (line: string) => void,
  closers: (() => void)[],
): Promise<TraceInput["source"]> {
  const progress = new ProgressLine();
  const beganMs = performance.now();
  let file: Awaited<ReturnType<typeof readTraceFile>>;
  try {
    file = await readTraceFile(path, {
      onProgress: (read, size) => {
        if (performance.now() - beganMs > quietMs)
          progress.show(`reading ${path}  ${three(read / 1e6)} of ${three(size / 1e6)} MB`);
      },
    });
  } catch (error) {
    if (error instanceof TraceFormError)
      throw new CommandFailure(exitCodes.invalid, `--trace: ${error.message} Unpack or convert it first.`);
    const why = error instanceof TraceFileError ? `${path} cannot be read: ${fileFault(error)}.` : String(error);
    throw new CommandFailure(exitCodes.invalid, `--trace: ${why}`);
  } finally {
    progress.finish();
  }
  closers.push(() => file.close());
  for (const line of problemLines(path, file.trace.report)) say(line);
  if (file.trace.count === 0) {
    throw new CommandFailure(
      exitCodes.invalid,
      `--trace: ${path} holds no usable request. Expected the columns TIMESTAMP,ContextTokens,GeneratedTokens, JSON lines with timestamp, input_length and output_length (of a list jq -c '.[]' makes them), or rates over time as hour_start_utc,requests_per_second. Times are dates like 2027-03-31T18:00:00Z or numbers.`,
    );
  }
  return file.trace;
}

/** What takes no longer than this needs no progress line. */
const quietMs = 1000;

/** What each trace stands for, and what part of it is simulated. */
export function traceNotes(
  { traces }: OpenTraces,
  specs: readonly TraceSpec[],
  world: World,
  durationS: number,
): string[] {
  const others = world.workloads.filter((_, index) => specs.every(({ workload }) => workload !== index));
  const follow = others.length === 0 ? "" : `; ${others.map(({ id }) => id).join(", ")} as the plan expects`;
  return traces.map(({ source }, index) => {
    const { path, workload, loop } = specs[index]!;
    const name = world.workloads[workload]!.id;
    if (!("lastMs" in source)) return `${path} says how many requests of ${name} come${follow}`;
    const [traceS, requests] = [source.lastMs / 1000, `${source.count} request${source.count === 1 ? "" : "s"}`];
    const minutes = (s: number): string => `${three(s / 60)} min`;
    const rest =
      traceS >= durationS
        ? `; ${minutes(durationS)} of it are simulated`
        : loop
          ? `, again and again for ${minutes(durationS)}`
          : `; then none come until ${minutes(durationS)} are over (--trace-loop begins it again)`;
    return `${path} stands for ${name}: ${requests} in ${minutes(traceS)}${rest}${follow}`;
  });
}

const done = { skipped: "left out", sorted: "put in order", kept: "kept" } as const;

function problemLines(path: string, { problems }: TraceReport): string[] {
  return problems.map(
    ({ rule, action, count, firstLine, example }) =>
      `${path}:${firstLine}: ${count} row(s) ${done[action]}: ${rule}, the first is ${JSON.stringify(example)}`,
  );
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

function isStream(path: string): boolean {
  try {
    const found = statSync(path);
    return !found.isFile() && !found.isDirectory();
  } catch {
    return false;
  }
}
