import { hash } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import { Accounts } from "../../src/serve/index.ts";
import { createNodeClock } from "../../src/adapters/clock-node/index.ts";
import { startMesh, until, type MemberSpec } from "./mesh-gateways.ts";
import {
  contentEvent,
  endless,
  failWith,
  finishEvent,
  roleEvent,
  startUpstream,
  streamThen,
  wellBehaved,
  type Behaviour,
} from "./misbehaving-upstream.ts";
import { serveWorld } from "./test-mesh.ts";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

const messages = [{ role: "user" as const, content: "Hello there, secret of Alice" }];
const chat = { model: "disperse/chat", messages };

/** A mesh of two gateways, the near one at an edge and the far one at a core, and the servers behind them. */
async function twoGateways(
  specs: { near?: Partial<MemberSpec>; far?: Partial<MemberSpec> } = {},
  behaviours: { near?: Behaviour; far?: Behaviour } = {},
) {
  const near = await startUpstream(behaviours.near ?? wellBehaved);
  const far = await startUpstream(behaviours.far ?? wellBehaved);
  closing.push(
    () => near.close(),
    () => far.close(),
  );
  const farSpec: MemberSpec = { name: "far", sites: { "bloc-core": far.url }, ...specs.far };
  const mesh = await startMesh([{ name: "near", sites: { "near-edge": near.url }, ...specs.near }, farSpec]);
  closing.push(mesh.close);
  const site = async (from: "near" | "far" = "near") => {
    const response = await mesh.of(from).post(chat);
    await response.text();
    return response.status === 200 ? response.headers.get("x-disperse-site") : response.status;
  };
  return { ...mesh, servers: { near, far }, farSpec, site };
}

const oneKey = () =>
  new Accounts(
    {
      accounts: [{ id: "acme", budgetNanoUsd: 1e12, spentNanoUsd: 0, requestsPerMinute: null, tokensPerMinute: null }],
      keys: [
        {
          id: "key-1",
          digest: hash("sha256", "sk-secret-of-acme"),
          account: "acme",
          workloads: "*",
          expiresEpochMs: null,
        },
      ],
      digests: (secret) => [hash("sha256", secret)],
    },
    createNodeClock().monotonicMs(),
  );

describe("a mesh of gateways", () => {
  it("serves at its own site, and hands over to another gateway what its own cannot take", async () => {
    const { of, servers, site } = await twoGateways({ near: { maxInFlight: 1 } });
    expect(await site()).toBe("near-edge");
    servers.near.behave(endless(50));
    const running = await of("near").post({ ...chat, stream: true });
    expect(running.headers.get("x-disperse-site")).toBe("near-edge");
    expect(await site()).toBe("bloc-core");
    expect(servers.far.requests).toHaveLength(1);
    servers.near.behave(wellBehaved);
    await running.body!.cancel();
    await until(async () => (await site()) === "near-edge", "back at its own site");
  });

  it("knows how full the engines of another gateway are", async () => {
    const { of, servers } = await twoGateways(
      { near: { maxInFlight: 1 }, far: { maxInFlight: 1 } },
      { near: endless(50), far: endless(50) },
    );
    const first = await of("near").post({ ...chat, stream: true });
    // Requests that came in at the other gateway are seen here as well.
    const second = await of("far").post({ ...chat, stream: true }, { "x-disperse-slo": "batch" });
    expect([first, second].map(({ headers }) => headers.get("x-disperse-site"))).toEqual(["near-edge", "bloc-core"]);
    await new Promise((resolve) => setTimeout(resolve, 600));
    servers.far.behave(wellBehaved);
    const asked = servers.far.requests.length;
    const third = of("near").post(chat);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(servers.far.requests).toHaveLength(asked);
    await second.body!.cancel();
    expect((await third).headers.get("x-disperse-site")).toBe("bloc-core");
    await first.body!.cancel();
  });

  it("charges a request once, where it came in, and keeps evidence of it where it was served", async () => {
    const { of, site } = await twoGateways({ near: { accounts: oneKey() } }, { near: failWith(500) });
    const response = await of("near").post(chat, { authorization: "Bearer sk-secret-of-acme" });
    expect([response.status, response.headers.get("x-disperse-site")]).toEqual([200, "bloc-core"]);
    const id = response.headers.get("x-disperse-request-id")!;
    await until(async () => (await of("far").rows()).length === 1, "the row of who served");
    await until(async () => (await of("near").rows()).length === 2, "the rows of who charges");
    const rows = (await of("near").rows()).filter(({ outcome }) => outcome === "served");
    expect(rows).toMatchObject([{ requestId: id, accountId: "acme", site: "bloc-core", attempt: 2 }]);
    expect(rows[0]!.chargeNanoUsd).toBeGreaterThan(0);
    expect(await of("far").rows()).toMatchObject([
      {
        requestId: expect.stringContaining(`${id}.2.`) as string,
        accountId: "gateway:near",
        keyId: null,
        site: "bloc-core",
        outcome: "served",
        chargeNanoUsd: 0,
      },
    ]);
    expect((await of("far").rows())[0]!.outputTokens).toBe(rows[0]!.outputTokens);
    expect(of("far").metrics()).toContain('disperse_handovers_total{gateway="near",outcome="served"} 1');
    expect(of("far").metrics()).not.toMatch(/disperse_requests_total.* 1/);
    expect(await site("near")).toBe(401);
  });

  it("lets no key, account or text out into the control network, and no key to the other gateway or its engines", async () => {
    const { of, servers, said } = await twoGateways({ near: { accounts: oneKey() } }, { near: failWith(500) });
    await of("near").post(chat, { authorization: "Bearer sk-secret-of-acme" });
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(said.length).toBeGreaterThan(4);
    for (const word of ["sk-secret", "acme", "Alice", "Hello"]) expect(said.join("\n")).not.toContain(word);
    const [there] = servers.far.requests;
    expect(there!.body).toContain("Alice");
    expect(there!.head + there!.body).not.toMatch(/sk-secret|acme|handover/);
  });

  it("stops the engine of another gateway when the client leaves", async () => {
    const { of, servers } = await twoGateways({}, { near: failWith(500), far: endless(20) });
    const response = await of("near").post({ ...chat, stream: true });
    expect(response.headers.get("x-disperse-site")).toBe("bloc-core");
    await response.body!.cancel();
    await servers.far.abandoned;
  });

  it("hands nothing on that was handed over to it", async () => {
    const { of, servers } = await twoGateways({}, { near: failWith(500), far: failWith(500) });
    const response = await of("near").post(chat);
    expect(response.status).toBe(502);
    expect([servers.near.requests.length, servers.far.requests.length]).toEqual([1, 1]);
  });

  it("tells the caller what the engine of another gateway has against a request", async () => {
    const refused: Behaviour = (socket, request) => failWith(400)(socket, request);
    const { of } = await twoGateways({ near: { maxInFlight: 1 } }, { near: endless(50), far: refused });
    const running = await of("near").post({ ...chat, stream: true });
    const response = await of("near").post(chat);
    expect([response.status, response.headers.get("x-disperse-site")]).toEqual([400, "bloc-core"]);
    await running.body!.cancel();
  });

  it("goes on at another gateway's engine with a stream that broke off here", async () => {
    const broken = streamThen([roleEvent, contentEvent("one "), contentEvent("two ")], "reset");
    const rest = streamThen([roleEvent, contentEvent("three"), finishEvent, "data: [DONE]\n\n"], "close");
    const { of } = await twoGateways(
      { near: { continues: true }, far: { continues: true } },
      { near: broken, far: rest },
    );
    const text = await (await of("near").post({ ...chat, stream: true })).text();
    expect(text).toMatch(/one .*two .*three.*\[DONE\]/s);
    expect(text).not.toContain("error");
  });

  it("ends a stream in an error when the gateway that served it dies and nobody can go on", async () => {
    const { of } = await twoGateways({}, { near: failWith(500), far: endless(20) });
    const response = await of("near").post({ ...chat, stream: true });
    expect(response.headers.get("x-disperse-site")).toBe("bloc-core");
    setTimeout(() => void of("far").stop(), 200);
    const text = await response.text();
    expect(text).toContain('"error"');
    expect(text).not.toContain("[DONE]");
  });

  it.each([
    ["/v1/responses", { model: "disperse/chat", input: "Hello", stream: true }],
    ["/v1/embeddings", { model: "disperse/chat", input: "Hello" }],
    ["/v1/completions", { model: "disperse/chat", prompt: "Hello" }],
  ])("hands over what is asked at %s", async (path, body) => {
    const { of, servers } = await twoGateways({}, { near: failWith(500) });
    await (await of("near").post(body, {}, path)).text();
    expect(servers.far.requests.map(({ head }) => head.split(" ")[1])).toEqual([path]);
  });

  it("hands over a form with its bytes as they are, also a large one, to a gateway that asks others for keys", async () => {
    const { of, servers } = await twoGateways({ far: { accounts: oneKey() } }, { near: failWith(500) });
    const form = new FormData();
    form.set("model", "disperse/chat");
    const bytes = Uint8Array.from({ length: 300_000 }, (_, index) => index % 256);
    form.set("file", new Blob([bytes]), "speech.wav");
    const response = await fetch(`${of("near").url}/v1/audio/transcriptions`, { method: "POST", body: form });
    expect([response.status, response.headers.get("x-disperse-site")]).toEqual([200, "bloc-core"]);
    expect(Buffer.from(servers.far.requests[0]!.body, "latin1").includes(bytes)).toBe(true);
    expect((await of("far").post(chat)).status).toBe(401);
  });

  it("hands over beyond the first-token budget after a loss, as far as the workload lets it, and no farther", async () => {
    const base = serveWorld();
    const within = (failoverBudgetMs?: number) => ({
      ...base,
      workloads: base.workloads.map((one) => ({
        ...one,
        ttft: { ...one.ttft, budgetMs: 40 },
        ...(failoverBudgetMs && { failoverBudgetMs }),
      })),
      sites: base.sites.map((site) => (site.id === "bloc-core" ? { ...site, latitude: 60 } : site)),
    });
    for (const [failoverMs, status] of [
      [400, 200],
      [undefined, 502],
    ] as const) {
      const world = within(failoverMs);
      const { of, site } = await twoGateways({ near: { world }, far: { world } }, { near: failWith(500) });
      expect(await site()).toBe(status === 200 ? "bloc-core" : status);
      expect(of("far").metrics()).toContain("disperse_handovers_refused_total 0");
    }
  });

  it("takes out of a text what must not leave the country before it leaves", async () => {
    const base = serveWorld();
    const workloads = base.workloads.map((workload) => ({
      ...workload,
      redaction: { when: "leaving-country" as const, kinds: ["email" as const] },
    }));
    const world = { ...base, workloads };
    const { of, servers } = await twoGateways({ near: { world }, far: { world } }, { near: failWith(500) });
    const text = [{ role: "user", content: "Write to alice@example.org" }];
    const response = await of("near").post({ ...chat, messages: text });
    expect(response.headers.get("x-disperse-redacted")).toBe("email=1");
    expect(servers.far.requests[0]!.body).not.toContain("alice@");
  });

  it("lets a request wait its turn at the other gateway, no longer than it may in all", async () => {
    const { of, servers, network } = await twoGateways({ far: { maxInFlight: 1 } }, { far: endless(50) });
    of("near").drains.add({ site: "near-edge", workload: null, sinceEpochMs: 1, reason: null });
    await until(() => of("far").drains.all.length === 1, "drained");
    network.cut = true;
    const first = await of("far").post({ ...chat, stream: true });
    expect(first.headers.get("x-disperse-site")).toBe("bloc-core");
    servers.far.behave(wellBehaved);
    // No report has said that it is full there.
    const second = of("near").post(chat);
    await until(() => of("far").metrics().includes("disperse_queued_requests 1"), "it waits there", 2_000);
    expect(servers.far.requests).toHaveLength(1);
    await first.body!.cancel();
    expect((await second).status).toBe(200);
  });

  describe("while the control network is away", () => {
    it("everyone is served, first as before, then alone, and all is as before when it is back", async () => {
      const { of, network, site, servers } = await twoGateways();
      expect(await site()).toBe("near-edge");
      network.cut = true;
      await new Promise((resolve) => setTimeout(resolve, 1_800));
      expect(await site("near")).toBe("near-edge");
      // Its load is unknown now, but it is there.
      servers.near.behave(failWith(500));
      expect(await site("near")).toBe("bloc-core");
      servers.near.behave(wellBehaved);
      expect(of("near").metrics()).toContain("disperse_mesh_connected 0");
      expect(await (await fetch(`${of("near").url}/readyz`)).json()).toMatchObject({
        status: "ready",
        mesh: { network: "away", gateways_heard: 0, gateways: 1 },
      });
      network.cut = false;
      await until(() => of("near").metrics().includes('disperse_mesh_peer_up{gateway="far"} 1'), "heard again", 2_000);
    });
  });

  it("leaves a gateway alone at once that refuses connections, and comes back to it when it answers again", async () => {
    const { of, site, restart, farSpec, servers } = await twoGateways({ near: { maxInFlight: 4 } });
    servers.near.behave(failWith(503));
    expect(await site()).toBe("bloc-core");
    await of("far").stop();
    expect(await site()).toBe(502);
    expect(of("near").peers.others[0]!.standing(of("near").clock.monotonicMs())).toBe("suspected");
    await restart(farSpec);
    await until(async () => (await site()) === "bloc-core", "served there again");
  });

  it("misses a gateway that says nothing any more", async () => {
    const { of } = await twoGateways();
    const near = of("near");
    of("far").peers.close();
    const since = performance.now();
    await until(() => near.peers.others[0]!.standing(near.clock.monotonicMs()) === "suspected", "suspected");
    expect(performance.now() - since).toBeLessThan(3_000);
  });

  describe("drains", () => {
    const drain = { site: "bloc-core", workload: null, sinceEpochMs: 1, reason: "maintenance" };

    it("that one gateway is told are known to all, and to those who come later", async () => {
      const { of, restart, farSpec } = await twoGateways();
      of("near").drains.add(drain);
      await until(() => of("far").drains.all.length === 1, "drained there too", 1_000);
      expect(of("far").drains.all).toEqual([drain]);
      await of("far").stop();
      await restart(farSpec);
      await until(() => of("far").drains.all.length === 1, "drained after a restart");
      of("far").drains.remove("bloc-core", null);
      await until(() => of("near").drains.all.length === 0, "put back in");
    });

    it("hold in the order in which they were told, however far clocks are apart", async () => {
      const { of } = await twoGateways({ near: { aheadMs: 20_000 } });
      of("near").drains.add(drain);
      await until(() => of("far").drains.all.length === 1, "drained");
      of("far").drains.remove("bloc-core", null);
      await until(() => of("near").drains.all.length === 0, "put back in");
      await new Promise((resolve) => setTimeout(resolve, 600));
      expect([of("near").drains.all, of("far").drains.all]).toEqual([[], []]);
    });

    it("of somebody else's site hold at the gateway that was told alone", async () => {
      const base = serveWorld();
      const owners = [base.owners[0]!, { ...base.owners[0]!, id: "other" }];
      const world = {
        ...base,
        owners,
        sites: base.sites.map((site) => ({ ...site, owner: site.id === "bloc-core" ? 1 : 0 })),
      };
      const { of } = await twoGateways({ near: { world }, far: { world } });
      of("near").drains.add(drain);
      of("far").drains.add({ ...drain, workload: "chat" });
      await until(() => of("near").drains.all.length === 2, "the owner's word is known");
      expect(of("far").drains.all).toEqual([{ ...drain, workload: "chat" }]);
    });

    it("come back to the gateway that was told, by others of other owners, when it is started anew", async () => {
      const base = serveWorld();
      const owners = [base.owners[0]!, { ...base.owners[0]!, id: "other" }];
      const sites = base.sites.map((site) => ({ ...site, owner: site.id === "bloc-core" ? 1 : 0 }));
      const world = { ...base, owners, sites };
      const { of, restart, farSpec } = await twoGateways({ near: { world }, far: { world } });
      of("far").drains.add(drain);
      await until(() => of("near").drains.all.length === 1, "known to the other");
      await of("far").stop();
      await restart({ ...farSpec, world });
      await until(() => of("far").drains.all.length === 1, "drained after a restart");
    });
  });
});

describe("requests that are handed over", () => {
  /** A request as the near gateway would hand it to the far one, with changes to what it states. */
  async function handOver(
    changes: Record<string, unknown> = {},
    options: { by?: string; body?: string; before?: Record<string, unknown> } = {},
  ) {
    const made = await twoGateways();
    const { of, sealOf, servers } = made;
    const body = JSON.stringify({ ...chat, model: "disperse/chat" });
    const seal = sealOf(options.by ?? "near");
    const usual = {
      from: "near",
      to: "far",
      run: of("near").peers.others[0]!.startedEpochMs,
      fromRun: 1,
      number: 0,
      id: "req_1",
      path: "/v1/chat/completions",
      digest: seal.digest(body, false),
      epochMs: Date.now(),
      workload: "chat",
      area: "town",
      access: "fibre",
      site: "bloc-core",
      account: null,
      slo: "budget",
      priority: "normal",
      waitedMs: 0,
      attempt: 1,
      afterLoss: false,
      traceparent: null,
    };
    const send = (stated: Record<string, unknown>) => {
      const text = JSON.stringify({ ...usual, ...stated });
      const field = `${seal.seal(`disperse handover v1\n${text}`)} ${text}`;
      return of("far").post(options.body ?? body, { "x-disperse-handover": field });
    };
    if (options.before) expect((await send(options.before)).status).toBe(200);
    const response = await send(changes);
    return {
      status: response.status,
      text: await response.text(),
      asked: servers.far.requests.length,
      rows: of("far").rows,
    };
  }

  it("are taken over with a statement that holds", async () => {
    expect(await handOver()).toMatchObject({ status: 200, asked: 1 });
  });

  it("are taken over from a gateway whose clock is seconds apart", async () => {
    expect(await handOver({ epochMs: Date.now() + 15_000 })).toMatchObject({ status: 200 });
  });

  it.each([
    ["sealed by somebody else", {}, { by: "far" }],
    ["for another body", {}, { body: JSON.stringify({ ...chat, max_tokens: 5 }) }],
    ["for another endpoint", { path: "/v1/completions" }, {}],
    ["for another gateway", { to: "near" }, {}],
    ["from a gateway nobody knows", { from: "nobody" }, {}],
    ["from an earlier run", { run: 17 }, {}],
    ["that is old", { epochMs: Date.now() - 60_000 }, {}],
    ["for a site it does not hold", { site: "near-edge" }, {}],
    ["of a class nobody knows", { slo: "always" }, {}],
    ["whose id would end a header field", { id: "req_1\r\nx-more: 1" }, {}],
    ["whose id is longer than any", { id: "r".repeat(300) }, {}],
    ["whose attempt is no number of one", { attempt: 1.5 }, {}],
  ])("are refused with a statement %s", async (_how, changes, options) => {
    const { status, text, asked } = await handOver(changes, options);
    expect([status, asked]).toEqual([403, 0]);
    expect(text).toContain("handover_refused");
  });

  it("are refused when the statement was used before", async () => {
    expect(await handOver({}, { before: {} })).toMatchObject({ status: 403, asked: 1 });
    expect(await handOver({ number: 1 }, { before: {} })).toMatchObject({ status: 200, asked: 2 });
  });

  it("are written down each time, also when who hands over calls them by one id", async () => {
    const { rows } = await handOver({ number: 1 }, { before: {} });
    await until(async () => (await rows()).length === 2, "both rows");
    const [one, other] = await rows();
    expect(one!.requestId).not.toBe(other!.requestId);
  });

  it("are refused when the statement is of an earlier run of who hands over", async () => {
    expect(await handOver({ fromRun: 4 }, { before: { fromRun: 5 } })).toMatchObject({ status: 403, asked: 1 });
    expect(await handOver({ fromRun: 6 }, { before: { fromRun: 5 } })).toMatchObject({ status: 200, asked: 2 });
  });

  it("are refused when the law keeps their data out, whatever the other gateway thinks", async () => {
    const abroad = await startUpstream(wellBehaved);
    const near = await startUpstream(failWith(500));
    closing.push(
      () => abroad.close(),
      () => near.close(),
    );
    // The gateway at the edge goes by a plan in which the site abroad lies in the bloc.
    const base = serveWorld();
    const moved = base.sites.map((site) => (site.id === "abroad-core" ? { ...site, country: "BB" } : site));
    const mesh = await startMesh([
      { name: "near", sites: { "near-edge": near.url }, world: { ...base, sites: moved } },
      { name: "abroad", sites: { "abroad-core": abroad.url } },
    ]);
    closing.push(mesh.close);
    expect((await mesh.of("near").post(chat)).status).toBe(502);
    expect(abroad.requests).toHaveLength(0);
    expect(mesh.of("abroad").metrics()).toContain('disperse_refusals_total{code="residency_refused"} 1');
    // And with the right plan they are not even sent.
    const honest = await startMesh([
      { name: "near", sites: { "near-edge": near.url } },
      { name: "abroad", sites: { "abroad-core": abroad.url } },
    ]);
    closing.push(honest.close);
    await honest.of("near").post(chat);
    expect(honest.of("abroad").metrics()).not.toContain("residency_refused");
  });
});
