import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { testArea, testSite, tinyWorld } from "../../../test/worlds/tiny-world.ts";
import type { TokenLength } from "../../catalog/index.ts";
import type { Deployment } from "../../route/index.ts";
import type { RoutingRule } from "../mesh/routing-rule.ts";
import { simulate } from "./simulate.ts";
import { runs } from "../../../test/laws/runs.ts";

interface Load {
  readonly workload: 0 | 1;
  readonly requestsPerS: number;
  readonly requests: number;
  readonly replicas?: number;
  /** Sites with so many engines each, one as near as the other. */
  readonly sites?: number;
  readonly inputTokens?: TokenLength;
  readonly outputTokens?: TokenLength;
  readonly seed?: number;
  readonly rule?: RoutingRule;
}

/** Groups of engines for one workload at a steady rate, with a budget no queue exhausts; the first of them. */
function agreement({ workload, requestsPerS, requests, replicas = 1, sites = 1, seed, rule, ...lengths }: Load) {
  const { workloads } = tinyWorld();
  const ttft = { budgetMs: 20_000, attainmentRatio: 0.9 };
  const ids = Array.from({ length: sites }, (_, site) => `site-${site}`);
  const world = tinyWorld({
    areas: [testArea({ id: "area" })],
    sites: ids.map((id) => testSite({ id, tier: "regional" })),
    workloads: workloads.map((entry) => ({ ...entry, ttft, ...lengths })),
    demand: [{ area: 0, workload, access: 0, peakPerS: [requestsPerS], meanPerS: [requestsPerS] }],
  });
  const groups = [
    { workloads: [workload], tensorParallel: workload + 1, replicas, speedRatio: 1, plannedPerS: requestsPerS },
  ];
  const pool = { module: workload, count: replicas, trainingCount: 0, capacityUsdPerModuleS: 0, groups };
  const deployment: Deployment = { period: 0, flows: [], pools: ids.map((id, site) => ({ id, site, ...pool })) };
  const durationS = requests / requestsPerS;
  const options = { durationS, windowS: durationS, seed: seed ?? 1, rule: rule ?? "disperse" };
  return simulate({ world, deployment, options }).closedForms[0]!;
}

/** Chance moves a mean of tens of thousands of requests by 1 % now and then, and a 99th percentile by more. */
const chance = { mean: 0.01, tail: 0.03 };

function expectClaimsKept({
  tpot,
  ttftMean,
  e2eMean,
  ttftP99,
  e2eP99,
  noClaim,
  noTailClaim,
}: ReturnType<typeof agreement>) {
  if (noClaim === null) {
    for (const { relativeDifference } of [tpot, ttftMean, e2eMean]) {
      expect(Math.abs(relativeDifference)).toBeLessThan(0.03 + chance.mean);
    }
  }
  if (noTailClaim === null) {
    for (const time of [ttftP99, e2eP99]) expect(Math.abs(time!.relativeDifference)).toBeLessThan(0.1 + chance.tail);
  }
}

describe("the plan's engine model and the simulated engine (invariant 8)", () => {
  it("agree on means within 3 % for short requests and long ones, quiet and at a third of what the engine can carry", () => {
    // Tens of thousands of requests each: chance then moves a mean by less than 1 %.
    const cases = (
      [
        [0, 10],
        [0, 100],
        [1, 1],
        [1, 5],
      ] as const
    ).map(([workload, requestsPerS]) => agreement({ workload, requestsPerS, requests: 40_000 }));
    for (const { tpot, ttftMean, e2eMean } of cases) {
      for (const { relativeDifference } of [tpot, ttftMean, e2eMean]) {
        expect(Math.abs(relativeDifference)).toBeLessThan(0.03);
      }
    }
    for (const entry of cases) expectClaimsKept(entry);
    expect(cases.map(({ noTailClaim }) => noTailClaim === null)).toEqual([true, false, true, false]);
  });

  it("agree wherever the model claims it, whatever the lengths of requests, alone and with others beside", () => {
    const length = (least: number, most: number) =>
      fc.record({
        mean: fc.double({ min: Math.log(least), max: Math.log(most), noNaN: true }).map(Math.exp),
        cv: fc.double({ min: 0, max: 1.2, noNaN: true }),
      });
    const claims = { alone: 0, ofSeveral: 0 };
    // Lightly loaded engines, about which the model must say something, whatever chance brings beside them.
    const claimed = {
      workload: 0 as const,
      inputTokens: { mean: 300, cv: 0.5 },
      outputTokens: { mean: 150, cv: 0.5 },
      batch: 1,
      replicas: 1 as const,
      sites: 1 as const,
      seed: 1,
    };
    const claimedOfFour = { ...claimed, batch: 5, replicas: 4 as const };
    fc.assert(
      fc.property(
        fc.record({
          workload: fc.constantFrom(0 as const, 1 as const),
          inputTokens: length(50, 2000),
          outputTokens: length(60, 600),
          // Of the seats of the engine, about; how loaded that makes it follows from the lengths.
          batch: fc.double({ min: 0.3, max: 15, noNaN: true }),
          replicas: fc.constantFrom(1, 2, 4, 8),
          sites: fc.constantFrom(1, 1, 3),
          seed: fc.nat({ max: 1000 }),
        }),
        ({ batch, ...load }) => {
          const tpotMs = load.workload === 0 ? 3.5 : 10;
          const requestsPerS = (batch * load.replicas * load.sites * 1000) / tpotMs / load.outputTokens.mean;
          const entry = agreement({ ...load, requestsPerS, requests: 20_000 * load.sites });
          if (entry?.noClaim === null) claims[load.replicas * load.sites === 1 ? "alone" : "ofSeveral"]++;
          if (entry) expectClaimsKept(entry);
        },
      ),
      { numRuns: runs(8), endOnFailure: true, examples: [[claimed], [claimedOfFour]] },
    );
    expect(Math.min(claims.alone, claims.ofSeveral)).toBeGreaterThan(0);
  });

  it("claims what each of several engines does, of two as of eight, and keeps it", () => {
    for (const [replicas, requestsPerS] of [
      [2, 4],
      [8, 60],
    ] as const) {
      const entry = agreement({ workload: 0, requestsPerS, requests: 30_000, replicas });
      expect([entry.noClaim, entry.noTailClaim]).toEqual([null, null]);
      expectClaimsKept(entry);
    }
  });

  it("claims nothing of several engines where another rule than the policy's divides the requests", () => {
    const load = { workload: 0, requestsPerS: 20, requests: 3000, replicas: 4 } as const;
    expect(agreement(load).noClaim).toBeNull();
    expect(agreement({ ...load, rule: "round-robin" }).noClaim).toContain("another rule");
    expect(agreement({ ...load, replicas: 1, requestsPerS: 20, rule: "round-robin" }).noClaim).toBeNull();
  });

  it("claims the means of workloads that share their engines, and keeps them", () => {
    const { workloads } = tinyWorld();
    const ttft = { budgetMs: 20_000, attainmentRatio: 0.9 };
    const world = tinyWorld({
      areas: [testArea({ id: "area" })],
      sites: [testSite({ id: "site", tier: "regional" })],
      workloads: [
        { ...workloads[0]!, ttft },
        { ...workloads[0]!, id: "short", ttft, outputTokens: { mean: 60, cv: 0.5 } },
      ],
      demand: [0, 1].map((workload) => ({ area: 0, workload, access: 0, peakPerS: [15], meanPerS: [15] })),
    });
    const group = { workloads: [0, 1], tensorParallel: 1, replicas: 3, speedRatio: 1, plannedPerS: 30 };
    const pool = {
      id: "pool",
      site: 0,
      module: 0,
      count: 3,
      trainingCount: 0,
      capacityUsdPerModuleS: 0,
      groups: [group],
    };
    const deployment: Deployment = { period: 0, flows: [], pools: [pool] };
    const { closedForms } = simulate({ world, deployment, options: { durationS: 1000, windowS: 1000 } });
    expect(closedForms).toHaveLength(1);
    const [entry] = closedForms;
    expect(entry!.workload).toBe(`${world.workloads[0]!.id} + short`);
    expect(entry!.noClaim).toBeNull();
    expect(entry!.noTailClaim).toContain("several workloads");
    expectClaimsKept(entry!);
  });

  it("claims nothing where an engine is loaded, and says why", () => {
    const loaded = agreement({ workload: 1, requestsPerS: 12, requests: 12_000 });
    expect(loaded.utilization).toBeGreaterThan(0.6);
    expect(loaded.noClaim).toContain("more than six tenths");
  });

  it("is asked about the requests that came, where the policy sends long prompts to the quicker engine", () => {
    const { workloads } = tinyWorld();
    const chat = {
      ...workloads[0]!,
      inputTokens: { mean: 1500, cv: 1.2 },
      ttft: { budgetMs: 400, attainmentRatio: 0.9 },
    };
    const world = tinyWorld({
      areas: [testArea({ id: "area" })],
      sites: [testSite({ id: "site", tier: "regional" })],
      workloads: [chat, workloads[1]!],
      demand: [{ area: 0, workload: 0, access: 0, peakPerS: [30], meanPerS: [30] }],
    });
    const pool = (module: number) => ({
      id: `pool-${module}`,
      site: 0,
      module,
      count: 1,
      trainingCount: 0,
      capacityUsdPerModuleS: module * 0.001,
      groups: [{ workloads: [0], tensorParallel: 1, replicas: 1, speedRatio: 1, plannedPerS: 15 }],
    });
    const { closedForms } = simulate({
      world,
      deployment: { period: 0, flows: [], pools: [pool(0), pool(1)] },
      options: { durationS: 1000, windowS: 1000 },
    });
    expect(closedForms).toHaveLength(2);
    for (const { tpot, e2eMean } of closedForms) {
      expect(Math.abs(tpot.relativeDifference)).toBeLessThan(0.1);
      expect(Math.abs(e2eMean.relativeDifference)).toBeLessThan(0.1);
    }
  });
});
