import { hash } from "node:crypto";
import OpenAI, { toFile } from "openai";
import { afterEach, describe, expect, it } from "vitest";
import { createMemoryFiles } from "../../src/adapters/files-memory/index.ts";
import { createNodeClock } from "../../src/adapters/clock-node/index.ts";
import { createMemoryStore } from "../../src/adapters/store-memory/index.ts";
import {
  Accounts,
  FileDesk,
  RowQueue,
  type FileDeskOptions,
  type FileStore,
  type Gateway,
} from "../../src/serve/index.ts";
import { seededRng } from "../worlds/random-world.ts";
import { failWith, startUpstream, wellBehaved, type Behaviour } from "./misbehaving-upstream.ts";
import { createGateway, testMesh, transports } from "./test-mesh.ts";

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

interface Setting {
  readonly engine?: Behaviour;
  readonly files?: FileStore;
  readonly ledger?: ReturnType<typeof createMemoryStore>;
  readonly options?: Partial<FileDeskOptions>;
  readonly seed?: number;
  /** How many times as fast its waits pass. */
  readonly haste?: number;
  /** Rows that may be unsaved before the gateway serves nothing more. */
  readonly maxUnsavedRows?: number;
  /** Names of keys that are let in; everyone without. */
  readonly keys?: readonly string[];
  readonly transport?: (typeof transports)[number];
  /** Where the engine of the core stands; at a core site users may be served from when left out. */
  readonly coreSite?: "bloc-core" | "abroad-core";
}

/** A gateway that keeps files, with an engine at the core and one at the edge. */
async function start(setting: Setting = {}) {
  const transport = setting.transport ?? transports[0]!;
  const core = await startUpstream(setting.engine ?? wellBehaved);
  const edge = await startUpstream(wellBehaved);
  const mesh = testMesh({
    upstreams: { "near-edge": edge.url, [setting.coreSite ?? "bloc-core"]: core.url },
    client: transport.client,
    gateway: {
      wholeAnswerTimeoutMs: 5_000,
      ...(setting.maxUnsavedRows !== undefined && { maxUnsavedRows: setting.maxUnsavedRows }),
    },
  });
  const files = setting.files ?? createMemoryFiles();
  const ledger = setting.ledger ?? createMemoryStore();
  const clock = createNodeClock();
  const rows = new RowQueue(ledger, clock, mesh.parts.telemetry);
  const desk = new FileDesk({
    store: files,
    clock: { ...clock, schedule: (ms, then) => clock.schedule(ms / (setting.haste ?? 1), then) },
    rng: seededRng(setting.seed ?? 3),
    send: (call, reply) => gateway.handle(call, reply),
    charged: () => rows.saved(),
    ...(setting.options && { options: setting.options }),
  });
  await desk.open();
  const digest = (text: string) => hash("sha256", text);
  const accounts =
    setting.keys &&
    new Accounts(
      {
        accounts: setting.keys.map((id) => ({
          id,
          budgetNanoUsd: null,
          spentNanoUsd: 0,
          requestsPerMinute: null,
          tokensPerMinute: null,
        })),
        keys: setting.keys.map((id) => ({ id, digest: digest(id), account: id, workloads: "*", expiresEpochMs: null })),
        digests: (secret) => [digest(secret)],
      },
      clock.monotonicMs(),
    );
  const gateway: Gateway = createGateway({
    ...mesh.parts,
    store: ledger,
    rows,
    files: desk,
    ...(accounts && { accounts }),
  });
  const service = await transport.serve(gateway, { host: "127.0.0.1", port: 0 });
  desk.start();
  let stopped: Promise<void> | null = null;
  const stop = () =>
    (stopped ??= (async () => {
      await desk.stop();
      await service.close(200);
      await rows.settled();
      await Promise.all([core.close(), edge.close()]);
    })());
  open.push(stop);
  const clientOf = (key: string) => new OpenAI({ baseURL: `${service.url}/v1`, apiKey: key, maxRetries: 0 });
  return { url: service.url, client: clientOf("none"), clientOf, core, edge, files, ledger, stop, desk };
}

const lineOf = (id: string, changes: object = {}, body: object = {}) =>
  JSON.stringify({
    custom_id: id,
    method: "POST",
    url: "/v1/chat/completions",
    body: { model: "disperse/chat", messages: [{ role: "user", content: `Hi ${id} ü` }], ...body },
    ...changes,
  });

async function submit(client: OpenAI, lines: readonly string[], headers: Record<string, string> = {}) {
  const file = await client.files.create(
    { file: await toFile(Buffer.from(lines.join("\n")), "in.jsonl"), purpose: "batch" },
    { headers },
  );
  return client.batches.create(
    { input_file_id: file.id, endpoint: "/v1/chat/completions", completion_window: "24h" },
    { headers },
  );
}

async function ended(client: OpenAI, id: string) {
  for (;;) {
    const batch = await client.batches.retrieve(id);
    if (["completed", "failed", "expired", "cancelled"].includes(batch.status)) return batch;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const linesIn = async (client: OpenAI, id: string | null | undefined) =>
  id == null
    ? []
    : (await (await client.files.content(id)).text())
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line));

describe.each(transports)("over $name, files", (transport) => {
  it("larger than what is held at once are read back byte for byte, and as slowly as the reader likes", async () => {
    const { client } = await start({ transport });
    const random = seededRng(11);
    const bytes = Buffer.from(Uint8Array.from({ length: 3_300_000 }, () => random() * 256));
    const file = await client.files.create({ file: await toFile(bytes, "large.bin"), purpose: "user_data" });
    const reader = (await client.files.content(file.id)).body!.getReader();
    const read: Uint8Array[] = [];
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      read.push(part.value);
      if (read.length === 1) await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(Buffer.concat(read).equals(bytes)).toBe(true);
  });

  it("are kept, listed, read back byte for byte and deleted", async () => {
    const { client } = await start({ transport });
    const bytes = Buffer.from(Array.from({ length: 512 }, (_, index) => index % 256));
    const made = await client.files.create({ file: await toFile(bytes, "ü 数.bin"), purpose: "user_data" });
    expect(made).toMatchObject({
      object: "file",
      filename: "ü 数.bin",
      bytes: 512,
      purpose: "user_data",
      status: "processed",
    });
    const other = await client.files.create({ file: await toFile(bytes, "b.bin"), purpose: "assistants" });
    expect((await client.files.list()).data.map(({ id }) => id)).toEqual([other.id, made.id]);
    expect((await client.files.list({ purpose: "user_data" })).data.map(({ id }) => id)).toEqual([made.id]);
    const second = await client.files.list({ limit: 1, after: other.id });
    expect(second.data.map(({ id }) => id)).toEqual([made.id]);
    expect(Buffer.from(await (await client.files.content(made.id)).arrayBuffer()).equals(bytes)).toBe(true);
    expect(await client.files.delete(made.id)).toEqual({ id: made.id, object: "file", deleted: true });
    await expect(client.files.retrieve(made.id)).rejects.toMatchObject({ status: 404 });
  });
});

describe("files", () => {
  it("belong to one account and are invisible to all others", async () => {
    const { clientOf } = await start({ keys: ["alice", "bob"] });
    const file = await clientOf("alice").files.create({
      file: await toFile(Buffer.from("x"), "x"),
      purpose: "user_data",
    });
    expect((await clientOf("bob").files.list()).data).toEqual([]);
    for (const ask of [
      () => clientOf("bob").files.retrieve(file.id),
      () => clientOf("bob").files.content(file.id),
      () => clientOf("bob").files.delete(file.id),
    ]) {
      await expect(ask()).rejects.toMatchObject({ status: 404 });
    }
    await expect(clientOf("eve").files.list()).rejects.toMatchObject({ status: 401 });
    expect((await clientOf("alice").files.retrieve(file.id)).id).toBe(file.id);
  });

  it("are refused beyond what an account may keep", async () => {
    const memory = createMemoryFiles();
    const append = async (...given: Parameters<typeof memory.append>) => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      await memory.append(...given);
    };
    const { client } = await start({ files: { ...memory, append }, options: { maxAccountBytes: 10 } });
    const together = await Promise.allSettled(
      Array.from({ length: 8 }, async () =>
        client.files.create({ file: await toFile(Buffer.from("12345678"), "a"), purpose: "evals" }),
      ),
    );
    const kept = together.flatMap((end) => (end.status === "fulfilled" ? [end.value.id] : []));
    expect(kept).toHaveLength(1);
    await client.files.delete(kept[0]!);
    const upload = async (bytes: number) =>
      client.files.create({ file: await toFile(Buffer.alloc(bytes), "x"), purpose: "user_data" });
    await upload(8);
    await expect(upload(3)).rejects.toMatchObject({ status: 413 });
  });

  it("come back after a restart", async () => {
    const files = createMemoryFiles();
    const first = await start({ files });
    const { id } = await first.client.files.create({ file: await toFile(Buffer.from("x"), "x"), purpose: "user_data" });
    await first.stop();
    // A crash in the middle of writing leaves half a line behind.
    await files.append("index.jsonl", '{"file":{"id":"file-half');
    const second = await start({ files, seed: 4 });
    expect((await second.client.files.retrieve(id)).bytes).toBe(1);
    await second.client.files.create({ file: await toFile(Buffer.from("y"), "y"), purpose: "user_data" });
    await second.stop();
    const third = await start({ files, seed: 5 });
    expect((await third.client.files.list()).data).toHaveLength(2);
  });

  it("are not there at a gateway that keeps none, which says so", async () => {
    const mesh = testMesh();
    const service = await transports[0]!.serve(createGateway(mesh.parts), { host: "127.0.0.1", port: 0 });
    open.push(() => service.close(100));
    const answer = await fetch(`${service.url}/v1/files`);
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({ error: { message: expect.stringContaining("--files") } });
  });

  it("are not taken where the law does not let them lie", async () => {
    const { client } = await start({ options: { country: "CC" } });
    await expect(submit(client, [lineOf("a")])).rejects.toMatchObject({ status: 403, code: "residency_refused" });
    expect((await client.files.list()).data).toEqual([]);
    const allowed = await start({ options: { country: "BB" } });
    expect((await submit(allowed.client, [lineOf("a")])).status).not.toBe("failed");
  });
});

describe("a batch", () => {
  it("has no result whose charge the ledger has not: one that is stopped before runs again and is charged once", async () => {
    const files = createMemoryFiles();
    const ledger = createMemoryStore();
    let away = true;
    const append: typeof ledger.append = (rows) =>
      away ? Promise.reject(new Error("the disk is full")) : ledger.append(rows);
    const first = await start({ files, ledger: { ...ledger, append }, seed: 6 });
    const lines = Array.from({ length: 5 }, (_, index) => lineOf(`line-${index}`));
    const { id } = await submit(first.client, lines);
    await expect.poll(() => first.core.requests.length).toBe(5);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await first.client.batches.retrieve(id)).request_counts).toMatchObject({ completed: 0, failed: 0 });
    // Killed here, nothing of the lines is known but that they are to run.
    await first.stop();
    away = false;
    const second = await start({ files, ledger: { ...ledger, append }, seed: 7 });
    const batch = await ended(second.client, id);
    expect(batch.request_counts).toMatchObject({ completed: 5, failed: 0 });
    expect(await linesIn(second.client, batch.output_file_id)).toHaveLength(5);
    expect(second.core.requests).toHaveLength(5);
    await second.stop();
    const charged = (await ledger.read(0, 100)).filter((row) => row.chargeNanoUsd > 0);
    expect(new Set(charged.map(({ requestId }) => requestId)).size).toBe(5);
    expect(charged).toHaveLength(5);
  });

  it("waits while the ledger is away and the gateway serves nothing, however long that lasts", async () => {
    const ledger = createMemoryStore();
    let away = true;
    const append: typeof ledger.append = (rows) =>
      away ? Promise.reject(new Error("the disk is full")) : ledger.append(rows);
    const options = { linesAtOnce: 1 };
    const { client, core } = await start({ ledger: { ...ledger, append }, maxUnsavedRows: 0, haste: 50, options });
    const { id } = await submit(client, [lineOf("one"), lineOf("two"), lineOf("three")]);
    await expect.poll(() => core.requests.length).toBe(1);
    // More than it would take to begin a line anew as often as is done after failures.
    await new Promise((resolve) => setTimeout(resolve, 400));
    away = false;
    expect((await ended(client, id)).request_counts).toMatchObject({ completed: 3, failed: 0 });
  });

  it("that is cancelled while the ledger is away, and stopped then, has the results that are charged later", async () => {
    const files = createMemoryFiles();
    const ledger = createMemoryStore();
    let away = true;
    const append: typeof ledger.append = (rows) =>
      away ? Promise.reject(new Error("the disk is full")) : ledger.append(rows);
    const first = await start({ files, ledger: { ...ledger, append }, seed: 6 });
    const { id } = await submit(first.client, [lineOf("one"), lineOf("two")]);
    await expect.poll(() => first.core.requests.length).toBe(2);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await first.client.batches.cancel(id);
    await first.desk.stop();
    away = false;
    await first.stop();
    const second = await start({ files, ledger, seed: 7 });
    const batch = await ended(second.client, id);
    expect(batch).toMatchObject({ status: "cancelled", request_counts: { completed: 2, failed: 0 } });
    expect(await linesIn(second.client, batch.output_file_id)).toHaveLength(2);
    const charged = (await ledger.read(0, 100)).filter((row) => row.chargeNanoUsd > 0);
    expect(charged).toHaveLength(2);
  });

  it("runs elsewhere when no engine of the core may serve it, which the law and missing servers decide", async () => {
    const { client, core, edge } = await start({ coreSite: "abroad-core" });
    const batch = await ended(client, (await submit(client, [lineOf("a"), lineOf("b")])).id);
    expect(batch.request_counts).toMatchObject({ completed: 2, failed: 0 });
    expect([core.requests.length, edge.requests.length]).toEqual([0, 2]);
  });

  it("runs at the core, in order of its lines, and is metered once per line", async () => {
    const { client, core, edge, ledger, stop } = await start();
    const lines = Array.from({ length: 25 }, (_, index) => lineOf(`line-${index}`));
    const { id } = await submit(client, lines);
    const batch = await ended(client, id);
    expect(batch).toMatchObject({
      object: "batch",
      status: "completed",
      request_counts: { total: 25, completed: 25, failed: 0 },
    });
    expect(batch.error_file_id).toBeUndefined();
    const results = await linesIn(client, batch.output_file_id);
    expect(results.map((line) => line.custom_id)).toEqual(lines.map((_, index) => `line-${index}`));
    expect(results[3]).toMatchObject({
      response: { status_code: 200, body: { choices: [{ message: { content: "one two three" } }] } },
      error: null,
    });
    expect(edge.requests).toHaveLength(0);
    // The body is the line's own, but for the model's name.
    expect(JSON.parse(Buffer.from(core.requests[0]!.body, "latin1").toString())).toMatchObject({
      messages: [{ content: "Hi line-0 ü" }],
    });
    await stop();
    const rows = await ledger.read(0, 100);
    expect(rows).toHaveLength(25);
    expect(new Set(rows.map((row) => row.requestId)).size).toBe(25);
    expect(rows.every((row) => row.outcome === "served" && row.chargeNanoUsd > 0)).toBe(true);
  });

  it("sorts failures into its error file, and tries again what may pass", async () => {
    let asked = 0;
    const moody: Behaviour = (socket, request) => {
      if (request.body.includes("Hi bad")) return failWith(400)(socket, request);
      if (request.body.includes("Hi moody") && ++asked < 2) return failWith(500)(socket, request);
      wellBehaved(socket, request);
    };
    const { client, ledger, stop } = await start({ engine: moody });
    const { id } = await submit(client, [lineOf("good"), lineOf("bad"), lineOf("moody")]);
    const batch = await ended(client, id);
    expect(batch).toMatchObject({ status: "completed", request_counts: { total: 3, completed: 2, failed: 1 } });
    expect((await linesIn(client, batch.output_file_id)).map((line) => line.custom_id)).toEqual(["good", "moody"]);
    expect(await linesIn(client, batch.error_file_id)).toMatchObject([
      { custom_id: "bad", response: { status_code: 400, body: { error: { message: /upstream says 400/ } } } },
    ]);
    await stop();
    const charged = (await ledger.read(0, 100)).filter((row) => row.chargeNanoUsd > 0);
    expect(charged).toHaveLength(2);
  });

  it.each([
    ["a line that is not JSON", ["{"], "invalid_request", null],
    ["another method", [lineOf("a", { method: "GET" })], "invalid_request", "method"],
    ["another endpoint", [lineOf("a", { url: "/v1/embeddings" })], "invalid_request", "url"],
    ["no body", [lineOf("a", { body: null })], "invalid_request", "body"],
    ["a stream", [lineOf("a", {}, { stream: true })], "invalid_request", "body.stream"],
    ["an unknown model", [lineOf("a", {}, { model: "gpt-9" })], "model_not_found", "body.model"],
    ["an id used twice", [lineOf("a"), lineOf("a")], "duplicate_custom_id", "custom_id"],
    ["nothing", ["", " "], "empty_file", null],
  ])("fails at once with every problem told: %s", async (_name, lines, code, param) => {
    const { client, core } = await start();
    const batch = await submit(client, lines);
    expect(batch).toMatchObject({ status: "failed", errors: { object: "list", data: [{ code, param }] } });
    expect(core.requests).toHaveLength(0);
  });

  it("goes on after a restart where it was, and nothing runs or costs twice", async () => {
    const files = createMemoryFiles();
    const ledger = createMemoryStore();
    let served = 0;
    let first = true;
    const engine: Behaviour = (socket, request) => {
      // Of the first gateway's lines some are done and some hang when it stops.
      if (first && ++served > 6) return;
      wellBehaved(socket, request);
    };
    const before = await start({ files, ledger, engine });
    const { id } = await submit(
      before.client,
      Array.from({ length: 12 }, (_, index) => lineOf(`line-${index}`)),
    );
    while ((await before.client.batches.retrieve(id)).request_counts!.completed < 6) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await before.stop();
    first = false;
    const after = await start({ files, ledger, engine, seed: 9 });
    const batch = await ended(after.client, id);
    expect(batch).toMatchObject({ status: "completed", request_counts: { total: 12, completed: 12, failed: 0 } });
    expect(await linesIn(after.client, batch.output_file_id)).toHaveLength(12);
    expect(after.core.requests).toHaveLength(6);
    await after.stop();
    const charged = (await ledger.read(0, 100)).filter((row) => row.chargeNanoUsd > 0);
    expect(charged).toHaveLength(12);
  });

  it("can be cancelled, and keeps what was done", async () => {
    let served = 0;
    const engine: Behaviour = (socket, request) => void (++served <= 3 && wellBehaved(socket, request));
    const { client, ledger, stop } = await start({ engine, options: { linesAtOnce: 1 } });
    const { id } = await submit(
      client,
      Array.from({ length: 9 }, (_, index) => lineOf(`line-${index}`)),
    );
    while (served < 4) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(["cancelling", "cancelled"]).toContain((await client.batches.cancel(id)).status);
    const batch = await ended(client, id);
    expect(batch).toMatchObject({ status: "cancelled", request_counts: { total: 9, completed: 3, failed: 0 } });
    expect(await linesIn(client, batch.output_file_id)).toHaveLength(3);
    await stop();
    expect((await ledger.read(0, 100)).filter((row) => row.chargeNanoUsd > 0)).toHaveLength(3);
  });

  it("waits for its hours, unless its time runs out", async () => {
    const hour = new Date().getUTCHours();
    const hours = { from: (hour + 2) % 24, to: (hour + 3) % 24 };
    const { client, core } = await start({ options: { hours } });
    const { id } = await submit(client, [lineOf("a")]);
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(core.requests).toHaveLength(0);
    expect((await client.batches.cancel(id)).id).toBe(id);
    const open_ = await start({ options: { hours: { from: hour, to: (hour + 2) % 24 } } });
    const other = await submit(open_.client, [lineOf("a")]);
    expect((await ended(open_.client, other.id)).status).toBe("completed");
  });

  it("is refused with a clear word", async () => {
    const { client } = await start();
    const file = await client.files.create({ file: await toFile(Buffer.from(lineOf("a")), "x"), purpose: "user_data" });
    const order = (fields: object) =>
      client.batches.create({
        input_file_id: file.id,
        endpoint: "/v1/chat/completions",
        completion_window: "24h",
        ...fields,
      } as never);
    await expect(order({})).rejects.toMatchObject({ status: 400, param: "input_file_id" });
    await expect(order({ input_file_id: "file-x" })).rejects.toMatchObject({ status: 400, param: "input_file_id" });
    await expect(client.batches.retrieve("batch_x")).rejects.toMatchObject({ status: 404 });
  });
});
