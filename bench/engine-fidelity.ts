/**
 * Predicts measured runs with the catalogue's engine profiles: `npm run -s bench -- engine-fidelity CSV`. Prints rows and
 * errors per engine, chip and model, then over all; nothing is fitted on the file. What the catalogue does not know is
 * reported with its row count.
 */
import { closedLoop, compileReplica, fit } from "../src/perf/index.ts";
import { quantile } from "./engine-fit.ts";
import { readEngineRuns, type EngineRun } from "./engine-runs.ts";

/**
 * What the client of a benchmark sees beyond the engine's own overhead until the first token, ms: HTTP, the Python server,
 * the client itself, and whatever the engine's scheduler held back. Fitted once, by least absolute relative error, on the
 * published sample the profiles were fitted on; a property of how the rows were taken, so it is in no profile. The
 * rows of TensorRT-LLM and SGLang contradict themselves (the same prompt takes four times as long when the answer is
 * shorter), and no constant makes their first tokens predictable.
 */
const clientMs: Readonly<Record<string, number>> = { vllm: 35, trtllm: 108, sglang: 184 };

interface Outcome {
  readonly run: EngineRun;
  readonly tpotError: number;
  readonly ttftError: number;
}

const round = (value: number) => Number(value.toFixed(4));

function errorsOf(outcomes: readonly Outcome[]): object {
  const tpot = outcomes.map((outcome) => Math.abs(outcome.tpotError));
  const ttft = outcomes.map((outcome) => Math.abs(outcome.ttftError));
  return {
    rows: outcomes.length,
    tpotMedianError: round(quantile(tpot, 0.5)),
    tpotP90Error: round(quantile(tpot, 0.9)),
    tpotBias: round(
      quantile(
        outcomes.map((outcome) => outcome.tpotError),
        0.5,
      ),
    ),
    ttftMedianError: round(quantile(ttft, 0.5)),
    ttftP90Error: round(quantile(ttft, 0.9)),
  };
}

export function run(args: string[]): Promise<void> {
  const [path] = args;
  if (path === undefined) throw new Error("engine-fidelity needs the path of a CSV of measured runs");
  const outcomes: Outcome[] = [];
  const problems = new Map<string, number>();
  const report = (problem: string) => problems.set(problem, (problems.get(problem) ?? 0) + 1);
  for (const entry of readEngineRuns(path)) {
    if (entry.spec === null) {
      report(entry.problem!);
      continue;
    }
    if (!(entry.tpotMs > 0 && entry.ttftMs > 0 && entry.concurrency > 0 && entry.outputTokens > 0)) {
      report("a measured time or a count is missing or not positive");
      continue;
    }
    const replica = compileReplica(entry.spec);
    const point = replica && closedLoop(replica, entry.inputTokens, entry.outputTokens, entry.concurrency);
    if (!point) {
      const memory = fit(entry.spec);
      report(`does not fit: ${memory.ok ? "one request exceeds the cache" : memory.reason}`);
      continue;
    }
    outcomes.push({
      run: entry,
      tpotError: point.tpotMs / entry.tpotMs - 1,
      ttftError: (point.ttftMs + (clientMs[entry.backend] ?? 0)) / entry.ttftMs - 1,
    });
  }
  const groups = Map.groupBy(
    outcomes,
    ({ run: { backend, system, modelPath } }) => `${backend}\t${system}\t${modelPath}`,
  );
  for (const [key, group] of [...groups].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const [engine, chip, model] = key.split("\t");
    process.stdout.write(`${JSON.stringify({ engine, chip, model, ...errorsOf(group) })}\n`);
  }
  for (const [problem, rows] of problems) process.stdout.write(`${JSON.stringify({ unpredicted: problem, rows })}\n`);
  for (const [engine, group] of Map.groupBy(outcomes, (outcome) => outcome.run.backend)) {
    process.stdout.write(`${JSON.stringify({ engine, ...errorsOf(group) })}\n`);
  }
  const skipped = problems.values().reduce((sum, rows) => sum + rows, 0);
  process.stdout.write(`${JSON.stringify({ all: true, unpredictedRows: skipped, ...errorsOf(outcomes) })}\n`);
  return Promise.resolve();
}
