import { expect, it } from "vitest";
import { choiceOf, numberOf, UsageFault } from "./usage.ts";

it("takes numbers within their bounds, and says what is due instead of anything else", () => {
  expect([numberOf(undefined, "runs", 50), numberOf("7", "runs", 50)]).toEqual([50, 7]);
  expect(numberOf("0.01", "--gap", 0, { least: 0, most: 1, parts: true })).toBe(0.01);
  for (const text of ["", "x", "0", "-1", "1.5", "NaN", "1e99"])
    expect(() => numberOf(text, "runs", 50)).toThrow(`runs is a whole number from 1 on, not "${text}"`);
  expect(() => numberOf("2", "--gap", 0, { least: 0, most: 1, parts: true })).toThrow("--gap is a number from 0 to 1");
});

it("takes one of the words there are", () => {
  expect(choiceOf("cpu", "--clock", ["wall", "cpu"])).toBe("cpu");
  expect(() => choiceOf("sun", "--clock", ["wall", "cpu"])).toThrow(UsageFault);
});
