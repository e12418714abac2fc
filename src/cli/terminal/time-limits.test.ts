import { expect, it } from "vitest";
import { timeLimitsOf } from "./time-limits.ts";

it("gives a whole request at least the time that a part of it may take, unless told how long", () => {
  const usual = { firstTokenTimeout: 60, answerTimeout: 600, idleTimeout: 30 };
  expect(timeLimitsOf(usual)).toEqual({
    firstTokenTimeoutMs: 60_000,
    wholeAnswerTimeoutMs: 600_000,
    idleTimeoutMs: 30_000,
    totalTimeoutMs: 900_000,
  });
  expect(timeLimitsOf({ ...usual, firstTokenTimeout: 1_200 }).totalTimeoutMs).toBe(1_200_000);
  expect(timeLimitsOf({ ...usual, requestTimeout: 45 }).totalTimeoutMs).toBe(45_000);
});
