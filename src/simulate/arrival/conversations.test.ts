import { describe, expect, it } from "vitest";
import { deployEverywhere } from "../../../test/worlds/random-world.ts";
import { testArea, testSite, testWorkload, tinyWorld } from "../../../test/worlds/tiny-world.ts";
import { PrefixCache } from "../engine/prefix-cache.ts";
import { simulate } from "../run/simulate.ts";
import type { SimulationOptions } from "../run/simulation-options.ts";
import { parseJsonlTrace } from "../trace/trace-jsonl.ts";

const chat = testWorkload({
  id: "chat",
  inputTokens: { mean: 1000, cv: 0.3 },
  outputTokens: { mean: 100, cv: 0.3 },
  ttft: { budgetMs: 2000, attainmentRatio: 0.9 },
});
const world = tinyWorld({
  areas: [testArea({ id: "town" })],
  sites: [testSite({ id: "edge", tier: "edge" })],
  workloads: [chat],
  demand: [{ area: 0, workload: 0, access: 0, peakPerS: [4], meanPerS: [4] }],
});
/** One site with one kind of box. */
const oneBox = deployEverywhere(world, (_site, module) => module === 0);
const withEngines = (replicas: number) => ({
  ...oneBox,
  pools: oneBox.pools.map((pool) => ({ ...pool, groups: pool.groups.map((group) => ({ ...group, replicas })) })),
});
const deployment = withEngines(16);

const conversations = { turns: 4, gapS: 10, sharedTokens: 200 };
const run = (options: Partial<SimulationOptions>) =>
  simulate({ world, deployment, options: { durationS: 1500, windowS: 300, seed: 5, ...options } }).workloads[0]!;
const share = ({ cachedTokens, inputTokens }: { cachedTokens: number; inputTokens: number }) =>
  cachedTokens / inputTokens;

describe("conversations", () => {
  it("send as many requests as the demand says, as long on average as the workload says", () => {
    const served = run({ conversations });
    // The number of turns is geometric with mean 4, so the variance of the count is 1,500 × (2 × 4² − 4).
    expect(Math.abs(served.arrived - 6000)).toBeLessThan(3 * Math.sqrt(1500 * 28));
    expect(Math.abs(served.inputTokens / served.completed / 1000 - 1)).toBeLessThan(0.1);
  });

  it("find what was said before in the cache of the engine that heard it, and only there", () => {
    const sticky = run({ conversations, rule: "prefix-hash" });
    const spread = run({ conversations, rule: "round-robin" });
    expect(share(sticky)).toBeGreaterThan(0.5);
    // What all share, the system prompt, is soon everywhere.
    expect(share(spread)).toBeGreaterThan(0.15);
    expect(share(sticky)).toBeGreaterThan(1.5 * share(spread));
    expect(share(run({}))).toBe(0);
    // The policy goes where the prompt is held as long as that is worth more than a shorter queue elsewhere.
    expect(share(run({ conversations, rule: "disperse" }))).toBeGreaterThan(1.5 * share(spread));
  });

  it("are refused when their answers alone make longer prompts than the workload has", () => {
    expect(() => run({ conversations: { ...conversations, turns: 40 } })).toThrow(/fewer turns/);
  });
});

describe("recorded prefixes", () => {
  it("are found again block by block", () => {
    const line = (timestamp: number, hash_ids: readonly number[]) =>
      JSON.stringify({ timestamp, input_length: 512 * hash_ids.length, output_length: 5, hash_ids });
    const trace = parseJsonlTrace(
      [line(0, [1, 2, 3]), line(20_000, [1, 2, 4]), line(40_000, [9, 2, 3]), ""].join("\n"),
    );
    const { workloads } = simulate({
      world,
      deployment: withEngines(1),
      options: { durationS: 60, windowS: 60 },
      traces: [{ source: trace, workload: 0 }],
    });
    // Two leading blocks of the second prompt; the third has others in front of the same blocks.
    expect(workloads[0]!.cachedTokens).toBe(1024);
    expect(workloads[0]!.completed).toBe(3);
  });
});

describe("PrefixCache", () => {
  const chain = (...keys: number[]) => ({ keys, tokens: keys.map(() => 64) });

  it("lets go of the piece used longest ago, its end first", () => {
    const cache = new PrefixCache(16);
    cache.hold(chain(1, 2), 10_000);
    cache.hold(chain(3, 4), 10_000);
    expect(cache.lookUp(chain(1, 2))).toBe(128);
    cache.hold(chain(3, 4), 256 - 32);
    expect(cache.lookUp(chain(1, 2))).toBe(96);
    expect(cache.lookUp(chain(3, 4))).toBe(128);
    cache.hold(chain(5), 64);
    expect(cache.lookUp(chain(5))).toBe(64);
    expect(cache.lookUp(chain(1, 2)) + cache.lookUp(chain(3, 4))).toBe(0);
    expect(cache.tokens).toBe(64);
  });
});
