import { describe, expect, it } from "vitest";
import { engineProfiles } from "../catalog/index.ts";
import { smallModule, testArea, testSite, tinyWorld } from "../../test/worlds/tiny-world.ts";
import type { Deployment } from "./deployment.ts";
import { enginePredictions } from "./engine-predictions.ts";

const world = tinyWorld({
  areas: [testArea({ id: "area" })],
  sites: [testSite({ id: "a", tier: "edge" }), testSite({ id: "b", tier: "edge" })],
});

const deployment: Deployment = {
  period: 0,
  pools: world.sites.map((_, site) => ({
    id: `p${site}`,
    site,
    module: 0,
    count: 1,
    trainingCount: 0,
    capacityUsdPerModuleS: 0,
    groups: [{ workloads: [0], tensorParallel: 1, replicas: 2, speedRatio: 1, plannedPerS: 1 }],
  })),
  flows: [],
};

describe("enginePredictions", () => {
  it("lists each kind of engine once, with the class and band of its times", () => {
    const [prediction, ...others] = enginePredictions(world, deployment);
    expect(others).toEqual([]);
    expect(prediction).toMatchObject({ replicas: 4, accelerators: 1, accelerator: smallModule.accelerator.id });
    expect(["measured", "interpolated", "extrapolated"]).toContain(prediction!.kind);
    expect(prediction!.bandRatio).toBeGreaterThan(0);
    expect(prediction!.because).not.toBe("");
  });

  it("says of engines with drafts or stages that no run was measured with them", () => {
    const drafted = {
      ...world,
      engines: world.engines.map((engine) => ({
        ...engineProfiles.vllm,
        id: engine.id,
        speculative: { draftTokens: 3, tokensPerStep: 2.9 },
      })),
    };
    const [prediction] = enginePredictions(drafted, deployment);
    expect(prediction!.kind).toBe("extrapolated");
  });
});
