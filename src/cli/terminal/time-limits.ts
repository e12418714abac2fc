import { defaultOptions, type GatewayOptions } from "../../serve/index.ts";

/** Seconds, as the options of `serve` give them. */
export interface TimeLimitOptions {
  readonly firstTokenTimeout: number;
  readonly answerTimeout: number;
  readonly idleTimeout: number;
  /** Whatever its parts may take, and the usual time at least, when left out. */
  readonly requestTimeout?: number;
}

export type TimeLimits = Pick<
  GatewayOptions,
  "firstTokenTimeoutMs" | "wholeAnswerTimeoutMs" | "idleTimeoutMs" | "totalTimeoutMs"
>;

/**
 * A part of a request may take no longer than the whole: who says how long that may take is taken at their word, and who
 * asks for more of a part alone gets more of the whole.
 */
export function timeLimitsOf(options: TimeLimitOptions): TimeLimits {
  const { firstTokenTimeout, answerTimeout, idleTimeout, requestTimeout } = options;
  return {
    firstTokenTimeoutMs: firstTokenTimeout * 1_000,
    wholeAnswerTimeoutMs: answerTimeout * 1_000,
    idleTimeoutMs: idleTimeout * 1_000,
    totalTimeoutMs:
      requestTimeout === undefined
        ? Math.max(defaultOptions.totalTimeoutMs, firstTokenTimeout * 1_000, answerTimeout * 1_000)
        : requestTimeout * 1_000,
  };
}
