import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import OpenAI from "openai";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createMemoryShelf } from "../../src/adapters/shelf-memory/index.ts";
import { Accounts, ResponseDesk, type KeyRecord, type ResponseDeskOptions, type Shelf } from "../../src/serve/index.ts";
import { testArea, testWorkload } from "../worlds/tiny-world.ts";
import { startServe, writePlan } from "./gateway-process.ts";
import { createManualClock } from "./manual-clock.ts";
import { answer, startUpstream, type Behaviour, type Upstream } from "./misbehaving-upstream.ts";
import { createGateway, serveWorld, testMesh, transports, type Transport } from "./test-mesh.ts";

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((close) => close()));
});

let made = 0;
/** An engine that keeps nothing: it answers with how many items it was given, as JSON or as events. */
const stateless: Behaviour = (socket, { body, stream }) => {
  const { input, model } = JSON.parse(Buffer.from(body, "latin1").toString()) as { input: unknown; model: string };
  const id = `resp_${++made}`;
  const text = `I was given ${Array.isArray(input) ? input.length : 1} – Grüße`;
  const response = {
    id,
    object: "response",
    created_at: 1,
    status: "completed",
    error: null,
    incomplete_details: null,
    instructions: null,
    metadata: {},
    model,
    output: [
      {
        type: "message",
        id: `msg_${made}`,
        status: "completed",
        role: "assistant",
        content: [{ type: "output_text", text, annotations: [] }],
      },
    ],
    parallel_tool_calls: true,
    previous_response_id: null,
    temperature: 1,
    tool_choice: "auto",
    tools: [],
    top_p: 1,
    usage: {
      input_tokens: 5,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: 5,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: 10,
    },
  };
  const whole = JSON.stringify(response);
  if (!stream) {
    const bytes = Buffer.from(whole);
    socket.write(`HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${bytes.length}\r\n\r\n`);
    return void socket.write(bytes);
  }
  const event = (type: string, fields: object) => `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
  const said = { item_id: `msg_${made}`, output_index: 0, content_index: 0 };
  const events = Buffer.from(
    [
      event("response.created", { sequence_number: 0, response: { ...response, status: "in_progress", output: [] } }),
      event("response.output_text.delta", { sequence_number: 1, ...said, delta: 'say "previous_response_id":null' }),
      event("response.completed", { sequence_number: 2, response }),
    ].join(""),
  );
  socket.write(`HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: ${events.length}\r\n\r\n`);
  socket.write(events);
};

const key = (id: string, account: string): KeyRecord => ({
  id,
  digest: id,
  account,
  workloads: "*",
  expiresEpochMs: null,
});
const account = (id: string) => ({
  id,
  budgetNanoUsd: null,
  spentNanoUsd: 0,
  requestsPerMinute: null,
  tokensPerMinute: null,
});

async function start(
  transport: Transport,
  options: Partial<ResponseDeskOptions> | null = {},
  shelf: Shelf = createMemoryShelf(1e6),
  clock = createManualClock(1_000),
) {
  const world = serveWorld({
    areas: [testArea({ id: "town" }), testArea({ id: "abroad-town", country: "BB", latitude: 50.6, longitude: 9.1 })],
    workloads: [
      ...serveWorld().workloads,
      testWorkload({ ...serveWorld().workloads[0]!, id: "open", dataClass: "public" }),
    ],
  });
  const near = await startUpstream(stateless);
  const bloc = await startUpstream(stateless);
  const upstreams = { "near-edge": near.url, "bloc-core": bloc.url };
  const { parts } = testMesh({ world, upstreams, client: transport.client });
  const accounts = new Accounts(
    {
      accounts: [account("one"), account("two")],
      keys: [key("k1", "one"), key("k1b", "one"), key("k2", "two")],
      digests: (secret) => [secret],
    },
    0,
  );
  const desk = options && new ResponseDesk({ shelf, clock, options });
  const gateway = createGateway({ ...parts, rng: Math.random, accounts, ...(desk && { responses: desk }) });
  const service = await transport.serve(gateway, { host: "127.0.0.1", port: 0 });
  open.push(
    () => service.close(100),
    () => near.close(),
    () => bloc.close(),
  );
  const client = (apiKey: string, headers: Record<string, string> = {}) =>
    new OpenAI({ baseURL: `${service.url}/v1`, apiKey, maxRetries: 0, defaultHeaders: headers });
  return { near, bloc, clock, client, url: service.url };
}

const inputOf = (upstream: Upstream, at = -1) =>
  (JSON.parse(Buffer.from(upstream.requests.at(at)!.body, "latin1").toString()) as { input: unknown }).input;
const refusal = (promise: Promise<unknown>) =>
  promise.then(
    () => null,
    (error: { status: number; code: string; message: string }) => ({ status: error.status, code: error.code }),
  );
const model = "disperse/chat";

describe("responses in a file", () => {
  it("are met by every worker and outlive a restart", async () => {
    const folder = mkdtempSync(join(tmpdir(), "responses-"));
    const kept = ["--responses", join(folder, "responses.db")];
    const ask = (url: string, path: string, body?: object) =>
      fetch(`${url}/v1/responses${path}`, {
        headers: { connection: "close" },
        ...(body && { method: "POST", body: JSON.stringify(body) }),
      });
    const first = await startServe(writePlan(folder), [...kept, "--workers", "2"]);
    open.push(async () => void first.child.kill("SIGKILL"));
    let { id } = (await (await ask(first.url, "", { model, input: "Hi", max_output_tokens: 3 })).json()) as {
      id: string;
    };
    for (let turn = 0; turn < 4; turn++) {
      const next = { model, input: "More", max_output_tokens: 3, previous_response_id: id };
      const answer = await ask(first.url, "", next);
      expect(answer.status).toBe(200);
      ({ id } = (await answer.json()) as { id: string });
    }
    first.child.kill("SIGTERM");
    await first.ended;
    const second = await startServe(writePlan(folder), kept);
    open.push(async () => void second.child.kill("SIGKILL"));
    const { data } = (await (await ask(second.url, `/${id}/input_items`)).json()) as { data: unknown[] };
    expect(data).toHaveLength(9);
    second.child.kill("SIGTERM");
    await second.ended;
    rmSync(folder, { recursive: true });
  });
});

describe.each(transports)("responses that are kept, over $name", (transport) => {
  it("say so when their disk is full; without being kept an answer needs none", async () => {
    const full = () => Promise.reject(new Error("disk full"));
    const { client } = await start(transport, {}, { ...createMemoryShelf(1e6), put: full, get: full });
    const { responses } = client("k1");
    const model = "disperse/chat";
    for (const more of [{ background: true }, { previous_response_id: "resp_1" }]) {
      await expect(responses.create({ model, input: "Hello", ...more })).rejects.toMatchObject({
        status: 503,
        message: expect.stringMatching(/Kept responses cannot be read or written.*store: false/) as string,
      });
    }
    expect((await responses.create({ model, input: "Hello", store: false })).status).toBe("completed");
  });

  it("go on from each other with an engine that keeps nothing, streamed or not, through the client's own methods", async () => {
    const { near, client } = await start(transport);
    const one = client("k1");
    const first = await one.responses.create({ model, input: "Grüß Gott" });
    expect(first.output_text).toBe("I was given 1 – Grüße");
    const second = await one.responses.create({
      model,
      input: [{ role: "user", content: "And?" }],
      previous_response_id: first.id,
    });
    expect(second.output_text).toBe("I was given 3 – Grüße");
    expect(second.previous_response_id).toBe(first.id);
    expect(inputOf(near)).toMatchObject([
      { role: "user", content: "Grüß Gott" },
      { role: "assistant", content: [{ text: "I was given 1 – Grüße" }] },
      { role: "user", content: "And?" },
    ]);

    const stream = await one.responses.create({ model, input: "More", previous_response_id: second.id, stream: true });
    let third = null;
    let said = "";
    for await (const event of stream) {
      if (event.type === "response.output_text.delta") said += event.delta;
      if (event.type === "response.completed") third = event.response;
    }
    expect(third).toMatchObject({ previous_response_id: second.id });
    expect(said).toBe('say "previous_response_id":null');
    expect(inputOf(near)).toHaveLength(5);

    expect(await one.responses.retrieve(third!.id)).toMatchObject({ id: third!.id, output: third!.output });
    const items = await one.responses.inputItems.list(third!.id, { order: "asc", limit: 3 });
    expect(items.data.map((item) => ("role" in item ? item.role : item.type))).toEqual(["user", "assistant", "user"]);
    expect(items.hasNextPage()).toBe(true);
    let counted = 0;
    for await (const item of one.responses.inputItems.list(third!.id, { limit: 2 })) if (item.id) counted++;
    expect(counted).toBe(5);

    await one.responses.delete(first.id);
    expect(await refusal(one.responses.retrieve(first.id))).toMatchObject({ status: 404 });
    await expect(one.responses.retrieve(first.id)).rejects.toThrow(/it was not stored, has expired.*make it again\.$/);
    // What was said before is part of what followed.
    expect((await one.responses.create({ model, input: "Go on", previous_response_id: second.id })).output_text).toBe(
      "I was given 5 – Grüße",
    );
  });

  it("belong to their account: another one learns nothing of them, another key of the same goes on", async () => {
    const { client, url } = await start(transport);
    const { id } = await client("k1").responses.create({ model, input: "mine" });
    const other = client("k2");
    expect(await refusal(other.responses.retrieve(id))).toMatchObject({ status: 404, code: "not_found" });
    expect(await refusal(other.responses.delete(id))).toMatchObject({ status: 404 });
    expect(await refusal(Promise.resolve(other.responses.inputItems.list(id)))).toMatchObject({ status: 404 });
    expect(await refusal(other.responses.create({ model, input: "hers", previous_response_id: id }))).toMatchObject({
      status: 400,
      code: "previous_response_not_found",
    });
    expect((await fetch(`${url}/v1/responses/${id}`)).status).toBe(401);
    expect((await client("k1b").responses.retrieve(id)).id).toBe(id);
  });

  it("are kept only when they may be: not against the caller's word, not after their time, not where the law forbids", async () => {
    const { client, clock } = await start(transport, { ttlS: 60 });
    const one = client("k1");
    const unkept = await one.responses.create({ model, input: "forget", store: false });
    expect(await refusal(one.responses.retrieve(unkept.id))).toMatchObject({ status: 404 });
    const kept = await one.responses.create({ model, input: "remember" });
    clock.advance(59_000);
    expect((await one.responses.retrieve(kept.id)).id).toBe(kept.id);
    clock.advance(1_001);
    expect(await refusal(one.responses.retrieve(kept.id))).toMatchObject({ status: 404 });

    const abroad = (await start(transport, { country: "CC" })).client("k1");
    const answered = await abroad.responses.create({ model, input: "personal" });
    expect(await refusal(abroad.responses.retrieve(answered.id))).toMatchObject({ status: 404 });
    expect(await refusal(abroad.responses.create({ model, input: "personal", store: true }))).toMatchObject({
      status: 403,
      code: "residency_refused",
    });
  });

  it("stay under the law of the place where their conversation began, and within their class of data", async () => {
    const { client, near } = await start(transport);
    const home = { "x-disperse-area": "town" };
    const { id } = await client("k1", home).responses.create({ model, input: "begun at home" });
    const abroad = client("k1", { "x-disperse-area": "abroad-town" });
    const moved = refusal(abroad.responses.create({ model, input: "on the road", previous_response_id: id }));
    expect(await moved).toMatchObject({ status: 403, code: "residency_refused" });
    const asked = near.requests.length;
    const loosened = { model: "disperse/open", input: "less secret", previous_response_id: id };
    expect(await refusal(client("k1", home).responses.create(loosened))).toMatchObject({ status: 403 });
    expect(near.requests).toHaveLength(asked);
    // Who does not say where they are goes on from where it began.
    const next = await client("k1").responses.create({ model, input: "no word", previous_response_id: id });
    expect(next.output_text).toContain("given 3");
  });

  it("may be referred to item by item, by their account and under their law alone", async () => {
    const { client, near } = await start(transport);
    const home = { "x-disperse-area": "town" };
    const one = client("k1", home);
    const first = await one.responses.create({ model, input: [{ role: "user", content: "Hi", name: "a" } as never] });
    const said = { type: "item_reference" as const, id: first.output[0]!.id! };
    const [asked] = (await one.responses.inputItems.list(first.id)).data;
    const more = { role: "user" as const, content: "More" };
    const next = await one.responses.create({ model, input: [{ id: asked!.id! } as never, said, more] });
    expect(next.output_text).toBe("I was given 3 – Grüße");
    expect(inputOf(near)).toEqual([{ role: "user", content: "Hi", name: "a" }, first.output[0], more]);
    // What was referred to is part of the conversation now.
    await one.responses.create({ model, input: "Go on", previous_response_id: next.id });
    expect(inputOf(near)).toHaveLength(5);

    const asks = near.requests.length;
    for (const [who, input, status] of [
      [client("k2", home), [said, more], 404],
      [one, [{ type: "item_reference", id: "msg_none" }, more], 404],
      [client("k1", { "x-disperse-area": "abroad-town" }), [said, more], 403],
    ] as const) {
      expect(await refusal(who.responses.create({ model, input: [...input] }))).toMatchObject({ status });
    }
    await one.responses.delete(first.id);
    expect(await refusal(one.responses.create({ model, input: [said] }))).toMatchObject({ status: 404 });
    expect(near.requests).toHaveLength(asks);
  });

  it("are told apart though an engine gives the same id again, as one that counts does when it is started anew", async () => {
    const { client, near } = await start(transport);
    const one = client("k1");
    const begin = async (input: string, stream: boolean) => {
      made = 0;
      const answer = await one.responses.create({ model, input, stream });
      if (!("controller" in answer)) return answer as { id: string; output: { id?: string }[] };
      const ids = new Set<string>();
      let last;
      for await (const event of answer)
        if ("response" in event) ids.add((last = event.response as { id: string; output: { id?: string }[] }).id);
      expect(ids.size).toBe(1);
      return last!;
    };
    const begun = [await begin("One", false), await begin("Two", true), await begin("Three", false)];
    expect(new Set(begun.map(({ id }) => id)).size).toBe(3);
    for (const [index, { id }] of begun.entries()) {
      await one.responses.create({ model, input: "Go on", previous_response_id: id });
      expect(inputOf(near)).toMatchObject([{ content: ["One", "Two", "Three"][index] }, {}, { content: "Go on" }]);
      expect((await one.responses.retrieve(id)).id).toBe(id);
    }
    const items = begun.map(({ output }) => output[0]!.id!);
    expect(new Set(items).size).toBe(3);
    for (const id of items) await one.responses.create({ model, input: [{ type: "item_reference", id }] });
    // Those made in the background keep the ids of their items: one that means several is refused rather than taken for any of them.
    let last = "";
    for (let round = 0; round < 2; round++) {
      made = 0;
      const { id } = await one.responses.create({ model, input: "Later", background: true });
      await expect.poll(async () => (await one.responses.retrieve(id)).status).toBe("completed");
      last = (await one.responses.retrieve(id)).output[0]!.id!;
    }
    const said = { type: "item_reference" as const, id: last };
    expect(await refusal(one.responses.create({ model, input: [said] }))).toMatchObject({ status: 404 });
  });

  it("say what their engine said, though it is the same word as an id", async () => {
    const { client, near } = await start(transport);
    const item = { type: "message", id: "1", status: "completed", role: "assistant" };
    const content = [{ type: "output_text", text: "1", annotations: [] }];
    const whole = { id: "0", object: "response", status: "completed", output: [{ ...item, content }] };
    near.behave((socket) => answer(socket, 200, JSON.stringify({ ...whole, metadata: { choice: "0" } })));
    const said = await client("k1").responses.create({ model, input: "A digit" });
    expect(said).toMatchObject({ metadata: { choice: "0" }, output: [{ content: [{ text: "1" }] }] });
    expect([said.id, said.output[0]!.id]).not.toEqual(["0", "1"]);
  });

  it("have ids that tell what they name, though their engine only counts", async () => {
    const { client, near } = await start(transport);
    const output = [
      { type: "reasoning", id: "1", summary: [] },
      { type: "function_call", id: "2", call_id: "c", name: "f", arguments: "{}" },
      { type: "message", id: "3", status: "completed", role: "assistant", content: [] },
    ];
    const whole = { id: "0", object: "response", status: "completed", output };
    near.behave((socket) => answer(socket, 200, JSON.stringify(whole)));
    const said = await client("k1").responses.create({ model, input: "Think" });
    const beginnings = [said.id, ...said.output.map(({ id }) => id!)].map((id) => /^[a-z]+_/.exec(id)?.[0]);
    expect(beginnings).toEqual(["resp_", "rs_", "fc_", "msg_"]);
    // Of a kind that nobody knows, whatever else goes by its name.
    const { id } = await client("k1").conversations.create({ items: [{ type: "constructor" } as never] });
    const [item] = (await client("k1").conversations.items.list(id)).data;
    expect(item!.id).toMatch(/^item_[0-9A-Za-z]+$/);
  });

  it("are not kept when the answer broke off, and never asked for in vain without a word", async () => {
    const { client, near, bloc } = await start(transport);
    const one = client("k1");
    for (const upstream of [near, bloc]) {
      upstream.behave((socket) => {
        const event = `data: ${JSON.stringify({ type: "response.output_text.delta", sequence_number: 1, delta: "half" })}\n\n`;
        socket.write("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n");
        socket.write(`${event.length.toString(16)}\r\n${event}\r\n`, () => socket.destroy());
      });
    }
    const broken = await one.responses.create({ model, input: "x", stream: true });
    await expect(
      (async () => {
        for await (const event of broken) if (event.type === "response.completed") throw new Error("it did not break");
      })(),
    ).rejects.not.toThrow("it did not break");
    expect(await refusal(one.responses.cancel("resp_none"))).toMatchObject({ status: 404 });
  });

  it("do not exist without a place for them: an engine's own state is its own affair", async () => {
    const { client, near } = await start(transport, null);
    const one = client("k1");
    const { id } = await one.responses.create({ model, input: "x" });
    expect(await refusal(one.responses.retrieve(id))).toMatchObject({ status: 404 });
    await one.responses.create({ model, input: "y", previous_response_id: id });
    expect(near.requests.at(-1)!.body).toContain(`"previous_response_id":"${id}"`);
  });
});

describe.each(transports)("responses made in the background, over $name", (transport) => {
  const until = async (client: OpenAI, id: string, status: string) => {
    for (;;) {
      const response = await client.responses.retrieve(id);
      if (response.status === status) return response;
      expect(["queued", "in_progress"]).toContain(response.status);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const hangs: Behaviour = () => {};
  let idOf = "";

  it("are there at once, and complete when their engine is, under the id that was given", async () => {
    const { client, near } = await start(transport);
    const one = client("k1");
    const queued = await one.responses.create({ model, input: "Hi", background: true, metadata: { a: "b" } });
    expect(queued).toMatchObject({ status: "queued", background: true, output: [], metadata: { a: "b" } });
    const done = await until(one, queued.id, "completed");
    expect(done).toMatchObject({ id: queued.id, background: true, usage: { total_tokens: 10 } });
    expect(done.output[0]).toMatchObject({ content: [{ text: "I was given 1 – Grüße" }] });
    expect(near.requests[0]!.body).toContain('"background":false');
    const next = await one.responses.create({ model, input: "And?", previous_response_id: queued.id });
    expect(next.output_text).toBe("I was given 3 – Grüße");
    expect(await refusal(client("k2").responses.retrieve(queued.id))).toMatchObject({ status: 404 });
    // There is nothing left to cancel, and that is no error.
    expect((await one.responses.cancel(queued.id)).status).toBe("completed");
    expect(await refusal(one.responses.cancel(next.id))).toMatchObject({ status: 400 });
  });

  it("stop their engine when they are cancelled or deleted, and cannot be gone on from before they are done", async () => {
    const { client, near } = await start(transport);
    const one = client("k1");
    near.behave(hangs);
    const { id } = await one.responses.create({ model, input: "Hi", background: true });
    expect((await one.responses.retrieve(id)).status).toBe("in_progress");
    expect(await refusal(one.responses.create({ model, input: "x", previous_response_id: id }))).toMatchObject({
      status: 400,
    });
    expect(await refusal(client("k2").responses.cancel(id))).toMatchObject({ status: 404 });
    expect((await one.responses.cancel(id)).status).toBe("cancelled");
    await near.abandoned;
    expect(await until(one, id, "cancelled")).toMatchObject({ id, output: [] });

    const other = await one.responses.create({ model, input: "Hi", background: true });
    while (near.connections.size === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await one.responses.delete(other.id);
    while (near.connections.size > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await refusal(one.responses.retrieve(other.id))).toMatchObject({ status: 404 });
  });

  /** Events of a stream by number, and how it ended. */
  const collect = async (stream: AsyncIterable<OpenAI.Responses.ResponseStreamEvent>, most = 1_000) => {
    const events: OpenAI.Responses.ResponseStreamEvent[] = [];
    for await (const event of stream) if (events.push(event) === most) break;
    return events;
  };
  const typesOf = (events: readonly { readonly type: string }[]) =>
    events.map(({ type }) => type.replace("response.", ""));

  it("may be heard from the beginning, again, and from where a reader stopped, under one id and in one order", async () => {
    const { client } = await start(transport);
    const one = client("k1");
    const order = { model, input: "Hi", background: true, stream: true } as const;
    const heard = await collect(await one.responses.create(order));
    expect(typesOf(heard)).toEqual(["created", "queued", "output_text.delta", "completed"]);
    expect(heard.map((event) => event.sequence_number)).toEqual([0, 1, 2, 3]);
    const { response } = heard[3] as OpenAI.Responses.ResponseCompletedEvent;
    expect(heard[0]).toMatchObject({ response: { id: response.id, status: "queued", background: true } });
    expect(response).toMatchObject({ background: true, usage: { total_tokens: 10 } });
    expect(await one.responses.retrieve(response.id)).toMatchObject({ status: "completed", output: response.output });
    const again = { stream: true } as const;
    expect(await collect(await one.responses.retrieve(response.id, again))).toEqual(heard);
    const rest = await one.responses.retrieve(response.id, { ...again, starting_after: 1 });
    expect(await collect(rest)).toEqual(heard.slice(2));
    const next = await one.responses.create({ model, input: "And?", previous_response_id: response.id });
    expect(next.output_text).toBe("I was given 3 – Grüße");
    const bad = one.responses.retrieve(response.id, { ...again, starting_after: -1 });
    expect(await refusal(Promise.resolve(bad))).toMatchObject({ status: 400 });
    expect(await refusal(Promise.resolve(client("k2").responses.retrieve(response.id, again)))).toMatchObject({
      status: 404,
    });
  });

  it("go on when their reader leaves, and whoever comes back misses nothing, at whatever process", async () => {
    const shelf = createMemoryShelf(1e6);
    const maker = await start(transport, {}, shelf);
    const other = await start(transport, {}, shelf, maker.clock);
    const [one, two] = [maker.client("k1"), other.client("k1")];
    let goOn = () => {};
    maker.near.behave((socket) => {
      const event = (type: string, number: number, fields: object) => {
        const text = `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: number, ...fields })}\n\n`;
        socket.write(`${text.length.toString(16)}\r\n${text}\r\n`);
      };
      const response = { id: "resp_theirs", object: "response", output: [], status: "completed" };
      socket.write("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n");
      event("response.created", 0, { response });
      event("response.output_text.delta", 1, { delta: "a" });
      goOn = () => {
        event("response.output_text.delta", 2, { delta: "b" });
        event("response.completed", 3, { response });
      };
    });
    const order = { model, input: "Hi", background: true, stream: true } as const;
    const begun = await collect(await one.responses.create(order), 3);
    expect(typesOf(begun)).toEqual(["created", "queued", "output_text.delta"]);
    const { id } = (begun[0] as OpenAI.Responses.ResponseCreatedEvent).response;
    maker.clock.advance(1_000);
    await vi.waitFor(async () => expect(await shelf.get("one", `events ${id}`, 0)).toContain('"a"'));
    const here = await one.responses.retrieve(id, { stream: true, starting_after: 2 });
    const there = await two.responses.retrieve(id, { stream: true });
    goOn();
    expect(typesOf(await collect(here))).toEqual(["output_text.delta", "completed"]);
    const advance = setInterval(() => maker.clock.advance(250), 5);
    const all = await collect(there);
    clearInterval(advance);
    expect(typesOf(all)).toEqual(["created", "queued", "output_text.delta", "output_text.delta", "completed"]);
    expect(all.map((event) => event.sequence_number)).toEqual([0, 1, 2, 3, 4]);
    expect(all[4]).toMatchObject({ response: { id, status: "completed" } });
  });

  it("end their stream with an error or a failure when they come to nothing, never as if they were whole", async () => {
    const { client, near, bloc } = await start(transport);
    const one = client("k1");
    const order = { model, input: "Hi", background: true, stream: true } as const;
    near.behave(hangs);
    const stream = await one.responses.create(order);
    const heard: string[] = [];
    await expect(
      (async () => {
        for await (const event of stream) {
          heard.push(event.type);
          if (event.type === "response.queued") await one.responses.cancel(idOf);
          if (event.type === "response.created") idOf = event.response.id;
        }
      })(),
    ).rejects.toThrow("cancelled");
    expect(heard).toEqual(["response.created", "response.queued"]);
    for (const upstream of [near, bloc]) upstream.behave((socket) => socket.destroy());
    const failed = await collect(await one.responses.create(order));
    expect(typesOf(failed)).toEqual(["created", "queued", "failed"]);
    expect(failed[2]).toMatchObject({ response: { status: "failed", error: { code: "server_error" } } });
  });

  it("can be streamed once they are kept, though nobody streamed them, as their texts came", async () => {
    const { client, url } = await start(transport);
    const one = client("k1");
    const made = await one.responses.create({ model, input: "Hi" });
    const stream = one.responses.stream({ response_id: made.id });
    let said = "";
    for await (const event of stream) if (event.type === "response.output_text.delta") said += event.delta;
    expect(said).toBe(made.output_text);
    expect((await stream.finalResponse()).output).toMatchObject(made.output);
    const headers = { authorization: "Bearer k1" };
    const head = await fetch(`${url}/v1/responses/${made.id}?stream=true`, { method: "HEAD", headers });
    expect([head.status, await head.text()]).toEqual([200, ""]);
  });

  it("say so when they fail, and are refused like any other when they cannot even begin", async () => {
    const { client, near, bloc } = await start(transport);
    const one = client("k1");
    for (const upstream of [near, bloc]) upstream.behave((socket) => socket.destroy());
    const { id } = await one.responses.create({ model, input: "Hi", background: true });
    const failed = await until(one, id, "failed");
    expect(failed.error).toMatchObject({ code: "server_error", message: expect.stringMatching(/./) });
    const ask = (more: object) => refusal(one.responses.create({ model, input: "x", background: true, ...more }));
    expect(await ask({ model: "none" })).toMatchObject({ status: 404, code: "model_not_found" });
    expect(await ask({ store: false })).toMatchObject({ status: 400 });
    const abroad = (await start(transport, { country: "CC" })).client("k1");
    expect(await refusal(abroad.responses.create({ model, input: "personal", background: true }))).toMatchObject({
      status: 403,
    });
    const nowhere = (await start(transport, null)).client("k1");
    expect(await refusal(nowhere.responses.create({ model, input: "x", background: true }))).toMatchObject({
      status: 400,
    });
  });

  it("are met and cancelled from every process, and fail when the one that made them is gone", async () => {
    const shelf = createMemoryShelf(1e6);
    const maker = await start(transport, {}, shelf);
    const other = await start(transport, {}, shelf, maker.clock);
    maker.near.behave(hangs);
    const { id } = await maker.client("k1").responses.create({ model, input: "Hi", background: true });
    const two = other.client("k1");
    maker.clock.advance(900);
    expect((await two.responses.retrieve(id)).status).toBe("in_progress");
    expect((await two.responses.cancel(id)).status).toBe("cancelled");
    maker.clock.advance(200);
    await maker.near.abandoned;
    expect((await two.responses.retrieve(id)).status).toBe("cancelled");

    // A process that fell silent: its clock stands still.
    const silent = await start(transport, {}, shelf, createManualClock(1_000));
    silent.near.behave(hangs);
    const lost = await silent.client("k1").responses.create({ model, input: "Hi", background: true });
    expect((await two.responses.retrieve(lost.id)).status).toBe("in_progress");
    maker.clock.advance(21_000);
    expect(await two.responses.retrieve(lost.id)).toMatchObject({ status: "failed", error: { code: "server_error" } });
    // It wakes up, says that it goes on, and hears that nobody wants to know any more.
    await two.responses.delete(lost.id);
    silent.clock.advance(1_000);
    await silent.near.abandoned;
    expect(await refusal(two.responses.retrieve(lost.id))).toMatchObject({ status: 404 });
  });
});

describe.each(transports)("conversations, over $name", (transport) => {
  const textsOf = (items: readonly object[]) =>
    items.map((item) => (item as { content: { text: string }[] }).content.map(({ text }) => text).join(""));

  it("hold what was said and answered, streamed or not, for an engine that keeps nothing", async () => {
    const { client, near } = await start(transport);
    const one = client("k1");
    const { id, ...made } = await one.conversations.create({ metadata: { topic: "a" } });
    expect(made).toMatchObject({ object: "conversation", metadata: { topic: "a" } });
    const first = await one.responses.create({ model, input: "Grüß Gott", conversation: id });
    expect(first.conversation).toEqual({ id });
    expect(inputOf(near)).toEqual([{ type: "message", role: "user", content: "Grüß Gott" }]);
    const stream = await one.responses.create({
      model,
      input: "And?",
      conversation: { id },
      stream: true,
      store: false,
    });
    const named = new Set<string | undefined>();
    for await (const event of stream) if ("response" in event) named.add(event.response.conversation?.id);
    expect([...named]).toEqual([id]);
    expect(inputOf(near)).toHaveLength(3);
    const background = await one.responses.create({ model, input: "Go on", conversation: id, background: true });
    while ((await one.responses.retrieve(background.id)).status !== "completed");
    expect(await one.responses.retrieve(background.id)).toMatchObject({ conversation: { id } });
    while ((await one.conversations.items.list(id)).data.length < 6);
    const items = (await one.conversations.items.list(id, { order: "asc" })).data;
    expect(textsOf(items)).toEqual([
      "Grüß Gott",
      "I was given 1 – Grüße",
      "And?",
      "I was given 3 – Grüße",
      "Go on",
      "I was given 5 – Grüße",
    ]);
    expect(await one.conversations.items.retrieve(items[1]!.id!, { conversation_id: id })).toEqual(items[1]);
    // An answer that never came leaves nothing behind.
    near.behave((socket) => socket.destroy());
    await one.responses.create({ model: "none", input: "x", conversation: id }).catch(() => {});
    expect((await one.conversations.items.list(id)).data).toHaveLength(6);
  });

  it("are described, added to, thinned out and deleted by their account alone", async () => {
    const { client, near } = await start(transport);
    const [one, other] = [client("k1"), client("k2")];
    const say = (content: string) => ({ type: "message" as const, role: "user" as const, content });
    const { id } = await one.conversations.create({ items: [say("one")] });
    const added = await one.conversations.items.create(id, { items: [say("two"), say("three")] });
    expect(textsOf(added.data)).toEqual(["two", "three"]);
    expect(await one.conversations.update(id, { metadata: { b: "c" } })).toMatchObject({ id, metadata: { b: "c" } });
    await one.conversations.items.delete(added.data[0]!.id!, { conversation_id: id });
    await one.responses.create({ model, input: [say("four")], conversation: id });
    expect(inputOf(near)).toEqual([say("one"), say("three"), say("four")]);
    const attempts: (() => PromiseLike<unknown>)[] = [
      () => other.conversations.retrieve(id),
      () => other.conversations.items.list(id),
      () => other.conversations.delete(id),
      () => other.responses.create({ model, input: "x", conversation: id }),
      () => one.conversations.items.retrieve("msg_none", { conversation_id: id }),
    ];
    for (const attempt of attempts) {
      expect(await refusal(Promise.resolve(attempt()))).toMatchObject({ status: 404 });
    }
    const bad = (body: object) => refusal(one.post("/conversations", { body }));
    expect(await bad({ items: Array.from({ length: 21 }, () => say("x")) })).toMatchObject({ status: 400 });
    expect(await bad({ items: ["x"] })).toMatchObject({ status: 400 });
    expect(await bad({ metadata: { a: 1 } })).toMatchObject({ status: 400 });
    expect(await refusal(one.responses.create({ model, input: "x", conversation: 5 as never }))).toMatchObject({
      status: 400,
    });
    expect(await one.conversations.delete(id)).toEqual({ id, object: "conversation.deleted", deleted: true });
    expect(await refusal(one.conversations.retrieve(id))).toMatchObject({ status: 404 });
  });

  it("lose nothing when several answers come at once, and stay under the law of their first place and class", async () => {
    const { client } = await start(transport);
    const home = client("k1", { "x-disperse-area": "town" });
    const { id } = await home.conversations.create();
    await Promise.all(
      Array.from({ length: 8 }, (_, turn) => home.responses.create({ model, input: `turn ${turn}`, conversation: id })),
    );
    const said = textsOf((await home.conversations.items.list(id, { limit: 100, order: "asc" })).data);
    expect(said.filter((text) => text.startsWith("turn")).toSorted()).toEqual(
      Array.from({ length: 8 }, (_, turn) => `turn ${turn}`),
    );
    expect(said).toHaveLength(16);
    const abroad = client("k1", { "x-disperse-area": "abroad-town" });
    const ask = (by: OpenAI, name: string) =>
      refusal(by.responses.create({ model: name, input: "x", conversation: id }));
    expect(await ask(abroad, model)).toMatchObject({ status: 403, code: "residency_refused" });
    expect(await ask(home, "disperse/open")).toMatchObject({ status: 403 });
    const items = [{ type: "message" as const, role: "user" as const, content: "x" }];
    expect(await refusal(Promise.resolve(abroad.conversations.items.create(id, { items })))).toMatchObject({
      status: 403,
    });
    const elsewhere = (await start(transport, { country: "CC" })).client("k1");
    expect(await refusal(Promise.resolve(elsewhere.conversations.create({ items })))).toMatchObject({ status: 403 });
    const empty = await elsewhere.conversations.create();
    expect(await refusal(elsewhere.responses.create({ model, input: "x", conversation: empty.id }))).toMatchObject({
      status: 403,
    });
  });
});
