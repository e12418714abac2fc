import { probeServer, ProbeRefused, type ProbeOutcome } from "../../adapters/probe-openai/index.ts";
import { modelNamed, readMeasuredRuns, weightFormatOf, type MeasuredRow } from "../../perf/index.ts";
import { checkServer, knownModels, refuse, type ServerOptions } from "./server-options.ts";
import { onInterrupt } from "../terminal/interrupts.ts";
import { ProgressLine } from "../terminal/progress-line.ts";
import { writeResult } from "../terminal/write-file.ts";

export interface ProbeCliOptions extends ServerOptions {
  readonly probe?: string;
  readonly model?: string;
  readonly keyEnv?: string;
  readonly concurrency: readonly number[];
  readonly promptTokens: readonly number[];
  readonly outputTokens: number;
  readonly maxRequests: number;
  readonly timeLimit: number;
  readonly runsOut?: string;
}

/** Probes a live server and gives what was measured in the form of a file of runs. */
export async function probeRuns(options: ProbeCliOptions): Promise<MeasuredRow[]> {
  const accelerator = checkServer(options, "the server does not tell");
  const outcome = await probe(options, (model) => {
    if (modelNamed(options.catalogModel ?? model) !== null) return;
    throw refuse(
      `The server calls its model "${model}", which the catalogue does not know. Say which it is with --catalog-model. ${knownModels}`,
    );
  });
  const name = options.catalogModel ?? outcome.model;
  const precision = options.precision ?? weightFormatOf(outcome.model);
  const lines = outcome.cells.map((cell) =>
    [
      options.engine,
      accelerator,
      options.tensorParallel,
      `"${name.replaceAll('"', '""')}"`,
      precision,
      cell.inputTokens,
      cell.outputTokens,
      cell.concurrency,
      Number(cell.ttftMs.toPrecision(6)),
      Number(cell.tpotMs.toPrecision(6)),
    ].join(","),
  );
  const text = `${header}\n${lines.join("\n")}\n`;
  if (options.runsOut !== undefined) writeResult(options.runsOut, text);
  const read = readMeasuredRuns(text);
  return read.ok ? [...read.rows] : [];
}

const header = "engine,accelerator,tensorParallel,model,precision,inputTokens,outputTokens,concurrency,ttftMs,tpotMs";

const cutWords = {
  requests: "--max-requests allows no more",
  time: "--time-limit has passed",
  stopped: "stopped by the user",
  refused: "the server would not go on",
} as const;

async function probe(options: ProbeCliOptions, onModel: (model: string) => void): Promise<ProbeOutcome> {
  const url = parseUrl(options.probe!);
  const apiKey = options.keyEnv === undefined ? undefined : process.env[options.keyEnv];
  if (options.keyEnv !== undefined && !apiKey) throw refuse(`--key-env: ${options.keyEnv} is not set or empty.`);
  const progress = new ProgressLine();
  const stop = new AbortController();
  const forget = onInterrupt(() => stop.abort());
  try {
    const outcome = await probeServer({
      url,
      model: options.model ?? null,
      ...(apiKey !== undefined && { apiKey }),
      concurrencies: options.concurrency,
      promptTokens: options.promptTokens,
      outputTokens: options.outputTokens,
      maxRequests: options.maxRequests,
      timeLimitMs: options.timeLimit * 1000,
      signal: stop.signal,
      onModel,
      onProgress: (text) => progress.show(text),
    });
    const all = options.concurrency.length * options.promptTokens.length;
    const cut = outcome.cutShort === null ? "" : ` (${cutWords[outcome.cutShort]})`;
    progress.finish(`probe: ${outcome.cells.length} of ${all} points with ${outcome.requests} requests${cut}`);
    if (outcome.refusal !== null) process.stderr.write(`${outcome.refusal}\n`);
    if (outcome.cells.length === 0) throw refuse("The probe measured nothing: raise --max-requests or --time-limit.");
    return outcome;
  } catch (error) {
    progress.finish();
    if (error instanceof ProbeRefused) throw refuse(error.message);
    if (stop.signal.aborted) throw refuse("Stopped before anything was measured.");
    throw error;
  } finally {
    forget();
  }
}

function parseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !["http:", "https:"].includes(url.protocol)) {
    throw refuse(`--probe: "${text}" is no address. Write for example http://127.0.0.1:8000.`);
  }
  if (url.username !== "" || url.password !== "")
    throw refuse("--probe: give the key with --key-env, not in the address.");
  return url.href;
}
