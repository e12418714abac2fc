import { describe, expect, it } from "vitest";
import type { GroupState } from "./mesh-state.ts";
import { readiness } from "./readiness.ts";

/** Engines as far as readiness looks at them. */
const engines = (value: number, silent = false) =>
  ({ health: { value }, isBusy: false, silent, drained: false, engine: {} }) as unknown as GroupState;

describe("a gateway", () => {
  it.each([
    ["whose engines are well", [engines(1)], 200, "ready"],
    ["that knows nothing of its engines now, for it may ask them", [engines(Number.NaN)], 200, "ready"],
    ["whose engines take nothing", [engines(0)], 503, "no engine"],
    ["whose engines answer nobody", [engines(0.05, true)], 503, "no engine answers"],
  ])("%s", (_which, groups, status, word) => {
    expect(readiness(groups, [], false, null, 0)).toEqual({ status, body: { status: word } });
  });
});
