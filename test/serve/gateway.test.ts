import { hash } from "node:crypto";
import { gzipSync } from "node:zlib";
import OpenAI from "openai";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createMemoryStore } from "../../src/adapters/store-memory/index.ts";
import type { World } from "../../src/catalog/index.ts";
import {
  Accounts,
  createReloadable,
  RowQueue,
  withCors,
  type Account,
  type GatewayParts,
  type LiveEvent,
  type Reply,
  type Store,
} from "../../src/serve/index.ts";
import { testWorkload } from "../worlds/tiny-world.ts";
import { startUpstream, wellBehaved } from "./misbehaving-upstream.ts";
import { createGateway, serveWorld, testMesh, transports, type Transport } from "./test-mesh.ts";

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((close) => close()));
});

async function startGateway(transport: Transport, world: World = serveWorld(), extra: Partial<GatewayParts> = {}) {
  const mesh = testMesh({ world });
  const gateway = createGateway({ ...mesh.parts, ...extra });
  const service = await transport.serve(gateway, { host: "127.0.0.1", port: 0 });
  let stopped: Promise<void> | null = null;
  const stop = (graceMs = 2_000) => (stopped ??= service.close(graceMs));
  open.push(() => stop());
  const client = new OpenAI({ baseURL: `${service.url}/v1`, apiKey: "none", maxRetries: 0 });
  const post = (body: unknown, headers: Record<string, string> = {}) =>
    fetch(`${service.url}/v1/chat/completions`, {
      method: "POST",
      headers,
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
  return { ...mesh, gateway, url: service.url, client, post, stop, rows: () => mesh.store.read(0, 1_000) };
}

const messages = [{ role: "user" as const, content: "Hello there" }];
const chat = { model: "disperse/chat", messages };

describe.each(transports)("over $name:", (transport) => {
  const start = (world?: World, extra?: Partial<GatewayParts>) => startGateway(transport, world, extra);

  describe("bodies", () => {
    const packed = (
      url: string,
      bytes: Uint8Array<ArrayBuffer>,
      coding: string,
      headers: Record<string, string> = {},
    ) =>
      fetch(`${url}/v1/chat/completions`, {
        method: "POST",
        headers: { "content-encoding": coding, ...headers },
        body: bytes,
      });
    const body = JSON.stringify({ ...chat, max_tokens: 3 });

    it("of a million fields are refused, and others are served meanwhile; as many numbers are not", async () => {
      const { url, post } = await start();
      const fields = Array.from({ length: 1_000_000 }, (_, index) => `"${index.toString(36)}":1`).join();
      const paths = ["/v1/chat/completions", "/v1/responses", "/v1/batches", "/v1/conversations"];
      const answers = paths.map((path) => fetch(`${url}${path}`, { method: "POST", body: `{${fields}}` }));
      expect((await post({ ...chat, max_tokens: 1 })).status).toBe(200);
      for (const answer of await Promise.all(answers)) {
        expect(answer.status).toBe(400);
        expect(await answer.text()).toContain("more than 100000 texts");
      }
      const numbers = Array.from({ length: 1_000_000 }, (_, index) => index % 1_000);
      expect((await post({ ...chat, max_tokens: 1, numbers })).status).toBe(200);
    });

    it("may come packed; what is not read is told by the name of the header", async () => {
      const { url, rows } = await start();
      const answer = await packed(url, new Uint8Array(gzipSync(body)), "gzip");
      expect(answer.status).toBe(200);
      await answer.arrayBuffer();
      await vi.waitFor(async () => expect(await rows()).toMatchObject([{ requestBytes: body.length }]));
      for (const [bytes, coding, status] of [
        [gzipSync(body), "compress", 415],
        [Buffer.from(body), "gzip", 400],
        [gzipSync(Buffer.alloc(33 * 1024 * 1024)), "gzip", 413],
      ] as const) {
        const refused = await packed(url, new Uint8Array(bytes), coding);
        expect(refused.status).toBe(status);
        const { error } = (await refused.json()) as { error: { message: string; param: string | null } };
        if (status === 413) continue;
        expect(error).toMatchObject({ param: "content-encoding", message: expect.stringContaining(coding) });
        if (status === 415) expect(refused.headers.get("accept-encoding")).toBe("gzip, deflate, br");
      }
    });

    it("that never become requests are refused in a way that pages of other origins may read", async () => {
      const { parts } = testMesh();
      const gateway = withCors(createGateway(parts), ["https://app.example"]);
      const service = await transport.serve(gateway, { host: "127.0.0.1", port: 0, maxBodyBytes: 10 });
      open.push(() => service.close(100));
      for (const [bytes, status] of [
        ["x".repeat(11), 413],
        [new Uint8Array([0xff]), 400],
      ] as const) {
        const refused = await fetch(`${service.url}/v1/chat/completions`, {
          method: "POST",
          headers: { origin: "https://app.example" },
          body: bytes,
        });
        expect(refused.status).toBe(status);
        expect(refused.headers.get("access-control-allow-origin")).toBe("https://app.example");
        await refused.arrayBuffer();
      }
    });
  });

  describe("the OpenAI client on an emulated mesh", () => {
    it("gets as many answers side by side as it asks for, whole and as a stream, and pays for all of them", async () => {
      const { client, rows } = await start();
      const many = { ...chat, n: 3, max_tokens: 4 };
      const whole = await client.chat.completions.create(many);
      const usage = { prompt_tokens: 3, completion_tokens: 12, total_tokens: 15 };
      expect(whole.choices.map(({ index, finish_reason }) => [index, finish_reason])).toEqual([
        [0, "length"],
        [1, "length"],
        [2, "length"],
      ]);
      expect(whole.usage).toMatchObject(usage);
      const words = [0, 0, 0];
      const ends: number[] = [];
      let told;
      const options = { stream: true, stream_options: { include_usage: true } } as const;
      for await (const chunk of await client.chat.completions.create({ ...many, ...options })) {
        for (const { index, delta, finish_reason } of chunk.choices) {
          if (delta.content) words[index]!++;
          if (finish_reason === "length") ends.push(index);
        }
        told = chunk.usage ?? told;
      }
      expect([words, ends.toSorted((a, b) => a - b), told]).toMatchObject([[4, 4, 4], [0, 1, 2], usage]);
      const prompts = { model: chat.model, prompt: ["One", "Two"], n: 2, max_tokens: 4 };
      const texts = await client.completions.create(prompts);
      expect(texts.choices.map(({ index, text }) => [index, text.split(" ").length])).toEqual(
        [0, 1, 2, 3].map((index) => [index, 4]),
      );
      expect(texts.usage).toMatchObject({ completion_tokens: 16 });
      const rowTokens = [12, 12, 16].map((outputTokens) => ({ outputTokens, tokenSource: "engine" }));
      await vi.waitFor(async () => expect(await rows()).toMatchObject(rowTokens));
      await expect(client.chat.completions.create({ ...many, n: 0 })).rejects.toMatchObject({ status: 400 });
    });

    it("gets a whole answer that says it is emulated, with usage", async () => {
      const { client } = await start();
      const { data, response } = await client.chat.completions.create({ ...chat, max_tokens: 9 }).withResponse();
      expect(data.model).toBe("emulated/small");
      expect(data.choices[0]?.message.content).toContain("emulated");
      expect(data.choices[0]?.finish_reason).toBe("length");
      expect(data.usage).toMatchObject({ completion_tokens: 9, total_tokens: data.usage!.prompt_tokens + 9 });
      expect(response.headers.get("x-request-id")).toMatch(/^req_/);
      const header = (name: string) => response.headers.get(`x-disperse-${name}`);
      expect(header("emulated")).toBe("true");
      expect([header("site"), header("tier"), header("attempts")]).toEqual(["near-edge", "edge", "1"]);
      expect(header("budget-ms")).toMatch(/^total=400, network=[\d.]+, queue=[\d.]+, prefill=[\d.]+$/);
      expect(Number(header("cost-usd"))).toBeGreaterThan(0);
    });

    it("streams the same words one by one, with usage only when asked for", async () => {
      const { client } = await start();
      const read = async (include: boolean) => {
        const stream = await client.chat.completions.create({
          ...chat,
          stream: true,
          ...(include && { stream_options: { include_usage: true } }),
        });
        let text = "";
        let usage = 0;
        for await (const chunk of stream) {
          text += chunk.choices[0]?.delta.content ?? "";
          usage += chunk.usage?.completion_tokens ?? 0;
        }
        return { text, usage };
      };
      expect(await read(true)).toEqual({ text: expect.stringContaining("emulated"), usage: 24 });
      expect((await read(false)).usage).toBe(0);
    });

    it("lists the models and finds one", async () => {
      const { client } = await start();
      const ids = (await client.models.list()).data.map((model) => model.id);
      expect(ids).toEqual(["disperse/chat", "emulated/small"]);
      expect((await client.models.retrieve("disperse/chat")).id).toBe("disperse/chat");
      await expect(client.models.retrieve("other")).rejects.toMatchObject({ status: 404, code: "model_not_found" });
    });
  });

  describe("refusals", () => {
    it.each([
      ["invalid_json", 400, "{", {}],
      ["invalid_request", 400, { model: "disperse/chat" }, {}],
      ["model_not_found", 404, { ...chat, model: "gpt-9" }, {}],
      ["unknown_area", 400, chat, { "x-disperse-area": "atlantis" }],
      ["unknown_access", 400, chat, { "x-disperse-access": "pigeon" }],
    ])("name what is wrong: %s", async (code, status, body, headers) => {
      const { post, rows, stop } = await start();
      const response = await post(body, headers as Record<string, string>);
      expect(response.status).toBe(status);
      expect(response.headers.get("x-request-id")).toMatch(/^req_/);
      expect(await response.json()).toMatchObject({
        error: { code, message: expect.any(String), type: expect.any(String) },
      });
      await stop();
      expect(await rows()).toEqual([]);
    });

    it("say that no engine is connected, and list no model that nobody answers to", async () => {
      const { post, client } = await start(serveWorld(), { engines: () => null });
      const response = await post(chat);
      expect(response.status).toBe(503);
      expect(response.headers.get("retry-after")).toBeNull();
      expect(await response.json()).toMatchObject({
        error: { code: "no_site", message: expect.stringMatching(/connected.*near-edge.*--upstream/) as string },
      });
      expect((await client.models.list()).data).toEqual([]);
    });

    it("say that the law stands in the way, and which", async () => {
      const { post } = await start(serveWorld({ sites: [serveWorld().sites[2]!] }));
      const response = await post(chat);
      expect(response.status).toBe(403);
      expect(await response.json()).toMatchObject({ error: { code: "residency_refused", message: /AA test act|AA/ } });
      expect((await post(chat, { "x-disperse-slo": "best-effort" })).status).toBe(403);
    });

    it("say that physics stands in the way and what would help, unless late is good enough", async () => {
      const workloads = [{ ...serveWorld().workloads[0]!, ttft: { budgetMs: 9, attainmentRatio: 0.99 } }];
      const { post } = await start(serveWorld({ workloads }));
      const response = await post(chat);
      expect(response.status).toBe(503);
      const { error } = (await response.json()) as { error: { code: string; message: string } };
      expect(error.code).toBe("latency_unreachable");
      expect(error.message).toMatch(/within 9 ms.*What would help: /);
      const late = await post(chat, { "x-disperse-slo": "best-effort" });
      expect(late.status).toBe(200);
      expect(late.headers.get("x-disperse-reason")).toBe("best-effort");
    });

    it("explain themselves and decisions alike at /v1/routes", async () => {
      const { post, url } = await start();
      const id = (await post(chat)).headers.get("x-disperse-request-id");
      const route = (await (await fetch(`${url}/v1/routes/${id}`)).json()) as Record<string, unknown>;
      expect(route).toMatchObject({
        id,
        workload: "chat",
        area: "town",
        target: { site: "near-edge", terms: { rttMs: expect.any(Number), loadKnown: true } },
        fallbacks: [{ site: "bloc-core" }],
        rejected: [{ site: "abroad-core", reason: "residency" }],
      });
      expect(JSON.stringify(route)).not.toContain("Hello");
      expect((await fetch(`${url}/v1/routes/req_other`)).status).toBe(404);
    });
  });

  describe("keys and budgets", () => {
    const keyed = (fields: Partial<Account> = {}) => {
      const sha256 = (text: string) => hash("sha256", text);
      const account = {
        id: "team",
        budgetNanoUsd: null,
        spentNanoUsd: 0,
        requestsPerMinute: null,
        tokensPerMinute: null,
      };
      const key = {
        id: "key_1",
        digest: sha256("secret"),
        account: "team",
        workloads: "*" as const,
        expiresEpochMs: null,
      };
      return {
        accounts: new Accounts(
          { accounts: [{ ...account, ...fields }], keys: [key], digests: (secret: string) => [sha256(secret)] },
          performance.now(),
        ),
      };
    };
    const authorized = { authorization: "Bearer secret" };

    it("let nobody in without a key, and name the key in the ledger, not its text", async () => {
      const { post, rows, stop } = await start(serveWorld(), keyed());
      expect((await post(chat)).status).toBe(401);
      expect((await post(chat, { authorization: "Bearer wrong" })).status).toBe(401);
      expect((await post(chat, authorized)).status).toBe(200);
      await stop();
      const written = await rows();
      expect(written.map((row) => row.keyId)).toEqual(["key_1"]);
      expect(JSON.stringify(written)).not.toContain("secret");
    });

    it("are asked for where clients try them: at the list of models", async () => {
      const { url, stop } = await start(serveWorld(), keyed());
      const statuses = async (headers: Record<string, string>) =>
        Promise.all(
          ["", "/disperse/chat"].map(async (id) => (await fetch(`${url}/v1/models${id}`, { headers })).status),
        );
      expect(await statuses({})).toEqual([401, 401]);
      expect(await statuses({ authorization: "Bearer wrong" })).toEqual([401, 401]);
      expect(await statuses(authorized)).toEqual([200, 200]);
      await stop();
    });

    it("are asked for before anything large is taken in, at the paths that take it", async () => {
      const { url, gateway, stop } = await start(serveWorld(), keyed());
      const refusalAt = (path: string, authorization?: string) => {
        const sender = gateway.senderOf({
          method: "POST",
          path,
          body: "",
          bodyBytes: 0,
          header: (name) => (name === "authorization" ? authorization : undefined),
        });
        return sender.ok ? null : sender.error.code;
      };
      const path = "/v1/chat/completions";
      expect([refusalAt(path), refusalAt(path, "Bearer wrong")]).toEqual(["invalid_api_key", "invalid_api_key"]);
      expect([path, "/v1/files", "/v1/responses", "/tokenize"].map((at) => refusalAt(at, "Bearer secret"))).toEqual(
        Array.from({ length: 4 }, () => null),
      );
      expect(refusalAt("/chat/completions", "Bearer secret")).toBe("not_found");
      expect(refusalAt("/admin/drains", "Bearer secret")).toBe("request_too_large");
      const large = JSON.stringify({ ...chat, user: "x".repeat(200_000) });
      const answer = (headers: Record<string, string>) => fetch(url + path, { method: "POST", headers, body: large });
      expect((await answer(authorized)).status).toBe(200);
      await stop();
      expect(refusalAt(path, "Bearer secret")).toBe("shutting_down");
    });

    it("cannot be overspent by requests sent at once", async () => {
      // The engine holds its answers back until all twenty are let in or refused, so that they are at once indeed.
      const held: (() => void)[] = [];
      let holds = true;
      const upstream = await startUpstream((socket, request) => {
        if (holds) held.push(() => wellBehaved(socket, request));
        else wellBehaved(socket, request);
      });
      open.push(() => upstream.close());
      const { engines } = testMesh({ upstreams: { "near-edge": upstream.url }, client: transport.client }).parts;
      // One answer costs about 307,000 nano-USD at most; each reserves four times that.
      const { post, rows, stop } = await start(serveWorld(), { engines, ...keyed({ budgetNanoUsd: 3_000_000 }) });
      let refused = 0;
      const answers = Array.from({ length: 20 }, async () => {
        const answer = await post(chat, authorized);
        if (answer.status === 429) refused++;
        await answer.text();
        return answer.status;
      });
      await expect.poll(() => held.length + refused, { timeout: 10_000 }).toBe(20);
      expect(held).toHaveLength(2);
      holds = false;
      for (const answer of held) answer();
      const statuses = (await Promise.all(answers)).sort((a, b) => a - b);
      expect(statuses).toEqual([200, 200, ...Array.from({ length: 18 }, () => 429)]);
      // What was reserved and not used is free again, as soon as an answer has been read.
      expect((await post(chat, authorized)).status).toBe(200);
      await stop();
      const spent = (await rows()).reduce((sum, row) => sum + row.chargeNanoUsd, 0);
      expect(spent).toBeGreaterThan(0);
      expect(spent).toBeLessThanOrEqual(3_000_000);
    });

    it("say when to come back", async () => {
      const { post } = await start(serveWorld(), keyed({ requestsPerMinute: 1 }));
      await post(chat, authorized);
      const refused = await post(chat, authorized);
      expect(refused.status).toBe(429);
      expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(30);
    });
  });

  describe("a ledger that fails", () => {
    it("loses no row and doubles none while it is away, and stops the service when too much is unsaved", async () => {
      const kept = createMemoryStore();
      let away = true;
      const store: Store = {
        ...kept,
        append: (added) => (away ? Promise.reject(new Error("disk full")) : kept.append(added)),
      };
      const { post, stop } = await start(serveWorld(), { store, options: { maxUnsavedRows: 1 } });
      const answers = [await post(chat), await post(chat), await post(chat)];
      expect(answers.map((answer) => answer.status)).toEqual([200, 200, 503]);
      expect(await answers[2]!.json()).toMatchObject({ error: { code: "ledger_unavailable" } });
      away = false;
      await stop();
      expect(await kept.read(0, 10)).toHaveLength(2);
    });
  });

  describe("the console's feed", () => {
    it("tells of finished requests without their text", async () => {
      const { post, url } = await start();
      const feed = await fetch(`${url}/console/live`);
      const reader = feed.body!.pipeThrough(new TextDecoderStream()).getReader();
      await post({ ...chat, stream: true }).then((response) => response.text());
      let text = "";
      while (!text.includes("data: ")) text += (await reader.read()).value ?? "";
      await reader.cancel();
      const { requests } = JSON.parse(/data: (.*)/.exec(text)![1]!) as { requests: LiveEvent[] };
      expect(requests).toEqual([
        expect.objectContaining({ area: "town", site: "near-edge", tier: "edge", outcome: "served" }),
      ]);
      expect(requests[0]!.ttftMs).toBeGreaterThan(0);
      expect(text).not.toContain("Hello");
    });
  });

  describe("metrics and pages", () => {
    it("are served at the paths the composition gives them", async () => {
      const mesh = testMesh();
      const pages = async (path: string) =>
        path === "/metrics" ? { status: 200, contentType: "text/plain", body: mesh.telemetry.render() } : null;
      const { url, post } = await start(serveWorld(), { telemetry: mesh.telemetry, pages });
      await post({ ...chat, stream: true }).then((response) => response.text());
      const text = await (await fetch(`${url}/metrics`)).text();
      expect(text).toMatch(/disperse_time_to_first_token_seconds_bucket\{[^}]*le="0.015"\} \d/);
      expect(text).toMatch(/disperse_requests_total\{outcome="served",site="near-edge",workload="chat"\} 1/);
      expect((await fetch(`${url}/elsewhere`)).status).toBe(404);
    });
  });

  describe("another configuration", () => {
    it("takes over between two requests, while a stream that began before finishes as it was", async () => {
      const before = testMesh();
      const reloadable = createReloadable(createGateway(before.parts));
      const service = await transport.serve(reloadable, { host: "127.0.0.1", port: 0 });
      open.push(() => service.close(1_000));
      const ask = (fields: object) =>
        fetch(`${service.url}/v1/chat/completions`, { method: "POST", body: JSON.stringify({ ...chat, ...fields }) });
      const running = await ask({ stream: true });
      const world = serveWorld({ sites: serveWorld().sites.slice(1) });
      const after = testMesh({ world });
      const replaced = reloadable.replace(createGateway(after.parts), 5_000);
      expect((await ask({})).headers.get("x-disperse-site")).toBe("bloc-core");
      expect(running.headers.get("x-disperse-site")).toBe("near-edge");
      expect(await running.text()).toContain("[DONE]");
      await replaced;
      expect(await before.store.read(0, 10)).toHaveLength(1);
    });
  });

  describe("stopping", () => {
    const long = { ...chat, stream: true, max_tokens: 100_000 };
    const world = () =>
      serveWorld({
        workloads: [
          {
            ...testWorkload({ id: "chat" }),
            ttft: { budgetMs: 400, attainmentRatio: 0.9 },
            outputTokens: { mean: 60, cv: 0 },
          },
        ],
      });

    it("lets running streams finish and refuses new requests", async () => {
      const { post, stop, rows } = await start(world());
      const running = await post({ ...long, max_tokens: 60 });
      const stopping = stop(10_000);
      const text = await running.text();
      expect(text).toContain("[DONE]");
      await stopping;
      expect((await rows()).map((row) => row.outcome)).toEqual(["served"]);
    });

    it("ends streams that outlast the grace with an error, not silently", async () => {
      const patient = world();
      const { post, stop, rows } = await start({
        ...patient,
        workloads: patient.workloads.map((workload) => ({ ...workload, outputTokens: { mean: 4_000, cv: 0 } })),
      });
      const running = await post(long);
      const stopping = stop(50);
      const text = await running.text();
      expect(text).toContain('"code":"shutting_down"');
      expect(text).not.toContain("[DONE]");
      await stopping;
      expect(await rows()).toHaveLength(1);
    });
  });
});

describe("what was asked", () => {
  it.each([
    ["is kept no longer than until a stream has begun", false, ["begun", "forgotten", "more"]],
    ["is kept as long as another engine could go on with the answer", true, ["begun", "more"]],
  ])("%s", async (_name, continues, expected) => {
    const { parts } = testMesh({});
    const engines: typeof parts.engines = (group, index) => ({ ...parts.engines(group, index)!, continues });
    const gateway = createGateway({ ...parts, engines });
    const seen: string[] = [];
    await new Promise<void>((resolve) => {
      const body = JSON.stringify({ ...chat, stream: true });
      const call = { method: "POST", path: "/v1/chat/completions", body, bodyBytes: body.length };
      const forgetBody = () => void seen.push("forgotten");
      gateway.handle(
        { ...call, header: () => undefined, forgetBody },
        {
          send: () => seen.push("begun") > 0,
          write: (_bytes, last) => {
            if (last) resolve();
            return seen.at(-1) === "more" || seen.push("more") > 0;
          },
          reset: () => resolve(),
        },
      );
    });
    await gateway.stop(0);
    expect(seen.toSorted()).toEqual(expected.toSorted());
  });
});

describe("a mistake over one answer", () => {
  it("breaks that answer's connection and nothing else, and is metered once", async () => {
    const { parts, store } = testMesh({});
    const gateway = createGateway(parts);
    const ask = (reply: Partial<Reply>) =>
      new Promise<string>((resolve) => {
        const usual = { send: () => true, write: () => true, reset: () => resolve("reset") };
        const call = { method: "POST", path: "/v1/chat/completions", body: JSON.stringify(chat), bodyBytes: 99 };
        gateway.handle({ ...call, header: () => undefined }, { ...usual, ...reply });
      });
    const broken = ask({
      send() {
        throw new Error("a mistake of a transport");
      },
    });
    expect(await broken).toBe("reset");
    const whole = await new Promise<number>((resolve) => {
      void ask({ send: (status) => (resolve(status), true) });
    });
    expect(whole).toBe(200);
    await gateway.stop(1_000);
    expect((await store.read(0, 10)).map(({ attempt }) => attempt)).toEqual([1, 1]);
  });
});

describe("a mistake before an engine has a request", () => {
  const settings = {
    accounts: [
      {
        id: "team",
        budgetNanoUsd: 1e9,
        spentNanoUsd: 0,
        requestsPerMinute: null,
        tokensPerMinute: null,
        maxInFlight: 1,
      },
    ],
    keys: [{ id: "key-1", digest: "d", account: "team", workloads: "*" as const, expiresEpochMs: null }],
    digests: () => ["d"],
  };
  const fail = () => {
    throw new Error("a mistake");
  };

  it.each([
    ["when it is handed over", { start: fail }],
    ["when it is decided where it goes", { signals: fail }],
  ])("is answered once and gives back what was held for it: %s", async (_when, mistake) => {
    const { parts } = testMesh({});
    const accounts = new Accounts(settings, 0);
    const engines: typeof parts.engines = (group, index) => {
      const binding = parts.engines(group, index)!;
      const { engine } = binding;
      const signals = () => engine.signals();
      return {
        ...binding,
        engine: { start: (...asked) => engine.start(...asked), signals, close: () => engine.close(), ...mistake },
      };
    };
    const gateway = createGateway({ ...parts, accounts, engines });
    const body = JSON.stringify(chat);
    const call = { method: "POST", path: "/v1/chat/completions", body, bodyBytes: body.length };
    for (let index = 0; index < 3; index++) {
      const answers: number[] = [];
      const send = (status: number) => answers.push(status) > 0;
      const header = (name: string) => (name === "authorization" ? "Bearer key" : undefined);
      gateway.handle({ ...call, header }, { send, write: () => true, reset: () => answers.push(0) });
      expect(answers).toEqual([500]);
      expect(accounts.standing("team")).toEqual({ spentNanoUsd: 0, reservedNanoUsd: 0 });
    }
    await gateway.stop(0);
  });
});

describe("a gateway whose ledger refuses every row", () => {
  it("still comes to its end, tries no more afterwards, and tells how many rows are lost", async () => {
    const { parts } = testMesh();
    let scheduled = 0;
    const clock: typeof parts.clock = {
      ...parts.clock,
      schedule(delayMs, task) {
        scheduled++;
        return parts.clock.schedule(delayMs, task);
      },
    };
    let asked = 0;
    const store = {
      ...parts.store,
      append: async () => {
        asked++;
        throw new Error("the disk is full");
      },
    };
    const rows = new RowQueue(store, clock, parts.telemetry);
    const gateway = createGateway({ ...parts, clock, rows });
    const service = await transports[0]!.serve(gateway, { host: "127.0.0.1", port: 0 });
    const body = JSON.stringify({ model: "disperse/chat", max_tokens: 2, messages: [{ role: "user", content: "Hi" }] });
    expect((await fetch(`${service.url}/v1/chat/completions`, { method: "POST", body })).status).toBe(200);
    await service.close(100);
    await rows.settled();
    expect(rows.size).toBe(1);
    const before = { asked, scheduled };
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect({ asked, scheduled }).toEqual(before);
  });
});
