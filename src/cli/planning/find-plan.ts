import { createHighsSolver } from "../../adapters/solver-highs/index.ts";
import {
  countingWork,
  planScenario,
  StoppedEarly,
  type PathTools,
  type PlanDocument,
  type SearchProgress,
  type Solver,
} from "../../plan/index.ts";
import { CommandFailure, exitCodes } from "../terminal/exit-codes.ts";
import { percent, usd } from "../terminal/figures.ts";
import { onInterrupt } from "../terminal/interrupts.ts";
import { ProgressLine } from "../terminal/progress-line.ts";
import type { LoadedWorld } from "../document/read-world.ts";

export interface FindPlanOptions {
  readonly gap: number;
  readonly timeLimit: number;
  readonly seed: number;
  readonly compare: boolean;
  /** Count work instead of time. */
  readonly repeatable?: boolean;
}

/** Plans with a progress line on stderr. The first Ctrl-C ends the search and keeps the best plan; a second one quits. */
export async function findPlan({ world, inputHash }: LoadedWorld, options: FindPlanOptions): Promise<PlanDocument> {
  const solver = createHighsSolver({ threads: 2 });
  const progress = new ProgressLine();
  let found = false;
  const stop = new AbortController();
  const deaf = onInterrupt(() => {
    progress.finish("stopping: keeping the best plan so far (Ctrl-C again to quit) …");
    stop.abort();
  });
  try {
    return await planScenario(
      world,
      {
        ...searchTools(solver, options),
        onProgress: (point) => {
          // The first plan is news, however soon after the last line.
          if (!found && Number.isFinite(point.incumbentUsd)) progress.finish();
          found ||= Number.isFinite(point.incumbentUsd);
          progress.show(progressText(point, world.periods.length > 1));
        },
      },
      {
        relativeGap: options.gap,
        timeLimitS: options.timeLimit,
        seed: options.seed,
        compare: options.compare,
        inputHash,
        signal: stop.signal,
      },
    );
  } catch (error) {
    throw inCommandsWords(error);
  } finally {
    progress.finish();
    deaf();
    await solver.close();
  }
}

/** What a search works with; its clock goes by work where the same answer is wanted everywhere. */
export function searchTools(solver: Solver, { repeatable }: { readonly repeatable?: boolean }): PathTools {
  const clocked = { solver, nowMs: () => performance.now(), breathe };
  return repeatable === true ? countingWork(clocked) : clocked;
}

/** What a command says where planning ended before there was a model; other errors are what they are. */
export function inCommandsWords(error: unknown): unknown {
  if (!(error instanceof StoppedEarly)) return error;
  const remedy = error.cancelled ? "" : "; give it longer (--time-limit), or plan fewer periods (--period)";
  return new CommandFailure(exitCodes.gapAboveTarget, `${error.message}${remedy}.`);
}

/** Lets signals and timers be heard in the middle of long work. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** What a search knows, on one line: cost per year, or the present cost of all years where several periods are planned. */
export function progressText(
  { seconds, incumbentUsd, boundUsd, stage }: SearchProgress,
  isPresentCost = false,
): string {
  const known = (value: number) => (Number.isFinite(value) ? `${usd(value)}${isPresentCost ? "" : "/year"}` : "–");
  const gap = (incumbentUsd - boundUsd) / Math.abs(incumbentUsd);
  const gapText = Number.isFinite(gap) ? percent(gap, 2) : "–";
  const stageText = stage === undefined ? "" : `  ${stage}`;
  if (![incumbentUsd, boundUsd].some(Number.isFinite)) return `planning  ${seconds.toFixed(0)} s${stageText}`;
  return `planning  incumbent ${known(incumbentUsd)}  bound ${known(boundUsd)}  gap ${gapText}  ${seconds.toFixed(0)} s${stageText}`;
}
