import { describe, expect, it } from "vitest";
import { geonamesPlaces } from "../../adapters/places-geonames/index.ts";
import { parseScenario, starterScenario } from "../../scenario/index.ts";
import { engineCalibration, engineProfiles } from "../fact/engines.ts";
import { resolveWorld } from "./resolve-world.ts";

/** Resolves the starter scenario with own engines, the first of which its first workload runs on. */
function resolve(engines: string) {
  const [first] = /id: ([\w-]+)/.exec(engines)!.slice(1);
  const text = starterScenario()
    .replace(/^workloads:/m, `engines:\n${engines}\n\nworkloads:`)
    .replace(/^( +)model: .*$/m, (line: string, indent: string) => `${line}\n${indent}engine: ${first}`);
  const parsed = parseScenario("s.yaml", (name) => (name === "s.yaml" ? text : null));
  if (!parsed.ok) return { problems: parsed.problems };
  const resolved = resolveWorld(parsed.parsed, geonamesPlaces());
  if (!resolved.ok) return { problems: resolved.problems };
  return { engine: resolved.world.engines.find(({ id }) => id === first)!, problems: [] };
}

describe("own engines", () => {
  it("keep coefficients and what is known of them when only settings change", () => {
    const { engine } = resolve("  - { id: own, like: vllm, sequences: 64, batchedTokens: 2048, memoryUse: 80 % }");
    expect(engine).toMatchObject({ maxSequences: 64, maxBatchedTokens: 2048, memoryUtilization: 0.8 });
    expect(engine!.byGeneration).toEqual(engineProfiles.vllm.byGeneration);
    expect(engine!.calibration).toEqual(engineCalibration["vllm"]);
    expect(engine!.confidence).toBe("measured");
  });

  it("hold on all chips what coefficients they give, and count as assumed without runs", () => {
    const { engine } = resolve("  - { id: own, like: vllm, stepPerLayer: 60 us }");
    expect(engine).toMatchObject({ stepPerLayerUs: 60, memoryCoefficient: engineProfiles.vllm.memoryCoefficient });
    expect(engine!.byGeneration).toBeUndefined();
    expect(engine!.calibration).toBeUndefined();
    expect(engine!.confidence).toBe("assumed");
  });

  it("predict what the engine they are like does while they change nothing, also where its kernels are its own", () => {
    const { engine } = resolve("  - { id: own, like: trtllm }");
    const { name: _named, calibration: _known, ...predicts } = engine!;
    const { name: _ofTrtllm, ...expected } = engineProfiles.trtllm;
    expect(predicts).toEqual({ ...expected, id: "own", like: "trtllm" });
  });

  it("gain with a draft what published drafts do, unless they say", () => {
    expect(resolve("  - { id: own, draftTokens: 3 }").engine!.speculative).toEqual({
      draftTokens: 3,
      tokensPerStep: 2.95,
    });
    expect(resolve("  - { id: own, draftTokens: 3, tokensPerStep: 2.2, draftCost: 4 % }").engine!.speculative).toEqual({
      draftTokens: 3,
      tokensPerStep: 2.2,
      draftCostRatio: 0.04,
    });
    expect(resolve("  - { id: own, draftTokens: 0 }").engine!.speculative).toBeUndefined();
  });

  it("cannot gain more tokens than are proposed and the model's own", () => {
    const { problems } = resolve("  - { id: own, draftTokens: 2, tokensPerStep: 3.5 }");
    expect(problems.map(({ code }) => code)).toEqual(["DSP_SCENARIO_CONFLICT"]);
    expect(problems[0]!.message).toContain("gains at most 3, not 3.5");
  });

  it("run prompts and answers apart on units that divide a server, with the link they state", () => {
    const apart = "prefillUnits: 1, decodeUnits: 3, transferBandwidth: 50 GB/s";
    expect(resolve(`  - { id: own, ${apart} }`).engine!.split).toEqual({
      prefillUnits: 1,
      decodeUnits: 3,
      transferGBps: 50,
    });
    const half = resolve("  - { id: own, prefillUnits: 1 }").problems;
    expect(half[0]).toMatchObject({ code: "DSP_SCENARIO_CONFLICT" });
    expect(half[0]!.message).toContain("`decodeUnits`");
    const three = resolve("  - { id: own, prefillUnits: 1, decodeUnits: 2 }").problems;
    expect(three[0]!.message).toContain("3 units cannot share");
  });
});
