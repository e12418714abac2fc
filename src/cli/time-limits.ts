import type { GatewayOptions } from "../serve/index.ts";

/** Seconds, as the options of `serve` give them. */
export interface TimeLimitOptions {
  readonly firstTokenTimeout: number;
  readonly answerTimeout: number;
  readonly idleTimeout: number;
  readonly requestTimeout: number;
}

export type TimeLimits = Pick<
  GatewayOptions,
  "firstTokenTimeoutMs" | "wholeAnswerTimeoutMs" | "idleTimeoutMs" | "totalTimeoutMs"
>;

/** A part of a request may take no longer than the whole, so whoever asks for more of the one gets more of the other. */
export function timeLimitsOf(options: TimeLimitOptions): TimeLimits {
  const { firstTokenTimeout, answerTimeout, idleTimeout, requestTimeout } = options;
  return {
    firstTokenTimeoutMs: firstTokenTimeout * 1_000,
    wholeAnswerTimeoutMs: answerTimeout * 1_000,
    idleTimeoutMs: idleTimeout * 1_000,
    totalTimeoutMs: Math.max(requestTimeout, firstTokenTimeout, answerTimeout) * 1_000,
  };
}
