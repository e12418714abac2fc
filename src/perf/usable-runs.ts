import { closedLoop } from "./closed-loop.ts";
import type { MeasuredRun } from "./fit-coefficients.ts";
import { fit } from "./memory.ts";
import type { MeasuredRow } from "./read-measured-runs.ts";
import { compileReplica } from "./compile-replica.ts";

/** Runs of one set-up whose times differ by more than this were not run alike (drafts of a small model, other versions). */
const alikeRatio = 1.15;

/** The rows that another row of the same set-up contradicts: they hide an option the file does not state. */
export function contradictions(rows: readonly MeasuredRow[]): ReadonlySet<MeasuredRow> {
  const groups = Map.groupBy(rows, (row) =>
    [
      row.engine,
      row.accelerator,
      row.model,
      row.spec?.tensorParallel,
      row.spec?.attentionDataParallel,
      row.spec?.weightPrecision,
      row.spec?.engine.speculative?.draftTokens,
      row.inputTokens,
      row.outputTokens,
      row.concurrency,
    ].join(),
  );
  const found = new Set<MeasuredRow>();
  for (const group of groups.values()) {
    const times = group.map((row) => row.tpotMs).filter((ms) => ms > 0);
    if (Math.max(...times) > Math.min(...times) * alikeRatio) for (const row of group) found.add(row);
  }
  return found;
}

export interface UsableRuns {
  readonly runs: readonly MeasuredRun[];
  /** Rows left out by reason: their lines in the file. */
  readonly leftOut: ReadonlyMap<string, readonly number[]>;
}

/**
 * The rows a fit can learn from, and how many of the others were left out for which reason.
 *
 * @param isTtftSound false for rows whose time to first token must not be learnt from; their time per token still is.
 */
export function usableRuns(
  rows: readonly MeasuredRow[],
  isTtftSound: (row: MeasuredRow) => boolean = () => true,
): UsableRuns {
  const contradicted = contradictions(rows.filter((row) => row.spec !== null));
  const leftOut = new Map<string, number[]>();
  const runs: MeasuredRun[] = [];
  for (const row of rows) {
    const run = runOf(row, contradicted, isTtftSound);
    if (typeof run !== "string") {
      runs.push(run);
      continue;
    }
    const lines = leftOut.get(run);
    if (lines === undefined) leftOut.set(run, [row.line]);
    else lines.push(row.line);
  }
  return { runs, leftOut };
}

function runOf(
  row: MeasuredRow,
  contradicted: ReadonlySet<MeasuredRow>,
  isTtftSound: (row: MeasuredRow) => boolean,
): MeasuredRun | string {
  const { spec, inputTokens, outputTokens, concurrency, tpotMs, release, protocol } = row;
  if (spec === null) return row.problem!;
  if (contradicted.has(row)) return "another row of the same set-up differs by more than 15 %";
  const replica = compileReplica(spec);
  if (!replica) {
    const memory = fit(spec);
    return `does not fit: ${memory.ok ? "" : memory.reason}`;
  }
  if (!closedLoop(replica, inputTokens, outputTokens, concurrency)) return "one request exceeds the cache";
  const ttftMs = isTtftSound(row) ? row.ttftMs : 0;
  return { spec, inputTokens, outputTokens, concurrency, tpotMs, ttftMs, ...(release !== "" && { release }), protocol };
}
