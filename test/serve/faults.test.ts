import OpenAI, { APIError } from "openai";
import { afterEach, describe, expect, it } from "vitest";
import type { World } from "../../src/catalog/index.ts";
import type { GatewayOptions, LedgerRow } from "../../src/serve/index.ts";
import {
  answer,
  contentEvent,
  doneEvent,
  endless,
  failWith,
  finishEvent,
  frame,
  roleEvent,
  sendThen,
  startUpstream,
  streamHead,
  streamOf,
  streamThen,
  usageEvent,
  wellBehaved,
  wholeAnswer,
  type Behaviour,
  type Upstream,
} from "./misbehaving-upstream.ts";
import { afterContent, beforeContent, brokenWhole, patience } from "./fault-catalogue.ts";
import { createGateway, serveWorld, testMesh, transports, type Transport } from "./test-mesh.ts";

/** A gateway over three upstreams: the nearest, the one allowed to take over, and one the law forbids. */
async function openMesh(
  transport: Transport,
  near: Behaviour,
  { world, ...options }: Partial<GatewayOptions> & { continues?: boolean; world?: World } = {},
) {
  const upstreams = await Promise.all([startUpstream(near), startUpstream(wellBehaved), startUpstream(wellBehaved)]);
  const [nearUpstream, blocUpstream, abroadUpstream] = upstreams as [Upstream, Upstream, Upstream];
  const mesh = testMesh({
    ...(world && { world }),
    upstreams: {
      "near-edge": nearUpstream.url,
      "bloc-core": blocUpstream.url,
      "abroad-core": abroadUpstream.url,
    },
    client: transport.client,
    continues: options.continues ?? false,
    gateway: { ...patience(near), ...options },
  });
  const service = await transport.serve(createGateway(mesh.parts), { host: "127.0.0.1", port: 0 });
  const client = new OpenAI({ baseURL: `${service.url}/v1`, apiKey: "none", maxRetries: 0 });
  const opened = {
    url: service.url,
    client,
    near: nearUpstream,
    bloc: blocUpstream,
    abroad: abroadUpstream,
    rows: () => mesh.store.read(0, 100),
    stop: () => service.close(500),
    async close() {
      await service.close(500);
      await Promise.all(upstreams.map((upstream) => upstream.close()));
    },
  };
  open.push(opened);
  return opened;
}

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((mesh) => mesh.close()));
});

const last = "0\r\n\r\n";

const request = { model: "disperse/chat", messages: [{ role: "user" as const, content: "Hello" }] };

async function readStream(client: OpenAI) {
  let text = "";
  let finish: string | null = null;
  try {
    const { data, response } = await client.chat.completions.create({ ...request, stream: true }).withResponse();
    for await (const chunk of data) {
      text += chunk.choices[0]?.delta.content ?? "";
      finish = chunk.choices[0]?.finish_reason ?? finish;
    }
    return { text, finish, error: null, site: response.headers.get("x-disperse-site") };
  } catch (error) {
    if (!(error instanceof APIError)) throw error;
    return { text, finish, error, site: null };
  }
}

const charged = (rows: readonly LedgerRow[]) => rows.filter((row) => row.chargeNanoUsd > 0);

describe.each(transports)("over $name:", (transport) => {
  const meshOf = (near: Behaviour, options?: Parameters<typeof openMesh>[2]) => openMesh(transport, near, options);

  describe("a stream that fails before its first content", () => {
    it.each(Object.entries(beforeContent))(
      "is taken over unseen by another allowed site: %s",
      async (_name, behaviour) => {
        const mesh = await meshOf(behaviour);
        const result = await readStream(mesh.client);
        expect(result).toEqual({ text: "one two three", finish: "stop", error: null, site: "bloc-core" });
        await mesh.stop();
        const rows = await mesh.rows();
        expect(rows.map((row) => row.site)).toEqual(["near-edge", "bloc-core"]);
        expect(charged(rows)).toHaveLength(1);
        expect(mesh.abroad.requests).toHaveLength(0);
      },
    );
  });

  describe("a stream that fails after its first content", () => {
    it.each(Object.entries(afterContent))(
      "ends with an error inside the stream, never cleanly: %s",
      async (_name, behaviour) => {
        const mesh = await meshOf(behaviour);
        const result = await readStream(mesh.client);
        expect(result.text).toBe("one ");
        expect(result.error).toBeInstanceOf(APIError);
        expect(result.error?.code).toMatch(/^upstream_/);
        await mesh.stop();
        const rows = await mesh.rows();
        expect(rows).toHaveLength(1);
        expect(charged(rows)).toHaveLength(0);
        expect(mesh.bloc.requests).toHaveLength(0);
      },
    );

    it("never carries the closing sentinel", async () => {
      const mesh = await meshOf(streamThen([roleEvent, contentEvent("one ")], "reset"));
      const response = await fetch(`${mesh.url}/v1/chat/completions`, {
        method: "POST",
        body: JSON.stringify({ ...request, stream: true }),
      });
      const text = await response.text();
      expect(text).toContain('data: {"error":');
      expect(text).not.toContain("[DONE]");
      // The engine's own words and addresses stay inside.
      expect(text).not.toMatch(/127\.0\.0\.1|ECONN/);
    });
  });

  describe("an answer that is not a stream", () => {
    it.each(Object.entries(brokenWhole))("is taken over unseen: %s", async (_name, behaviour) => {
      const mesh = await meshOf(behaviour);
      const { data, response } = await mesh.client.chat.completions.create(request).withResponse();
      expect(data.choices[0]?.message.content).toBe("one two three");
      expect(data.usage?.prompt_tokens).toBe(11);
      expect(response.headers.get("x-disperse-site")).toBe("bloc-core");
      expect(response.headers.get("x-disperse-attempts")).toBe("2");
      await mesh.stop();
      expect(charged(await mesh.rows())).toHaveLength(1);
    });

    it("passes a refusal of the request itself on, without asking another site", async () => {
      const mesh = await meshOf(failWith(400));
      await expect(mesh.client.chat.completions.create(request)).rejects.toMatchObject({
        status: 400,
        message: /upstream says 400/,
      });
      expect(mesh.bloc.requests).toHaveLength(0);
    });

    it.each([
      ["lacks the model", 404],
      ["was not started for the endpoint", 501],
    ])("asks another site when an engine %s, and passes its word on when all do", async (_what, status) => {
      const mesh = await meshOf(failWith(status));
      const { response } = await mesh.client.chat.completions.create(request).withResponse();
      expect(response.headers.get("x-disperse-site")).toBe("bloc-core");
      mesh.bloc.behave(failWith(status));
      await expect(mesh.client.chat.completions.create(request)).rejects.toMatchObject({
        status,
        message: new RegExp(`upstream says ${status}`),
      });
      expect(mesh.abroad.requests).toHaveLength(0);
    });

    it("asks an engine that lacks the model last from then on, but for other endpoints first as ever", async () => {
      const mesh = await meshOf(failWith(404));
      for (let index = 0; index < 3; index++) await mesh.client.chat.completions.create(request);
      expect([mesh.near.requests.length, mesh.bloc.requests.length]).toEqual([1, 3]);
      // The other one lacks it as well by now: whoever has it again is found.
      mesh.bloc.behave(failWith(404));
      mesh.near.behave(wellBehaved);
      const { response } = await mesh.client.chat.completions.create(request).withResponse();
      expect(response.headers.get("x-disperse-site")).toBe("near-edge");
      mesh.bloc.behave(wellBehaved);
      mesh.near.behave(failWith(404));
      await mesh.client.completions.create({ model: request.model, prompt: "Hello" });
      expect(mesh.near.requests.length).toBe(3);
    });

    it("says that engines are busy when the only one that is not lacks the model", async () => {
      const mesh = await meshOf(failWith(503));
      mesh.bloc.behave(failWith(404));
      await expect(mesh.client.chat.completions.create(request)).rejects.toMatchObject({
        status: 429,
        code: "overloaded",
      });
    });

    it("never leaves the countries the law allows, even when every allowed site has failed", async () => {
      const mesh = await meshOf(failWith(500));
      mesh.bloc.behave(sendThen("", "reset"));
      await expect(mesh.client.chat.completions.create(request)).rejects.toMatchObject({
        status: 502,
        code: "upstream_failed",
      });
      expect(mesh.abroad.requests).toHaveLength(0);
    });

    it.each(["budget", "best-effort"])("asks engines that failed again as soon as somebody comes: %s", async (slo) => {
      // A budget that an engine thought to be slow, because it failed, could not keep.
      const workloads = [{ ...serveWorld().workloads[0]!, ttft: { budgetMs: 60, attainmentRatio: 0.9 } }];
      const mesh = await meshOf(failWith(500), { world: serveWorld({ workloads }) });
      mesh.bloc.behave(failWith(500));
      const ask = () =>
        fetch(`${mesh.url}/v1/chat/completions`, {
          method: "POST",
          headers: { "x-disperse-slo": slo },
          body: JSON.stringify(request),
        });
      for (let failures = 0; failures < 12; failures++) expect((await ask()).status).toBe(502);
      // Both are suspected now, and there is nobody else.
      mesh.near.behave(wellBehaved);
      mesh.bloc.behave(wellBehaved);
      const answers = await Promise.all(Array.from({ length: 6 }, ask));
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    });

    it("hands the engine's wish to be left alone on to the caller when nobody else can help", async () => {
      const mesh = await meshOf(failWith(503, "retry-after: 7\r\n"));
      mesh.bloc.behave(failWith(503, "retry-after: 7\r\n"));
      const response = await fetch(`${mesh.url}/v1/chat/completions`, {
        method: "POST",
        body: JSON.stringify(request),
      });
      expect(response.status).toBe(429);
      expect(response.headers.get("retry-after")).toBe("7");
      // Both rest now: the next caller is told at once, and no engine is asked.
      const next = await fetch(`${mesh.url}/v1/chat/completions`, { method: "POST", body: JSON.stringify(request) });
      expect(next.status).toBe(429);
      expect(Number(next.headers.get("retry-after"))).toBeGreaterThan(5);
      expect(mesh.near.requests.length + mesh.bloc.requests.length).toBe(2);
    });
  });

  describe("a client that leaves", () => {
    const cases: [string, Behaviour, boolean][] = [
      ["before headers", () => {}, true],
      ["before the first token", streamThen([roleEvent], "stay"), true],
      ["in mid-stream", endless(5), true],
      ["while a JSON answer is made", () => {}, false],
    ];
    it.each(cases)("stops the engine: %s", async (_name, behaviour, stream) => {
      const mesh = await meshOf(behaviour, { firstTokenTimeoutMs: 5_000, wholeAnswerTimeoutMs: 5_000 });
      const leaving = new AbortController();
      const answered = fetch(`${mesh.url}/v1/chat/completions`, {
        method: "POST",
        body: JSON.stringify({ ...request, stream }),
        signal: leaving.signal,
      })
        .then((response) => response.text())
        .catch(() => "");
      while (mesh.near.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      // A moment for what the upstream has sent to come through.
      await new Promise((resolve) => setTimeout(resolve, 40));
      leaving.abort();
      await mesh.near.abandoned;
      await answered;
      await mesh.stop();
      const rows = await mesh.rows();
      expect(rows.map((row) => row.outcome)).toEqual(["client-left"]);
      expect(mesh.bloc.requests).toHaveLength(0);
    });

    it("pays for what was generated until then, counted in the stream", async () => {
      const mesh = await meshOf(endless(2));
      const stream = await mesh.client.chat.completions.create({ ...request, stream: true });
      let seen = 0;
      for await (const chunk of stream) if (chunk.choices[0]?.delta.content) if (++seen === 5) break;
      await mesh.near.abandoned;
      await mesh.stop();
      const [row] = await mesh.rows();
      expect(row).toMatchObject({ outcome: "client-left", tokenSource: "counted" });
      expect(row!.outputTokens).toBeGreaterThanOrEqual(5);
      expect(row!.chargeNanoUsd).toBeGreaterThan(0);
    });
  });

  describe("usage", () => {
    it("reaches a client that asked for it and the ledger in any case", async () => {
      const mesh = await meshOf(wellBehaved);
      const stream = await mesh.client.chat.completions.create({
        ...request,
        stream: true,
        stream_options: { include_usage: true },
      });
      let promptTokens = 0;
      for await (const chunk of stream) promptTokens = chunk.usage?.prompt_tokens ?? promptTokens;
      expect(promptTokens).toBe(11);
      await readStream(mesh.client);
      await mesh.stop();
      for (const row of await mesh.rows())
        expect(row).toMatchObject({ tokenSource: "engine", inputTokens: 11, outputTokens: 3 });
    });

    it.each([
      ["negative", { prompt_tokens: -4, completion_tokens: -1 }],
      ["text", { prompt_tokens: "many", completion_tokens: null }],
      ["fractions", { prompt_tokens: 1.5, completion_tokens: Number.MAX_VALUE }],
    ])("that makes no sense is replaced by counting: %s", async (_name, usage) => {
      const bad = `data: ${JSON.stringify({ choices: [], usage })}\n\n`;
      const mesh = await meshOf(streamOf(roleEvent, contentEvent("a"), contentEvent("b"), finishEvent, bad, doneEvent));
      await readStream(mesh.client);
      await mesh.stop();
      const [row] = await mesh.rows();
      expect(row).toMatchObject({ tokenSource: "counted", inputTokens: 2 });
      expect(row!.outputTokens).toBeGreaterThanOrEqual(2);
    });
  });

  describe("other endpoints", () => {
    const event = (name: string, fields: object) =>
      `event: ${name}\ndata: ${JSON.stringify({ type: name, ...fields })}\n\n`;
    const responseUsage = {
      input_tokens: 5,
      output_tokens: 2,
      total_tokens: 7,
      input_tokens_details: { cached_tokens: 1 },
    };
    const responseEvents = [
      event("response.created", { response: { id: "resp_1" } }),
      event("response.output_text.delta", { delta: "hi" }),
      event("response.completed", { response: { id: "resp_1", usage: responseUsage } }),
    ];

    it("stream responses to their last event, without a sentinel of another API", async () => {
      const mesh = await meshOf(streamOf(...responseEvents));
      const answer = await fetch(`${mesh.url}/v1/responses`, {
        method: "POST",
        body: JSON.stringify({ model: "disperse/chat", input: "Hello", stream: true }),
      });
      expect(await answer.text()).toBe(responseEvents.join(""));
      expect(JSON.parse(mesh.near.requests[0]!.body)).toEqual({
        model: "upstream-model",
        input: "Hello",
        stream: true,
      });
      await mesh.stop();
      const rows = await mesh.rows();
      expect(rows).toMatchObject([
        { outcome: "served", inputTokens: 5, outputTokens: 2, cachedTokens: 1, tokenSource: "engine" },
      ]);
    });

    it("fail over and break off like chat does", async () => {
      const mesh = await meshOf(streamThen(responseEvents.slice(0, 1), "reset"));
      mesh.bloc.behave(streamThen(responseEvents.slice(0, 2), "reset"));
      const answer = await fetch(`${mesh.url}/v1/responses`, {
        method: "POST",
        body: JSON.stringify({ model: "disperse/chat", input: "Hello", stream: true }),
      });
      const text = await answer.text();
      expect(text).toContain("hi");
      // In this API's own form: an event with a name and a number.
      expect(text).toMatch(/event: error\ndata: \{"type":"error","code":"upstream_failed",.*\}\n\n$/);
    });

    it("embed and complete", async () => {
      const embedding = JSON.stringify({
        object: "list",
        data: [{ embedding: [1] }],
        usage: { prompt_tokens: 3, total_tokens: 3 },
      });
      const mesh = await meshOf((socket) => answer(socket, 200, embedding));
      const embedded = await mesh.client.embeddings.create({
        model: "disperse/chat",
        input: ["a", "b"],
        encoding_format: "float",
      });
      expect(embedded.data[0]?.embedding).toEqual([1]);
      mesh.near.behave(
        streamOf(
          'data: {"choices":[{"index":0,"text":"one","finish_reason":null}]}\n\n',
          finishEvent,
          usageEvent,
          doneEvent,
        ),
      );
      const stream = await mesh.client.completions.create({ model: "disperse/chat", prompt: "Hello", stream: true });
      let text = "";
      for await (const chunk of stream) text += chunk.choices[0]?.text ?? "";
      expect(text).toBe("one");
      await mesh.stop();
      expect((await mesh.rows()).map((row) => row.inputTokens)).toEqual([3, 11]);
    });
  });

  describe("a first token that is late", () => {
    it("is asked for at a second allowed site, and the caller pays once", async () => {
      const mesh = await meshOf(wellBehaved, { hedgeRatio: 1, firstTokenTimeoutMs: 5_000 });
      for (let index = 0; index < 64; index++) await readStream(mesh.client);
      mesh.near.behave(streamThen([roleEvent], "stay"));
      const result = await readStream(mesh.client);
      expect(result).toMatchObject({ text: "one two three", error: null, site: "bloc-core" });
      await mesh.stop();
      const rows = await mesh.rows();
      expect(rows.slice(-2).map((row) => [row.site, row.outcome, row.chargeNanoUsd > 0])).toEqual([
        ["near-edge", "superseded", false],
        ["bloc-core", "served", true],
      ]);
      expect(mesh.abroad.requests).toHaveLength(0);
    });

    it("is not asked for beyond the budget, where only a loss sends anyone", async () => {
      const base = serveWorld();
      const world = {
        ...base,
        sites: base.sites.map((site) => (site.id === "bloc-core" ? { ...site, latitude: 50, longitude: 24 } : site)),
        workloads: base.workloads.map((one) => ({
          ...one,
          ttft: { ...one.ttft, budgetMs: 40 },
          failoverBudgetMs: 400,
        })),
      };
      const mesh = await meshOf(wellBehaved, { world, hedgeRatio: 1, firstTokenTimeoutMs: 5_000 });
      for (let index = 0; index < 64; index++) await readStream(mesh.client);
      mesh.near.behave((socket, asked) => void setTimeout(() => wellBehaved(socket, asked), 200));
      expect(await readStream(mesh.client)).toMatchObject({ text: "one two three", error: null, site: "near-edge" });
      expect(mesh.bloc.requests).toHaveLength(0);
      mesh.near.behave(failWith(500));
      expect(await readStream(mesh.client)).toMatchObject({ text: "one two three", error: null, site: "bloc-core" });
    });

    it("comes from the first site all the same when the second lacks the model", async () => {
      const mesh = await meshOf(wellBehaved, { hedgeRatio: 1, firstTokenTimeoutMs: 5_000 });
      for (let index = 0; index < 64; index++) await readStream(mesh.client);
      mesh.near.behave((socket, asked) => {
        // Once the second has been asked and has answered.
        const timer = setInterval(() => {
          if (mesh.bloc.requests.length === 0) return;
          clearInterval(timer);
          setTimeout(() => wellBehaved(socket, asked), 100);
        }, 5);
      });
      mesh.bloc.behave(failWith(404));
      expect(await readStream(mesh.client)).toMatchObject({ text: "one two three", error: null, site: "near-edge" });
    });
  });

  it("leaves an engine that takes requests and gives no first token, and asks elsewhere for what it holds", async () => {
    const mesh = await meshOf(streamThen([roleEvent], "stay"), { hedgeRatio: 0, firstTokenTimeoutMs: 30_000 });
    const asked = performance.now();
    const held = await Promise.all([1, 2, 3].map(() => readStream(mesh.client)));
    for (const result of held) expect(result).toMatchObject({ text: "one two three", error: null, site: "bloc-core" });
    expect(performance.now() - asked).toBeLessThan(10_000);
    expect(await readStream(mesh.client)).toMatchObject({ text: "one two three", site: "bloc-core" });
    expect(mesh.near.requests).toHaveLength(3);
    expect(mesh.abroad.requests).toHaveLength(0);
  });

  it("asks elsewhere for whole answers that an engine holds far longer than any took, and charges them once", async () => {
    let hangs = false;
    const mesh = await meshOf((socket, asked) => hangs || wellBehaved(socket, asked));
    const ask = () => mesh.client.chat.completions.create(request).withResponse();
    for (let count = 0; count < 8; count++) await ask();
    hangs = true;
    const asked = performance.now();
    const held = await Promise.all([1, 2, 3].map(ask));
    for (const { data, response } of held) {
      expect(data.choices[0]!.message.content).toBe("one two three");
      expect(response.headers.get("x-disperse-site")).toBe("bloc-core");
    }
    expect(performance.now() - asked).toBeLessThan(5_000);
    // It is left alone for as long as it may be believed to hang.
    expect((await ask()).response.headers.get("x-disperse-site")).toBe("bloc-core");
    await mesh.stop();
    const rows = await mesh.rows();
    // One was asked for twice; once that had come from elsewhere, the others were given up where they hung.
    const outcomes = rows.filter(({ site }) => site === "near-edge").map(({ outcome }) => outcome);
    expect(outcomes.slice(8).sort()).toEqual(["superseded", "timeout", "timeout"]);
    expect(charged(rows)).toHaveLength(12);
  });

  it("asks twice for no more whole answers than the cap allows, however many begin together and are long", async () => {
    const mesh = await meshOf(wellBehaved);
    const ask = () => mesh.client.chat.completions.create(request).withResponse();
    for (let count = 0; count < 8; count++) await ask();
    const long: Behaviour = (socket, asked) => void setTimeout(() => wellBehaved(socket, asked), 3_000);
    mesh.near.behave(long);
    mesh.bloc.behave(long);
    const answers = await Promise.all(Array.from({ length: 12 }, ask));
    for (const { data, response } of answers) {
      expect(data.choices[0]!.message.content).toBe("one two three");
      expect(response.headers.get("x-disperse-site")).toBe("near-edge");
    }
    expect(mesh.near.requests).toHaveLength(20);
    expect(mesh.bloc.requests).toHaveLength(1);
    await mesh.stop();
    const rows = await mesh.rows();
    expect(rows.map(({ outcome }) => outcome).filter((outcome) => outcome !== "served")).toEqual(["superseded"]);
    expect(rows).toHaveLength(21);
    expect(charged(rows)).toHaveLength(20);
  });

  it("holds it against nobody that an answer is longer than what is held here", async () => {
    const long: Behaviour = (socket) =>
      answer(socket, 200, JSON.stringify({ choices: [], padding: "x".repeat(5_000) }));
    const mesh = await openMesh(transport, long, { maxHeldBytes: 4_000 });
    const ask = () => mesh.client.chat.completions.create(request).withResponse();
    for (let count = 0; count < 4; count++)
      expect((await ask()).response.headers.get("x-disperse-site")).toBe("bloc-core");
    expect(mesh.near.requests).toHaveLength(4);
    mesh.near.behave(wellBehaved);
    expect((await ask()).response.headers.get("x-disperse-site")).toBe("near-edge");
  });

  it("holds it against nobody that an answer takes longer than a request may", async () => {
    const mesh = await openMesh(transport, endless(20), { totalTimeoutMs: 600 });
    for (let count = 0; count < 4; count++)
      expect(await readStream(mesh.client)).toMatchObject({
        text: expect.stringContaining("more"),
        error: expect.anything(),
      });
    mesh.near.behave(wellBehaved);
    expect(await readStream(mesh.client)).toMatchObject({ site: "near-edge", text: "one two three" });
    expect(mesh.bloc.requests).toHaveLength(0);
  });

  describe("a stream whose engines can continue an answer", () => {
    /** Goes on after "one ", if asked to, with the rest of the words and its own counts. */
    const goingOn: Behaviour = (socket, asked) => {
      const { messages, continue_final_message: on } = JSON.parse(asked.body) as {
        messages: { content: string }[];
        continue_final_message: boolean;
      };
      const rest = on ? ["two ", "three"].slice(messages.at(-1)!.content.split(" ").length - 2) : [];
      const usage = `data: ${JSON.stringify({ choices: [], usage: { prompt_tokens: 12, completion_tokens: rest.length } })}\n\n`;
      const foreign = (text: string) => contentEvent(text).replaceAll("chatcmpl-1", "chatcmpl-2");
      streamOf(
        roleEvent.replaceAll("chatcmpl-1", "chatcmpl-2"),
        ...rest.map(foreign),
        finishEvent,
        usage,
        doneEvent,
      )(socket, asked);
    };

    it.each(Object.entries(afterContent))(
      "goes on elsewhere with no word lost or doubled: %s",
      async (_name, behaviour) => {
        const mesh = await meshOf(behaviour, { continues: true });
        mesh.bloc.behave(goingOn);
        const stream = await mesh.client.chat.completions.create({
          ...request,
          stream: true,
          stream_options: { include_usage: true },
        });
        let text = "";
        let usage: unknown = null;
        const ids = new Set<string>();
        for await (const chunk of stream) {
          text += chunk.choices[0]?.delta.content ?? "";
          usage = chunk.usage ?? usage;
          ids.add(chunk.id);
        }
        expect(text).toBe("one two three");
        expect([...ids]).toEqual(["chatcmpl-1"]);
        expect(usage).toEqual({ prompt_tokens: 11, completion_tokens: 3, total_tokens: 14 });
        await mesh.stop();
        const rows = await mesh.rows();
        expect(rows.map((row) => [row.site, row.outcome])).toEqual([
          ["near-edge", expect.stringMatching(/upstream-failed|timeout/)],
          ["bloc-core", "served"],
        ]);
        expect(charged(rows)).toHaveLength(1);
        expect(mesh.abroad.requests).toHaveLength(0);
      },
    );

    it.each([400, 404, 501])("ends with an error when nobody goes on with it: %i", async (status) => {
      const mesh = await meshOf(streamThen([roleEvent, contentEvent("one ")], "reset"), { continues: true });
      mesh.bloc.behave(failWith(status));
      const response = await fetch(`${mesh.url}/v1/chat/completions`, {
        method: "POST",
        body: JSON.stringify({ ...request, stream: true }),
      });
      const text = await response.text();
      expect(text).toMatch(/"one ".*\n\ndata: \{"error":.*"code":"upstream_failed".*\}\n\n$/s);
      expect(text).not.toContain("HTTP/1.1");
    });

    it("ends with an error when the continuation breaks off as well", async () => {
      const mesh = await meshOf(streamThen([roleEvent, contentEvent("one ")], "reset"), { continues: true });
      mesh.bloc.behave(streamThen([roleEvent, contentEvent("two ")], "reset"));
      expect(await readStream(mesh.client)).toMatchObject({ text: "one two ", error: { code: "upstream_failed" } });
    });
  });

  describe("odd but harmless engines", () => {
    it("may leave the sentinel out after a finish reason", async () => {
      const mesh = await meshOf(streamOf(roleEvent, contentEvent("one "), finishEvent));
      expect(await readStream(mesh.client)).toMatchObject({
        text: "one ",
        finish: "stop",
        error: null,
        site: "near-edge",
      });
    });

    it.each([
      ["1.0", ""],
      ["1.1", "connection: close\r\n"],
      ["1.1", ""],
    ])("may end an answer by closing the connection, as HTTP/%s allows: %j", async (version, headers) => {
      const head = (type: string) => `HTTP/${version} 200 OK\r\ncontent-type: ${type}\r\n${headers}\r\n`;
      const events = [roleEvent, contentEvent("one "), finishEvent];
      const mesh = await meshOf(sendThen(head("text/event-stream") + events.join(""), "close"));
      const streamed = await readStream(mesh.client);
      expect(streamed).toMatchObject({ text: "one ", finish: "stop", error: null, site: "near-edge" });
      mesh.near.behave(sendThen(head("application/json") + wholeAnswer, "close"));
      const whole = await mesh.client.chat.completions.create(request);
      expect(whole.choices[0]!.message.content).toBe("one two three");
      mesh.near.behave(sendThen(head("application/json") + wholeAnswer.slice(0, 80), "close"));
      const { response } = await mesh.client.chat.completions.create(request).withResponse();
      expect(response.headers.get("x-disperse-site")).toBe("bloc-core");
    });

    it("may write the type of their answer in any case", async () => {
      const head = streamHead.replace("text/event-stream", "Text/Event-Stream");
      const mesh = await meshOf(
        sendThen(head + [contentEvent("one "), finishEvent].map(frame).join("") + last, "stay"),
      );
      expect(await readStream(mesh.client)).toMatchObject({ text: "one ", error: null, site: "near-edge" });
    });

    it("may say beside an answer that there is no error", async () => {
      const without = (text: string) => text.replace('"choices"', '"error":"","choices"');
      const mesh = await meshOf(streamOf(...[roleEvent, contentEvent("one "), finishEvent].map(without), doneEvent));
      expect(await readStream(mesh.client)).toMatchObject({ text: "one ", error: null, site: "near-edge" });
      mesh.near.behave((socket) => answer(socket, 200, without(wholeAnswer)));
      const { response } = await mesh.client.chat.completions.create(request).withResponse();
      expect(response.headers.get("x-disperse-site")).toBe("near-edge");
    });

    it.each([
      ["a stream", true],
      ["a whole answer", false],
    ])("may refuse a request with status 200, inside %s, which says nothing of their health", async (_what, stream) => {
      const told = JSON.stringify({ error: { message: "Übertrieben long", type: "BadRequestError", code: 400 } });
      const refuse: Behaviour = stream
        ? streamOf(roleEvent, `data: ${Buffer.from(told).toString("latin1")}\n\n`, doneEvent)
        : (socket) => answer(socket, 200, told);
      const mesh = await meshOf(refuse);
      for (let count = 0; count < 6; count++) {
        const error = await mesh.client.chat.completions
          .create({ ...request, stream })
          .catch((caught: unknown) => caught);
        expect(error).toMatchObject({ status: 400, message: expect.stringContaining("Übertrieben long") });
      }
      expect([mesh.near.requests.length, mesh.bloc.requests.length]).toEqual([6, 0]);
      mesh.near.behave(wellBehaved);
      const { response } = await mesh.client.chat.completions.create(request).withResponse();
      expect(response.headers.get("x-disperse-site")).toBe("near-edge");
      await mesh.stop();
      const rows = await mesh.rows();
      expect(rows.slice(0, 6).map(({ outcome, status, chargeNanoUsd }) => [outcome, status, chargeNanoUsd])).toEqual(
        Array.from({ length: 6 }, () => ["refused", 400, 0]),
      );
    });

    it("may send comments, empty events and other fields between and in front of their events", async () => {
      const odd = [": ping\n\n", "data:\n\n", "data: \n\n", "event: message\nid: 1\n", ": ping\n"];
      const events = [roleEvent, contentEvent("one "), contentEvent("two "), finishEvent, doneEvent];
      const mesh = await meshOf(streamOf(...events.flatMap((event) => [odd.join("") + event])));
      expect(await readStream(mesh.client)).toMatchObject({ text: "one two ", finish: "stop", error: null });
      mesh.near.behave(streamOf(...events.map((event) => (odd.join("") + event).replaceAll("\n", "\r\n"))));
      expect(await readStream(mesh.client)).toMatchObject({ text: "one two ", finish: "stop", error: null });
    });

    it("may send bytes that are not UTF-8 inside a text", async () => {
      const mesh = await meshOf(streamOf(roleEvent, contentEvent("a\xff\xfeb"), finishEvent, usageEvent, doneEvent));
      expect(await readStream(mesh.client)).toMatchObject({ text: "a\ufffd\ufffdb", finish: "stop", error: null });
    });

    it("may send a large event in one piece", async () => {
      const mesh = await meshOf(streamOf(roleEvent, contentEvent("x".repeat(1_000_000)), finishEvent, doneEvent));
      const result = await readStream(mesh.client);
      expect(result.text).toHaveLength(1_000_000);
      expect(result.error).toBeNull();
    });

    it("may be slow with headers as long as the time limit allows", async () => {
      const mesh = await meshOf((socket, asked) => void setTimeout(() => wellBehaved(socket, asked), 150));
      expect(await readStream(mesh.client)).toMatchObject({ text: "one two three", site: "near-edge" });
    });

    it("may not send an event without end", async () => {
      const mesh = await meshOf(
        streamThen([roleEvent, contentEvent("one "), `data: {"x":"${"y".repeat(50_000)}`], "stay"),
        {
          maxEventBytes: 20_000,
        },
      );
      expect(await readStream(mesh.client)).toMatchObject({ text: "one ", error: { code: "upstream_failed" } });
    });
  });
});
