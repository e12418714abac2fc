import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { poissonCrowd, sharingOf, type Stream } from "./shared-load.ts";

const stream: Stream = {
  requestsPerS: 4,
  batch: 12,
  elasticity: 0.2,
  stepMs: 25,
  promptMs: 60,
  promptCv: 0.8,
  lifeMs: 3000,
};
const peers = { engines: 8, groups: 1, reportMs: 250 };

describe("what dividing requests by reported load leaves to one engine", () => {
  it("is a Poisson stream for an engine that nobody stands beside", () => {
    const { expected, least, most } = sharingOf(stream, { ...peers, engines: 1 });
    expect(expected).toEqual({ crowd: poissonCrowd(0.2), met: 1, metMean: 1, metSquare: 1 });
    expect([least, most]).toEqual([expected, expected]);
  });

  it("is fewer prompts met, and shorter ones, and smaller crowds, the fresher the reports are", () => {
    const at = [0, 100, 400, 1600].map((reportMs) => sharingOf(stream, { ...peers, reportMs }).expected);
    for (const [i, { crowd, met }] of at.slice(1).entries()) {
      expect(crowd).toBeGreaterThan(at[i]!.crowd);
      expect(met).toBeGreaterThan(at[i]!.met);
    }
    expect(at[0]!.met).toBeLessThan(0.5);
    expect(at[1]!.metMean).toBeLessThan(1);
    expect(at[1]!.metSquare).toBeLessThan(at[1]!.metMean);
    expect(at[3]!.crowd).toBeLessThan(poissonCrowd(0.2));
  });

  it("is close to what was counted in simulated engines: the crowds of two, of five and of twenty", () => {
    // Sequences of Llama 3.1 8B on L40S and H100 and Qwen3 32B on L40S, counted in the simulator without reports' delay.
    const crowdOf = (batch: number, engines: number) =>
      sharingOf({ ...stream, batch, elasticity: 0.08, requestsPerS: 0.1 }, { engines, groups: 1, reportMs: 0 }).expected
        .crowd;
    for (const [batch, engines, counted] of [
      [7.8, 5, 0.46],
      [3, 2, 0.67],
      [0.3, 20, 0.81],
    ] as const) {
      expect(Math.abs(crowdOf(batch, engines) - counted)).toBeLessThan(0.08);
    }
  });

  it("lies between its limits, never NaN, whatever the engine", () => {
    const positive = (most: number) => fc.double({ min: 0, max: most, noNaN: true });
    fc.assert(
      fc.property(
        fc.record({
          requestsPerS: positive(500),
          batch: positive(500),
          elasticity: positive(1),
          stepMs: fc.double({ min: 0.5, max: 500, noNaN: true }),
          promptMs: positive(5000),
          promptCv: positive(3),
          lifeMs: positive(1e5),
        }),
        fc.record({
          engines: fc.integer({ min: 1, max: 500 }),
          groups: fc.double({ min: 1, max: 100, noNaN: true }),
          reportMs: positive(5000),
        }),
        (any, among) => {
          const { expected, least, most } = sharingOf(any, among);
          for (const sharing of [expected, least, most]) {
            for (const value of Object.values(sharing)) expect(value).toBeGreaterThanOrEqual(0);
          }
          expect(least.crowd).toBeLessThanOrEqual(expected.crowd + 1e-9);
          expect(most.crowd).toBeGreaterThanOrEqual(expected.crowd - 1e-9);
          expect(least.met).toBeLessThanOrEqual(expected.met + 1e-9);
          expect(most.met).toBeGreaterThanOrEqual(expected.met - 1e-9);
        },
      ),
      // One engine among several places, and many requests within an interval.
      {
        examples: [
          [
            { ...stream, requestsPerS: 200, batch: 0, promptMs: 0 },
            { engines: 1, groups: 2, reportMs: 500 },
          ],
        ],
      },
    );
  });
});
