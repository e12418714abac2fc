import { describe, expect, it } from "vitest";
import { testArea, testSite, tinyWorld } from "../../../test/worlds/tiny-world.ts";
import { deployEverywhere } from "../../../test/worlds/random-world.ts";
import type { Callers, Workload, World } from "../../catalog/index.ts";
import { simulate } from "../run/simulate.ts";
import type { SimulationOptions } from "../run/simulation-options.ts";

/** One workload, asked for in two countries, at one site whose engines take a request each. */
function crowdedWorld(perS: number, fields: Partial<Workload> = {}): World {
  const base = tinyWorld();
  return tinyWorld({
    sites: [testSite({ id: "hall", tier: "core", country: "AA" })],
    areas: [testArea({ id: "near", country: "AA" }), testArea({ id: "far", country: "BB" })],
    engines: base.engines.map((engine) => ({ ...engine, maxSequences: 1 })),
    workloads: [{ ...base.workloads[0]!, tiers: ["core"], ttft: { budgetMs: 1000, attainmentRatio: 0.95 }, ...fields }],
    demand: [0, 1].map((area) => ({ area, workload: 0, access: 0, peakPerS: [perS / 2], meanPerS: [perS / 2] })),
  });
}

function run(world: World, options: Partial<SimulationOptions> = {}) {
  return simulate({
    world,
    deployment: deployEverywhere(world),
    options: { durationS: 20, demand: "peak", ...options },
  });
}

const kind = (fields: Partial<Callers>): Callers => ({
  account: "one",
  accounts: 1,
  shareRatio: 1,
  priority: "normal",
  weight: 1,
  ...fields,
});

describe("callers of a simulation", () => {
  it("change nothing when all are one account of normal priority, crowded or not", () => {
    for (const perS of [1, 100]) {
      const [nobody, one] = [run(crowdedWorld(perS)), run(crowdedWorld(perS, { callers: [kind({})] }))];
      const [{ callers, ...rest }] = one.workloads as [(typeof one.workloads)[number]];
      expect({ ...one, workloads: [rest] }).toEqual(nobody);
      expect([callers![0]!.arrived, callers![0]!.completed]).toEqual([rest.arrived, rest.completed]);
    }
  });

  it("have the shares they were given, and share what is there by account however many they are", () => {
    const callers = [
      kind({ account: "app", shareRatio: 0.2 }),
      kind({ account: "crawler", shareRatio: 0.8, accounts: 3 }),
    ];
    const [{ callers: counted, ...all }] = run(crowdedWorld(200, { callers })).workloads as [
      ReturnType<typeof run>["workloads"][number],
    ];
    const [app, crawlers] = counted!;
    expect(app!.arrived + crawlers!.arrived).toBe(all.arrived);
    expect(app!.completed + crawlers!.completed).toBe(all.completed);
    expect(app!.rejected + crawlers!.rejected).toBe(all.rejected);
    expect(app!.overloaded).toBeGreaterThan(0);
    expect(app!.arrived / all.arrived).toBeCloseTo(0.2, 1);
    // Four accounts that all ask for more than a quarter, or nearly.
    expect(app!.outputTokens / all.outputTokens).toBeGreaterThan(0.2);
    expect(app!.outputTokens / all.outputTokens).toBeLessThan(0.3);
  });

  it("wait at the gateway of their country where every country has one, each with a line of its own", () => {
    const [one, two] = (["one", "country"] as const).map((gateways) =>
      run(crowdedWorld(200), { waitingLine: { maxQueued: 3, patienceMs: 1000, gateways } }),
    );
    expect(one!.waitingLine!.largestQueued).toBe(3);
    expect(two!.waitingLine!.largestQueued).toBe(6);
  });

  it("have not waited for room when what came in the end was a refusal", () => {
    const patient = { ttft: { budgetMs: 60_000, attainmentRatio: 0.5 }, outputTokens: { mean: 12_000, cv: 0.01 } };
    const { requests, workloads } = run(crowdedWorld(2, patient), {
      faults: [{ kind: "down", where: {}, fromS: 5 }],
      durationS: 10,
      failureNoticeMs: 0,
    });
    // The engines are busy with their first requests when they fail, so nobody who waited ever began.
    expect(workloads[0]!.rejections.find(({ reason }) => reason === "unhealthy")!.count).toBeGreaterThan(5);
    expect([requests.completed, requests.waited]).toEqual([0, 0]);
  });
});
