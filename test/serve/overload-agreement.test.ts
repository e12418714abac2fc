import { describe, expect, it } from "vitest";
import { Simulation } from "../../src/simulate/index.ts";
import { testSite } from "../worlds/tiny-world.ts";
import { budgetMs, overload } from "./overload.ts";
import { serveDeployment, serveWorld } from "./test-mesh.ts";

const seconds = 8;
/** Requests an engine takes at once, in both. */
const places = 8;

/** What the simulation makes of the callers of `overload`: one engine, equal requests, load known at every decision. */
function simulated(perS: number) {
  const base = serveWorld({ sites: [testSite({ id: "near-edge", tier: "edge" })] });
  const world = {
    ...base,
    engines: base.engines.map((engine) => ({ ...engine, maxSequences: places })),
    workloads: base.workloads.map((entry) => ({
      ...entry,
      inputTokens: { mean: 8, cv: 0.01 },
      outputTokens: { mean: entry.outputTokens.mean, cv: 0.01 },
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
  const [chat] = simulation.result().workloads;
  const turnedAway = chat!.rejections.find(({ reason }) => reason === "overloaded")?.count ?? 0;
  return {
    inTime: ((chat!.ttftAttainmentRatio ?? 0) * chat!.completed) / chat!.arrived,
    late: ((1 - (chat!.ttftAttainmentRatio ?? 0)) * chat!.completed) / chat!.arrived,
    turnedAway: turnedAway / chat!.arrived,
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
});
