import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { aggregateFlows, type PlaneFlow } from "./flow-arcs.ts";

const flow: fc.Arbitrary<PlaneFlow> = fc.record({
  fromX: fc.double({ min: -500, max: 500, noNaN: true }),
  fromY: fc.double({ min: -240, max: 240, noNaN: true }),
  toX: fc.double({ min: -500, max: 500, noNaN: true }),
  toY: fc.double({ min: -240, max: 240, noNaN: true }),
  tier: fc.constantFrom("core", "regional", "edge"),
  weight: fc.double({ min: 0.001, max: 1e4, noNaN: true }),
});

const weightOf = (flows: readonly PlaneFlow[]) => flows.reduce((sum, { weight }) => sum + weight, 0);

describe("merging flows into arcs", () => {
  it("never draws more arcs than allowed and loses no traffic", () => {
    fc.assert(
      fc.property(fc.array(flow, { maxLength: 120 }), fc.integer({ min: 3, max: 40 }), (flows, limit) => {
        const arcs = aggregateFlows(flows, limit);
        expect(arcs.length).toBeLessThanOrEqual(limit);
        expect(weightOf(arcs)).toBeCloseTo(weightOf(flows), 3);
      }),
    );
  });

  it("leaves few flows as they are, heaviest last", () => {
    const flows: PlaneFlow[] = [
      { fromX: 0, fromY: 0, toX: 10, toY: 0, tier: "core", weight: 5 },
      { fromX: 1, fromY: 0, toX: 10, toY: 0, tier: "core", weight: 2 },
    ];
    expect(aggregateFlows(flows, 300).map((arc) => [arc.fromX, arc.weight])).toEqual([
      [1, 2],
      [0, 5],
    ]);
  });

  it("never merges flows to different tiers", () => {
    const flows = (["core", "regional", "edge"] as const).map((tier): PlaneFlow => ({
      fromX: 0,
      fromY: 0,
      toX: 1,
      toY: 1,
      tier,
      weight: 1,
    }));
    expect(new Set(aggregateFlows(flows, 3, 1000).map(({ tier }) => tier)).size).toBe(3);
  });
});
