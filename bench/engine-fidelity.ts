/**
 * Predicts measured runs with the catalogue's engine profiles: `npm run -s bench -- engine-fidelity CSV`. Prints rows and
 * errors per engine, chip and model, then over all; nothing is fitted on the file. What the catalogue does not know is
 * reported with its row count.
 */
import {
  closedLoop,
  compileReplica,
  contradictions,
  fit,
  predictionClass,
  type MeasuredRow,
  type PredictionClass,
} from "../src/perf/index.ts";
import { quantile } from "./engine-fit.ts";
import { readRuns, refuse } from "./measured-runs.ts";

/**
 * Time of a request outside the steps as clients of these benchmarks saw it, ms: the engine's own, HTTP, the Python server,
 * the client. Own fit to the published sample with the catalogue's profiles, by engine, and by generation of chips or release
 * where those differ; a property of how the rows were taken, so it stands here in place of the profile's own figure.
 * Rows of vLLM without a release are from 2025.
 */
const seenOverheadMs: Readonly<Record<string, number>> = {
  vllm: 98,
  "vllm hopper": 28,
  "vllm from 0.19 on": 41,
  trtllm: 46.1,
  sglang: 70.3,
  "sglang blackwell": 87.4,
  // What the common cost per layer and prompt leaves nothing of.
  "sglang blackwell-ultra": 0,
};

/** Releases of vLLM, and what was built towards them, whose first tokens come 50 ms sooner than those before. */
function isQuickRelease(release: string): boolean {
  const [, major, minor] = /^v?(\d+)\.(\d+)/.exec(release) ?? [];
  return major === undefined ? release.startsWith("nightly") : Number(major) > 0 || Number(minor) >= 19;
}

/** Lines of a problem that are named; the others are counted. */
const mostLines = 10;

interface Outcome {
  readonly run: MeasuredRow;
  /** NaN where the row does not have that time. */
  readonly tpotError: number;
  readonly ttftError: number;
  readonly known: PredictionClass;
}

/** Null where there is nothing to take a quantile of. */
const round = (value: number) => (Number.isFinite(value) ? Number(value.toFixed(4)) : null);

function errorsOf(outcomes: readonly Outcome[]): object {
  const known = (errors: readonly number[]) => errors.filter((error) => !Number.isNaN(error));
  const tpot = known(outcomes.map((outcome) => Math.abs(outcome.tpotError)));
  const ttft = known(outcomes.map((outcome) => Math.abs(outcome.ttftError)));
  return {
    rows: outcomes.length,
    tpotMedianError: round(quantile(tpot, 0.5)),
    tpotP90Error: round(quantile(tpot, 0.9)),
    tpotBias: round(quantile(known(outcomes.map((outcome) => outcome.tpotError)), 0.5)),
    ttftMedianError: round(quantile(ttft, 0.5)),
    ttftP90Error: round(quantile(ttft, 0.9)),
  };
}

export function run(args: string[]): Promise<void> {
  const [path] = args;
  if (path === undefined) return refuse("usage: engine-fidelity CSV, a file of measured runs");
  const outcomes: Outcome[] = [];
  const problems = new Map<string, number[]>();
  const report = (problem: string, line: number) => problems.set(problem, [...(problems.get(problem) ?? []), line]);
  const { rows, otherModes } = readRuns(path);
  for (const entry of rows) {
    if (entry.spec === null) {
      report(entry.problem!, entry.line);
      continue;
    }
    const { engine, accelerator } = entry.spec;
    const requestOverheadMs =
      seenOverheadMs[`${engine.id} ${accelerator.generation}`] ??
      seenOverheadMs[engine.id === "vllm" && isQuickRelease(entry.release) ? "vllm from 0.19 on" : engine.id] ??
      engine.requestOverheadMs;
    const replica = compileReplica({ ...entry.spec, engine: { ...engine, requestOverheadMs } });
    const point =
      replica && closedLoop(replica, entry.inputTokens, entry.outputTokens, entry.concurrency, entry.protocol);
    if (!replica || !point) {
      const memory = fit(entry.spec);
      report(`does not fit: ${memory.ok ? "one request exceeds the cache" : memory.reason}`, entry.line);
      continue;
    }
    outcomes.push({
      run: entry,
      tpotError: entry.tpotMs > 0 ? point.tpotMs / entry.tpotMs - 1 : Number.NaN,
      ttftError: entry.ttftMs > 0 ? point.ttftMs / entry.ttftMs - 1 : Number.NaN,
      known: predictionClass(replica),
    });
  }
  const groups = Map.groupBy(
    outcomes,
    ({ run: { engine, accelerator, model } }) => `${engine}\t${accelerator}\t${model}`,
  );
  for (const [key, group] of [...groups].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const [engine, chip, model] = key.split("\t");
    process.stdout.write(`${JSON.stringify({ engine, chip, model, ...errorsOf(group) })}\n`);
  }
  for (const [problem, lines] of problems) {
    const unpredicted = { unpredicted: problem, rows: lines.length, firstLines: lines.slice(0, mostLines) };
    process.stdout.write(`${JSON.stringify(unpredicted)}\n`);
  }
  for (const [engine, group] of Map.groupBy(outcomes, (outcome) => outcome.run.engine)) {
    process.stdout.write(`${JSON.stringify({ engine, ...errorsOf(group) })}\n`);
  }
  // Nine of ten times per token should lie within the band that a prediction comes with.
  const timed = outcomes.filter(({ tpotError }) => !Number.isNaN(tpotError));
  for (const [kind, group] of Map.groupBy(timed, (outcome) => outcome.known.kind)) {
    const within = group.filter(({ tpotError, known }) => Math.abs(tpotError) <= known.bandRatio).length;
    process.stdout.write(
      `${JSON.stringify({ known: kind, rows: group.length, withinBand: round(within / group.length) })}\n`,
    );
  }
  // Runs of one set-up whose times differ hide an option the file does not state, so that no model can be right on both.
  const contradicted = contradictions(outcomes.map((outcome) => outcome.run));
  const consistent = outcomes.filter((outcome) => !contradicted.has(outcome.run));
  process.stdout.write(
    `${JSON.stringify({ withoutContradictedSetups: true, contradictedRows: contradicted.size, ...errorsOf(consistent) })}\n`,
  );
  const notAggregated = { unpredicted: "not an aggregated run", rows: otherModes };
  if (otherModes > 0) process.stdout.write(`${JSON.stringify(notAggregated)}\n`);
  const skipped = problems.values().reduce((sum, lines) => sum + lines.length, 0);
  process.stdout.write(
    `${JSON.stringify({ all: true, unpredictedRows: skipped, otherModes, ...errorsOf(outcomes) })}\n`,
  );
  return Promise.resolve();
}
