/** Building the model that is solved: at full size it takes a minute, in which users see how far it is and may stop it. */
import { usualTimeLimitS, type PlanOptions, type PlanTools } from "./plan-options.ts";
import { takePauses, type Steps } from "./steps.ts";

/** Time that building gets, s, however short the limit: without a model there is no plan at all. */
const leastBuildingS = 10;

/** Planning ended before there was a model, so that there is no plan, not even a poor one. */
export class StoppedEarly extends Error {
  /** Whether somebody stopped it; otherwise its time was up. */
  readonly cancelled: boolean;

  constructor(where: string, cancelled: boolean) {
    super(`stopped while ${where}: there is no plan yet`);
    this.cancelled = cancelled;
  }
}

/** @throws StoppedEarly when time is up or the caller stops it. */
export function buildModel<T>(work: Steps<T>, tools: PlanTools, options: PlanOptions): Promise<T> {
  const startedMs = tools.nowMs();
  const limitS = Math.max(leastBuildingS, options.timeLimitS ?? usualTimeLimitS);
  const { finish } = takePauses(tools, (stage) => {
    const seconds = (tools.nowMs() - startedMs) / 1000;
    const cancelled = options.signal?.aborted === true;
    if (cancelled || seconds > limitS) throw new StoppedEarly(stage, cancelled);
    tools.onProgress?.({ seconds, incumbentUsd: Infinity, boundUsd: -Infinity, stage });
  });
  return finish(work);
}
