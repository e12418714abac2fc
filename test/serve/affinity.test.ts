import { afterEach, describe, expect, it } from "vitest";
import { compilePolicy, compileRoutes, decide } from "../../src/route/index.ts";
import { createHttpClient, serveHttp } from "../../src/adapters/http-raw/index.ts";
import { testSite } from "../worlds/tiny-world.ts";
import { startUpstream, wellBehaved } from "./misbehaving-upstream.ts";
import { createGateway, serveDeployment, serveWorld, testMesh } from "./test-mesh.ts";

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((close) => close()));
});

const twinWorld = () =>
  serveWorld({ sites: [testSite({ id: "one", tier: "edge" }), testSite({ id: "two", tier: "edge" })] });

/** Two sites side by side, between which only a cache can make a difference. */
async function twins() {
  const upstreams = [await startUpstream(wellBehaved), await startUpstream(wellBehaved)] as const;
  const mesh = testMesh({
    world: twinWorld(),
    upstreams: { one: upstreams[0].url, two: upstreams[1].url },
    client: (origin) => createHttpClient({ origin }),
  });
  const service = await serveHttp(createGateway(mesh.parts), { host: "127.0.0.1", port: 0 });
  open.push(() => service.close(50), ...upstreams.map((upstream) => () => upstream.close()));
  return async (content: string) => {
    const response = await fetch(`${service.url}/v1/chat/completions`, {
      method: "POST",
      body: JSON.stringify({ model: "disperse/chat", messages: [{ role: "user", content }] }),
    });
    await response.text();
    return response.headers.get("x-disperse-site")!;
  };
}

const conversation = (name: number) =>
  `Conversation ${name}: ${"the rain in Spain stays mainly in the plain. ".repeat(120)}`;

describe("requests that begin alike", () => {
  it("go where their beginning was computed, while others are spread", async () => {
    const ask = await twins();
    const first = await Promise.all(Array.from({ length: 16 }, (_, name) => ask(conversation(name))));
    expect(new Set(first)).toEqual(new Set(["one", "two"]));
    for (let turn = 1; turn <= 3; turn++) {
      const next: string[] = [];
      for (const name of first.keys()) next.push(await ask(`${conversation(name)} Turn ${turn}: go on.`));
      expect(next).toEqual(first);
    }
  });

  it("go elsewhere when the queue there costs more than the cache saves", () => {
    const world = twinWorld();
    const routes = compileRoutes(compilePolicy(world), serveDeployment(world));
    const [one, two] = [0, 1].map((site) => routes.groups.findIndex((group) => group.site === site)) as [
      number,
      number,
    ];
    const siteWith = (drainMs: number) => {
      const engines = Array.from(routes.groupOfReplica, (group) => ({
        drain: { value: group === one ? drainMs : 0, unit: "ms" as const, atMs: 0, source: "test" },
        health: { value: 1, unit: "ratio" as const, atMs: 0, source: "test" },
      }));
      const request = { workload: 0, area: 0, access: 0, uncachedTokens: 2_000, warm: { group: one, tokens: 1_024 } };
      return decide(routes, request, { maxAgeMs: 10_000, engines }, { nowMs: 0, rng: () => 0.5 }).target!;
    };
    const quiet = siteWith(0);
    expect(quiet.group).toBe(one);
    const savedMs = siteWith(10_000).terms.prefillMs - quiet.terms.prefillMs;
    expect(savedMs).toBeGreaterThan(1);
    expect(siteWith(savedMs * 0.9).group).toBe(one);
    expect(siteWith(savedMs * 1.1).group).toBe(two);
  });
});
