import { describe, expect, it } from "vitest";
import type { Callers } from "../../src/catalog/index.ts";
import { Simulation } from "../../src/simulate/index.ts";
import { testSite } from "../worlds/tiny-world.ts";
import { budgetMs, overload } from "./overload.ts";
import { serveDeployment, serveWorld } from "./test-mesh.ts";

const seconds = 8;
/** Requests an engine takes at once, in both. */
const places = 8;

/** What the simulation makes of the callers of `overload`: one engine, equal requests, load known at every decision. */
function simulate(perS: number, callers?: readonly Callers[]) {
  const base = serveWorld({ sites: [testSite({ id: "near-edge", tier: "edge" })] });
  const world = {
    ...base,
    engines: base.engines.map((engine) => ({ ...engine, maxSequences: places })),
    workloads: base.workloads.map((entry) => ({
      ...entry,
      inputTokens: { mean: 8, cv: 0.01 },
      outputTokens: { mean: entry.outputTokens.mean, cv: 0.01 },
      ...(callers && { callers }),
    })),
    demand: [{ ...base.demand[0]!, peakPerS: [perS], meanPerS: [perS] }],
  };
  const everywhere = serveDeployment(world);
  const pools = everywhere.pools.map((pool) => ({
    ...pool,
    groups: pool.groups.map((group) => ({ ...group, replicas: 1 })),
  }));
  const options = { durationS: seconds, demand: "peak" as const, seed: 3 };
  const simulation = new Simulation({ world, deployment: { ...everywhere, pools }, options });
  simulation.advance(simulation.durationMs);
  return simulation.result().workloads[0]!;
}

function simulated(perS: number) {
  const chat = simulate(perS);
  const turnedAway = chat.rejections.find(({ reason }) => reason === "overloaded")?.count ?? 0;
  return {
    inTime: ((chat.ttftAttainmentRatio ?? 0) * chat.completed) / chat.arrived,
    late: ((1 - (chat.ttftAttainmentRatio ?? 0)) * chat.completed) / chat.arrived,
    turnedAway: turnedAway / chat.arrived,
  };
}

function served(perS: number) {
  const heard = overload([{ key: "", perS }], seconds, { maxInFlight: places });
  const share = (of: (ttftMs: number | null) => boolean) =>
    heard.filter(({ ttftMs }) => of(ttftMs)).length / heard.length;
  return {
    inTime: share((ttftMs) => ttftMs !== null && ttftMs <= budgetMs),
    late: share((ttftMs) => ttftMs !== null && ttftMs > budgetMs),
    turnedAway: share((ttftMs) => ttftMs === null),
  };
}

describe("a simulated gateway beside the real one with emulated engines", () => {
  it.each([
    ["below its capacity", 90],
    ["asked for half more than it can do", 180],
    ["asked for three times what it can do", 360],
  ])("turns away as many, %s", (_, perS) => {
    const [one, other] = [served(perS), simulated(perS)];
    for (const outcome of ["inTime", "late", "turnedAway"] as const) {
      expect(Math.abs(one[outcome] - other[outcome]), `${outcome}: ${one[outcome]} and ${other[outcome]}`).toBeLessThan(
        0.06,
      );
    }
  });

  it.each([
    ["by priority", { priority: "high", weight: 1 }, { priority: "low", weight: 1 }, [60, 240]],
    [
      "by the shares of their accounts",
      { priority: "normal", weight: 3 },
      { priority: "normal", weight: 1 },
      [180, 180],
    ],
  ] as const)("turns away the same callers, %s", (_, one, other, [onePerS, otherPerS]) => {
    const perS = onePerS + otherPerS;
    const accounts = [
      { id: "one", ...one },
      { id: "other", ...other },
    ];
    const callers = accounts.map(({ id, priority, weight }, index) => ({
      account: id,
      accounts: 1,
      shareRatio: [onePerS, otherPerS][index]! / perS,
      priority,
      weight,
    }));
    const heard = overload(
      [
        { key: "one", perS: onePerS },
        { key: "other", perS: otherPerS },
      ],
      seconds,
      { accounts, maxInFlight: places },
    );
    const turnedAway = accounts.map(({ id }) => {
      const own = heard.filter(({ key }) => key === id);
      return own.filter(({ ttftMs }) => ttftMs === null).length / own.length;
    });
    const inSimulation = simulate(perS, callers).callers!.map(({ overloaded, arrived }) => overloaded / arrived);
    for (const caller of [0, 1]) {
      const both = `${accounts[caller]!.id}: ${turnedAway[caller]} and ${inSimulation[caller]}`;
      expect(Math.abs(turnedAway[caller]! - inSimulation[caller]!), both).toBeLessThan(0.06);
    }
    expect(inSimulation[0]!, "the one that comes first").toBeLessThan(inSimulation[1]! - 0.3);
  });
});
