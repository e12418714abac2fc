import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deployEverywhere, worlds } from "../../../test/worlds/random-world.ts";
import { testSite, tinyWorld } from "../../../test/worlds/tiny-world.ts";
import type { Deployment } from "../../route/index.ts";
import type { Fault } from "../fault/fault.ts";
import { routingRules } from "../mesh/routing-rule.ts";
import { simulate } from "./simulate.ts";
import { Simulation } from "./simulation.ts";
import { completeOptions, type SimulationOptions } from "./simulation-options.ts";
import { parseCsvTrace } from "../trace/trace-csv.ts";
import { runs } from "../../../test/laws/runs.ts";

const minute = { durationS: 60, windowS: 10 };

const faults: fc.Arbitrary<Fault[]> = fc.array(
  fc
    .record({
      kind: fc.constantFrom("down", "drain", "slow", "stale", "crowd"),
      fromS: fc.integer({ min: 0, max: 70 }),
      lengthS: fc.option(fc.integer({ min: 1, max: 30 }), { nil: undefined }),
      site: fc.integer({ min: 0, max: 5 }),
      tier: fc.option(fc.constantFrom("edge", "core"), { nil: undefined }),
    })
    .map(({ kind, fromS, lengthS, site, tier }) => {
      const span = { fromS, ...(lengthS === undefined ? {} : { toS: fromS + lengthS }) };
      const where = tier === undefined ? { sites: [`site-${site}`] } : { tier };
      if (kind === "crowd") return { kind, areas: { areas: [`area-${site}`] }, factor: 4, ...span } as Fault;
      return { kind, where, ...(kind === "slow" ? { factor: 3 } : {}), ...span } as Fault;
    }),
  { maxLength: 5 },
);

const setups = fc.record({
  world: worlds,
  seed: fc.integer({ min: 0, max: 1000 }),
  faults,
  rule: fc.constantFrom(...routingRules),
  snapshotIntervalMs: fc.constantFrom(0, 100, 2000),
});

function run(
  world: Parameters<typeof deployEverywhere>[0],
  options: Partial<SimulationOptions>,
  deployment?: Deployment,
) {
  return simulate({ world, deployment: deployment ?? deployEverywhere(world), options: { ...minute, ...options } });
}

describe("simulate", () => {
  it("conserves requests whatever fails: each one sent is completed, rejected or in flight", () => {
    fc.assert(
      fc.property(setups, fc.double({ min: 0, max: 60_000, noNaN: true }), ({ world, ...options }, stopMs) => {
        const simulation = new Simulation({
          world,
          deployment: deployEverywhere(world),
          options: { ...minute, ...options },
        });
        for (const untilMs of [stopMs, 60_000]) {
          simulation.advance(untilMs);
          const { requests } = simulation.result();
          expect(requests.arrived).toBe(requests.completed + requests.rejected + requests.inFlight);
          expect(requests.arrived).toBe(simulation.requestsSent);
        }
        expect(simulation.result().requests.inFlight).toBe(0);
      }),
      { numRuns: runs(25) },
    );
  });

  it("never sends data where the law does not allow it, whatever fails", () => {
    fc.assert(
      fc.property(setups, ({ world, ...options }) => {
        expect(run(world, options).residencyViolations).toBe(0);
      }),
      { numRuns: runs(25) },
    );
  });

  it("gives the same result for the same seed, however it is sliced", () => {
    fc.assert(
      fc.property(setups, fc.integer({ min: 1, max: 40 }), ({ world, ...options }, slices) => {
        const input = { world, deployment: deployEverywhere(world), options: { ...minute, ...options } };
        const sliced = new Simulation(input);
        for (let slice = 1; slice <= slices; slice++) {
          sliced.advance((60_000 * slice) / slices);
          sliced.result();
        }
        const whole = new Simulation(input);
        whole.advance(60_000);
        expect(sliced.result()).toEqual(whole.result());
      }),
      { numRuns: runs(20) },
    );
  });

  it("never puts a number that is not one into a result", () => {
    fc.assert(
      fc.property(setups, ({ world, ...options }) => {
        const text = JSON.stringify(run(world, { ...options, byAreaHour: true }), (_, value: unknown) => {
          if (typeof value === "number") expect(Number.isFinite(value)).toBe(true);
          return value;
        });
        expect(text.length).toBeGreaterThan(0);
      }),
      { numRuns: runs(15) },
    );
  });

  it("sends as many requests as the demand says", () => {
    const world = tinyWorld();
    const { requests } = run(world, { demand: "peak", durationS: 600 });
    const expected = world.demand.reduce((sum, row) => sum + row.peakPerS[0]! * 600, 0);
    expect(Math.abs(requests.arrived - expected)).toBeLessThan(4 * Math.sqrt(expected));
  });

  it("produces only requests that meet their budget when it is generous and the mesh is quiet", () => {
    const world = tinyWorld();
    const relaxed = {
      ...world,
      workloads: world.workloads.map((workload) => ({ ...workload, ttft: { budgetMs: 5000, attainmentRatio: 0.95 } })),
    };
    const result = run(relaxed, { rateFactor: 0.1 });
    expect(result.requests.rejected).toBe(0);
    for (const workload of result.workloads) {
      if (workload.arrived > 0) expect(workload.ttftAttainmentRatio).toBeGreaterThan(0.99);
    }
  });

  it("counts what fails on the way as rejected with its reason", () => {
    const world = tinyWorld();
    const all: Fault = { kind: "down", where: {}, fromS: 30 };
    const result = run(world, { faults: [all] });
    const reasons = new Set(result.workloads.flatMap((workload) => workload.rejections.map((entry) => entry.reason)));
    expect(reasons.has("unhealthy")).toBe(true);
    expect(result.windows.at(-1)!.workloads.every((workload) => workload.completed === 0)).toBe(true);
  });

  it("serves again after a site has come back", () => {
    const world = tinyWorld();
    const result = run(world, { rateFactor: 0.3, faults: [{ kind: "down", where: {}, fromS: 10, toS: 20 }] });
    const last = result.windows.at(-1)!.workloads;
    const sum = (pick: (entry: (typeof last)[number]) => number) =>
      last.reduce((total, entry) => total + pick(entry), 0);
    expect(sum((entry) => entry.rejected)).toBe(0);
    expect(sum((entry) => entry.completed)).toBe(sum((entry) => entry.arrived));
  });

  it("sends nothing new to a draining site and finishes what it has", () => {
    const world = tinyWorld({
      sites: [testSite({ id: "one", tier: "regional" }), testSite({ id: "two", tier: "regional" })],
    });
    const result = run(world, { rateFactor: 0.3, faults: [{ kind: "drain", where: { sites: ["one"] }, fromS: 0 }] });
    expect(result.sites.find((site) => site.site === "one")!.completed).toBe(0);
    expect(result.requests.rejected).toBe(0);
  });

  it("replays a trace in place of a workload's random requests", () => {
    const world = tinyWorld();
    const rows = Array.from({ length: 50 }, (_, i) => `${i},${100 + i},5`);
    const trace = parseCsvTrace(`time,input_tokens,output_tokens\n${rows.join("\n")}\n`);
    const input = {
      world,
      deployment: deployEverywhere(world),
      options: minute,
      traces: [{ source: trace, workload: 0 }],
    };
    expect(simulate(input).workloads[0]!.arrived).toBe(50);
    const triple = simulate({ ...input, options: { ...minute, rateFactor: 3 } });
    expect(triple.workloads[0]!.arrived).toBe(150);
  });

  it("is slower on a slow site", () => {
    const world = tinyWorld();
    const slow = run(world, { faults: [{ kind: "slow", where: {}, factor: 5, fromS: 0 }] });
    const usual = run(world, {});
    expect(slow.workloads[0]!.tpotMs.mean!).toBeGreaterThan(3 * usual.workloads[0]!.tpotMs.mean!);
  });

  it("refuses options that make no sense, by name", () => {
    const bad: [Partial<SimulationOptions>, RegExp][] = [
      [{ durationS: 0 }, /durationS/],
      [{ rateFactor: Number.NaN }, /rateFactor/],
      [{ startHourUtc: 25 }, /startHourUtc/],
      [{ faults: [{ kind: "slow", where: {}, factor: 0, fromS: 0 }] }, /factor/],
      [{ faults: [{ kind: "down", where: {}, fromS: 5, toS: 5 }] }, /start/],
    ];
    for (const [options, message] of bad) expect(() => completeOptions(options)).toThrow(message);
  });
});
