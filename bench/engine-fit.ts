/**
 * Fits the coefficients of an engine profile on measured runs: `npm run -s bench -- engine-fit CSV`. Prints one JSON object
 * per engine with the coefficients, the error in sample, and the error when a chip or a model is left out of the fit.
 *
 * The step time is linear in the coefficients, so each column is the step time with one coefficient at 1 and the others
 * at 0. Least absolute relative error by reweighted least squares; coefficients below 0 are dropped.
 */
import { closedLoop, compileReplica } from "../src/perf/index.ts";
import type { EngineProfile } from "../src/catalog/index.ts";
import { readEngineRuns, type EngineRun } from "./engine-runs.ts";

const terms = [
  "stepFixedMs",
  "stepPerLayerUs",
  "stepPerExpertLayerUs",
  "stepPerSequenceUs",
  "memoryCoefficient",
  "expertMemoryCoefficient",
  "computeCoefficient",
  "communicationCoefficient",
] as const;
type Coefficients = Record<(typeof terms)[number], number>;

const zero: Coefficients = {
  stepFixedMs: 0,
  stepPerLayerUs: 0,
  stepPerExpertLayerUs: 0,
  stepPerSequenceUs: 0,
  memoryCoefficient: 0,
  expertMemoryCoefficient: 0,
  computeCoefficient: 0,
  communicationCoefficient: 0,
};

function predict(entry: EngineRun, coefficients: Partial<Coefficients>, requestOverheadMs = 0) {
  const engine: EngineProfile = { ...entry.spec!.engine, ...coefficients, requestOverheadMs };
  const replica = compileReplica({ ...entry.spec!, engine });
  return replica && closedLoop(replica, entry.inputTokens, entry.outputTokens, entry.concurrency);
}

/** Runs of one set-up whose times differ by more than this were not entry alike (drafts of a small model, other versions). */
const alikeRatio = 1.15;

function usable(runs: readonly EngineRun[]): EngineRun[] {
  const known = runs.filter((entry) => entry.spec !== null && entry.tpotMs > 0 && predict(entry, zero) !== null);
  const alike = Map.groupBy(known, (entry) =>
    [
      entry.backend,
      entry.system,
      entry.modelPath,
      entry.layout,
      entry.spec!.weightPrecision,
      entry.inputTokens,
      entry.outputTokens,
      entry.concurrency,
    ].join(),
  );
  return (
    alike
      .values()
      .filter((group) => {
        const times = group.map((entry) => entry.tpotMs);
        return Math.max(...times) <= Math.min(...times) * alikeRatio;
      })
      .toArray()
      .flat()
      // Racks appear with layouts of their disaggregated runs; they say nothing about one engine.
      .filter((entry) => entry.spec!.tensorParallel <= 8)
  );
}

/** Weighted normal equations with the negative coefficients taken out one by one. */
function leastSquares(rows: readonly number[][], weights: readonly number[]): number[] {
  const width = rows[0]!.length;
  const active = new Set(rows[0]!.keys());
  for (;;) {
    const columns = [...active];
    const matrix = columns.map((a) =>
      columns.map(
        (b) => rows.reduce((sum, row, i) => sum + weights[i]! * row[a]! * row[b]!, 0) + (a === b ? 1e-12 : 0),
      ),
    );
    const right = columns.map((a) => rows.reduce((sum, row, i) => sum + weights[i]! * row[a]!, 0));
    const solution = solve(matrix, right);
    const worst = solution.reduce((at, value, i) => (value < (solution[at] ?? 0) ? i : at), -1);
    if (worst < 0 || solution[worst]! >= 0) {
      const full = Array.from({ length: width }, () => 0);
      for (const [i, column] of columns.entries()) full[column] = solution[i]!;
      return full;
    }
    active.delete(columns[worst]!);
  }
}

function solve(matrix: number[][], right: number[]): number[] {
  const n = right.length;
  const a = matrix.map((row, i) => [...row, right[i]!]);
  for (let pivot = 0; pivot < n; pivot++) {
    let best = pivot;
    for (let row = pivot; row < n; row++) if (Math.abs(a[row]![pivot]!) > Math.abs(a[best]![pivot]!)) best = row;
    [a[pivot], a[best]] = [a[best]!, a[pivot]!];
    for (let row = 0; row < n; row++) {
      if (row === pivot || a[pivot]![pivot] === 0) continue;
      const factor = a[row]![pivot]! / a[pivot]![pivot]!;
      for (let column = pivot; column <= n; column++) a[row]![column]! -= factor * a[pivot]![column]!;
    }
  }
  return a.map((row, i) => (row[i] === 0 ? 0 : row[n]! / row[i]!));
}

/**
 * What the rate coefficients are pulled towards, and how strongly (as a share of the rows). Kernels rarely beat or miss
 * their measured rate by much, and an engine measured on one model and one layout alone could not tell its memory from
 * its links.
 */
const prior: Partial<Coefficients> = {
  memoryCoefficient: 0.85,
  expertMemoryCoefficient: 0.85,
  computeCoefficient: 0.8,
  communicationCoefficient: 0.8,
};
const priorShare = 0.02;

/** Relative errors below this weigh alike; it keeps the reweighting from dividing by nothing. */
const errorFloor = 0.02;

function fitCoefficients(columns: readonly number[][]): number[] {
  const beliefs = terms.flatMap((term, i) => {
    const value = prior[term];
    return value === undefined ? [] : [terms.map((_, column) => (column === i ? 1 / value : 0))];
  });
  const beliefWeights = beliefs.map(() => (columns.length * priorShare) / errorFloor / 5);
  let weights = columns.map(() => 1);
  let solution: number[] = [];
  for (let round = 0; round < 40; round++) {
    solution = leastSquares([...columns, ...beliefs], [...weights, ...beliefWeights]);
    weights = columns.map((row) => 1 / Math.max(Math.abs(errorOf(row, solution)), errorFloor));
  }
  return solution;
}

const errorOf = (row: readonly number[], solution: readonly number[]) =>
  row.reduce((sum, value, i) => sum + value * solution[i]!, 0) - 1;

export function quantile(values: readonly number[], p: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))] ?? Number.NaN;
}

const summary = (errors: readonly number[]) => {
  const sizes = errors.map(Math.abs);
  return { rows: errors.length, median: round(quantile(sizes, 0.5)), p90: round(quantile(sizes, 0.9)) };
};
const round = (value: number) => Number(value.toPrecision(3));

/** The time outside the steps with the least absolute relative error of the time to first token. */
function fitOverhead(runs: readonly EngineRun[], coefficients: Coefficients): number {
  const points = runs.map((entry) => ({ measured: entry.ttftMs, model: predict(entry, coefficients)!.ttftMs }));
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let overhead = 0; overhead <= 200; overhead += 0.5) {
    const total = points.reduce((sum, { measured, model }) => sum + Math.abs((model + overhead) / measured - 1), 0);
    if (total < least) [best, least] = [overhead, total];
  }
  return best;
}

/**
 * Whether depths differ enough to tell a cost per step from a cost per layer. Where they do not, the cost is taken to be
 * per layer, as the launches are of which it consists.
 */
function isDepthVaried(runs: readonly EngineRun[]): boolean {
  const depths = runs.map((entry) => entry.spec!.model.layers);
  return Math.max(...depths) >= 2 * Math.min(...depths);
}

function fitEngine(backend: string, runs: readonly EngineRun[]): object {
  // One column per term: the step time it alone would give, as a share of the measured one.
  const columns = runs.map((entry) =>
    terms.map((term) =>
      term === "stepFixedMs" && !isDepthVaried(runs)
        ? 0
        : predict(entry, { ...zero, [term]: 1 })!.tpotMs / entry.tpotMs,
    ),
  );
  const solution = fitCoefficients(columns);
  const heldOut: Record<string, object> = {};
  for (const by of ["system", "modelPath"] as const) {
    for (const value of new Set(runs.map((entry) => entry[by]))) {
      const rest = columns.filter((_, i) => runs[i]![by] !== value);
      if (rest.length < 30) continue;
      const without = fitCoefficients(rest);
      heldOut[value] = summary(columns.filter((_, i) => runs[i]![by] === value).map((row) => errorOf(row, without)));
    }
  }
  const coefficients = Object.fromEntries(terms.map((term, i) => [term, round(solution[i]!)])) as Coefficients;
  const requestOverheadMs = round(fitOverhead(runs, coefficients));
  const ttft = runs.map((entry) => predict(entry, coefficients, requestOverheadMs)!.ttftMs / entry.ttftMs - 1);
  return {
    engine: backend,
    ...coefficients,
    requestOverheadMs,
    tpot: summary(columns.map((row) => errorOf(row, solution))),
    ttft: summary(ttft),
    heldOut,
  };
}

export function run(args: string[]): Promise<void> {
  const [path] = args;
  if (path === undefined) throw new Error("engine-fit needs the path of a CSV of measured runs");
  const runs = usable(readEngineRuns(path));
  for (const [backend, group] of Map.groupBy(runs, (row) => row.backend)) {
    process.stdout.write(`${JSON.stringify(fitEngine(backend, group))}\n`);
  }
  return Promise.resolve();
}
