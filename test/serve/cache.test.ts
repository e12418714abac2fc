import { hash } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import { createHttpClient, serveHttp } from "../../src/adapters/http-raw/index.ts";
import { Accounts, type GatewayOptions } from "../../src/serve/index.ts";
import { testArea } from "../worlds/tiny-world.ts";
import {
  startUpstream,
  streamThen,
  contentEvent,
  roleEvent,
  wellBehaved,
  type Behaviour,
} from "./misbehaving-upstream.ts";
import { createGateway, serveWorld, testMesh } from "./test-mesh.ts";

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((close) => close()));
});

async function start(options: Partial<GatewayOptions> = {}, engine: Behaviour = wellBehaved) {
  const upstream = await startUpstream(engine);
  // A second town of another country of the bloc: close enough, but under a law of its own.
  const world = serveWorld({ areas: [testArea({ id: "town" }), testArea({ id: "over-the-border", country: "BB" })] });
  const mesh = testMesh({
    world,
    upstreams: { "near-edge": upstream.url },
    client: (origin) => createHttpClient({ origin }),
    gateway: { cacheBytes: 1024 * 1024, ...options },
  });
  const digest = (text: string) => hash("sha256", text);
  const account = { budgetNanoUsd: null, spentNanoUsd: 0, requestsPerMinute: null, tokensPerMinute: null };
  const accounts = new Accounts(
    {
      accounts: ["alice", "bob"].map((id) => ({ id, ...account })),
      keys: ["alice", "bob"].map((id) => ({
        id,
        digest: digest(id),
        account: id,
        workloads: "*",
        expiresEpochMs: null,
      })),
      digests: (secret) => [digest(secret)],
    },
    0,
  );
  const service = await serveHttp(createGateway({ ...mesh.parts, accounts }), { host: "127.0.0.1", port: 0 });
  open.push(
    () => service.close(100),
    () => upstream.close(),
  );
  const ask = async (fields: object = {}, headers: Record<string, string> = {}, key = "alice") => {
    const response = await fetch(`${service.url}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, ...headers },
      body: JSON.stringify({ model: "disperse/chat", messages: [{ role: "user", content: "Hello" }], ...fields }),
    });
    return { cache: response.headers.get("x-disperse-cache"), status: response.status, text: await response.text() };
  };
  const rows = async () => {
    await service.close(100);
    return mesh.store.read(0, 100);
  };
  return { ask, upstream, rows, accounts };
}

const fixed = { temperature: 0 };

describe("the response cache", () => {
  it("answers the same question again without an engine, free and written down", async () => {
    const { ask, upstream, rows, accounts } = await start();
    const first = await ask(fixed);
    const again = await ask(fixed);
    expect([first.cache, again.cache]).toEqual(["miss", "hit"]);
    expect(again.text).toBe(first.text);
    expect(upstream.requests).toHaveLength(1);
    const written = await rows();
    expect(written).toMatchObject([
      { outcome: "served", inputTokens: 11, outputTokens: 3 },
      { outcome: "cached", site: "near-edge", inputTokens: 11, cachedTokens: 11, outputTokens: 3, chargeNanoUsd: 0 },
    ]);
    expect(accounts.standing("alice")).toMatchObject({ spentNanoUsd: written[0]!.chargeNanoUsd, reservedNanoUsd: 0 });
  });

  it("gives a stream again as it was", async () => {
    const { ask, upstream } = await start();
    const first = await ask({ ...fixed, stream: true });
    const again = await ask({ ...fixed, stream: true });
    expect(again).toEqual({ ...first, cache: "hit" });
    expect(again.text).toMatch(/\[DONE\]\n\n$/);
    expect(upstream.requests).toHaveLength(1);
  });

  it("leaves alone what is answered differently each time, unless asked", async () => {
    const { ask, upstream } = await start();
    expect((await ask()).cache).toBeNull();
    expect((await ask()).cache).toBeNull();
    expect((await ask({ temperature: 0.7 })).cache).toBeNull();
    expect(upstream.requests).toHaveLength(3);
    const use = { "x-disperse-cache": "use" };
    expect((await ask({ seed: 1 }, use)).cache).toBe("miss");
    expect((await ask({ seed: 1 }, use)).cache).toBe("hit");
    expect((await ask(fixed, { "x-disperse-cache": "no-store" })).cache).toBeNull();
  });

  it("keeps tenants, countries and questions apart", async () => {
    const { ask, upstream } = await start();
    await ask(fixed);
    for (const other of [
      () => ask(fixed, {}, "bob"),
      () => ask(fixed, { "x-disperse-area": "over-the-border", "x-disperse-slo": "best-effort" }),
      () => ask({ ...fixed, max_tokens: 5 }),
    ]) {
      expect(await other()).toMatchObject({ cache: "miss", status: 200 });
    }
    expect(upstream.requests).toHaveLength(4);
    expect((await ask(fixed, {}, "eve")).status).toBe(401);
  });

  it("keeps no answer that broke off", async () => {
    const { ask, upstream } = await start({}, streamThen([roleEvent, contentEvent("one ")], "reset"));
    expect((await ask({ ...fixed, stream: true })).text).toContain('"error"');
    upstream.behave(wellBehaved);
    const again = await ask({ ...fixed, stream: true });
    expect([again.cache, again.text.includes("[DONE]")]).toEqual(["miss", true]);
  });

  it("forgets what is old, and takes no more memory than it may", async () => {
    const old = await start({ cacheTtlMs: 0 });
    await old.ask(fixed);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect((await old.ask(fixed)).cache).toBe("miss");
    const small = await start({ cacheBytes: 40_000 });
    for (let number = 0; number < 40; number++) await small.ask({ ...fixed, user: `user-${number}` });
    expect((await small.ask({ ...fixed, user: "user-39" })).cache).toBe("hit");
    expect((await small.ask({ ...fixed, user: "user-0" })).cache).toBe("miss");
  });

  it("is off unless it is given memory", async () => {
    const { ask, upstream } = await start({ cacheBytes: 0 });
    await ask(fixed);
    expect((await ask(fixed, { "x-disperse-cache": "use" })).cache).toBeNull();
    expect(upstream.requests).toHaveLength(2);
  });
});
