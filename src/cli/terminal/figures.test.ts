import { expect, it } from "vitest";
import { span } from "./figures.ts";

it("tells a span of time in whole years or else in months", () => {
  expect([1, 2, 1 / 12, 0.5, 1.5, 0.3].map(span)).toEqual([
    "1 year",
    "2 years",
    "1 month",
    "6 months",
    "18 months",
    "0.300 years",
  ]);
});
