import { createHighsSolver } from "../../adapters/solver-highs/index.ts";
import { planScenario, StoppedEarly, type PlanWorld } from "../../plan/index.ts";
import { CommandFailure, exitCodes } from "../terminal/exit-codes.ts";
import { progressText, searchTools } from "./find-plan.ts";
import { onInterrupt } from "../terminal/interrupts.ts";
import { periodPosition } from "../document/period-option.ts";
import { ProgressLine } from "../terminal/progress-line.ts";

/** How hard to try for each of several plans. */
export interface SearchOptions {
  readonly gap: number;
  /** For each plan, s. */
  readonly timeLimit: number;
  readonly seed: number;
  /** Count work instead of time. */
  readonly repeatable?: boolean;
  /** Id of a period to plan as if it were the only one; all of them when left out. */
  readonly period?: string;
}

/**
 * Lends `work` a planner for several worlds, one after the other, with a progress line on stderr. Ctrl-C ends the search in
 * progress, whose best plan still counts, and lets no other begin; a second one quits. The command then ends with code 5.
 *
 * @param total How many plans are expected, for progress.
 */
export async function withPlanner<T>(
  options: SearchOptions,
  total: number,
  work: (planWorld: PlanWorld) => Promise<T>,
): Promise<T> {
  const solver = createHighsSolver({ threads: 2 });
  const progress = new ProgressLine();
  const stop = new AbortController();
  const deaf = onInterrupt(() => {
    progress.finish("stopping after this plan (Ctrl-C again to quit) …");
    stop.abort();
  });
  let count = 0;
  const planWorld: PlanWorld = (world, label) => {
    if (stop.signal.aborted) return Promise.resolve(null);
    const head = `${++count} of ${total}, ${label}: `;
    progress.show(`${head}preparing`);
    return planScenario(
      world,
      {
        // Each plan has a clock of its own, so that none depends on those before it.
        ...searchTools(solver, options),
        onProgress: (point) => progress.show(head + progressText(point)),
      },
      {
        relativeGap: options.gap,
        timeLimitS: options.timeLimit,
        seed: options.seed,
        compare: false,
        ...(options.period === undefined ? {} : { period: periodPosition(world, options.period) }),
        signal: stop.signal,
      },
    ).catch((error: unknown) => {
      // Stopped by the user before there was a plan: like one that was not begun.
      if (error instanceof StoppedEarly && error.cancelled) return null;
      if (error instanceof StoppedEarly) {
        throw new CommandFailure(
          exitCodes.gapAboveTarget,
          `${label}: ${error.message}; give it longer (--time-limit).`,
        );
      }
      throw error;
    });
  };
  try {
    const done = await work(planWorld);
    // What was not planned is missing in the report: no script should take it for whole.
    if (stop.signal.aborted) process.exitCode = exitCodes.gapAboveTarget;
    return done;
  } finally {
    progress.finish();
    deaf();
    await solver.close();
  }
}
