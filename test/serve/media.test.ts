import OpenAI, { toFile } from "openai";
import { afterEach, describe, expect, it } from "vitest";
import { answer, failWith, sendThen, startUpstream, streamOf, type Behaviour } from "./misbehaving-upstream.ts";
import { createGateway, testMesh, transports, type Transport } from "./test-mesh.ts";

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((close) => close()));
});

async function meshOf(transport: Transport, near: Behaviour, bloc: Behaviour = failWith(500)) {
  const upstreams = [await startUpstream(near), await startUpstream(bloc)];
  const mesh = testMesh({
    upstreams: { "near-edge": upstreams[0]!.url, "bloc-core": upstreams[1]!.url },
    client: transport.client,
    gateway: { wholeAnswerTimeoutMs: 5_000 },
  });
  const service = await transport.serve(createGateway(mesh.parts), { host: "127.0.0.1", port: 0 });
  open.push(() => service.close(500), ...upstreams.map((upstream) => () => upstream.close()));
  const client = new OpenAI({ baseURL: `${service.url}/v1`, apiKey: "none", maxRetries: 0 });
  const rows = async () => {
    await service.close(500);
    return mesh.store.read(0, 100);
  };
  return { client, url: service.url, near: upstreams[0]!, bloc: upstreams[1]!, rows };
}

/** Every byte there is, the one that ends lines included. */
const everyByte = Buffer.from(Array.from({ length: 1_024 }, (_, index) => index % 256));
const bytesText = everyByte.toString("latin1");
const head = (type: string, length: number) =>
  `HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\ncontent-length: ${length}\r\n\r\n`;
const sound = sendThen(head("audio/mpeg", 1_024) + bytesText, "stay");
const model = "disperse/chat";
const spoken = { model, voice: "alloy", input: "Hello" } as const;

describe.each(transports)("over $name:", (transport) => {
  describe("an upload", () => {
    it("reaches the engine byte for byte, but for the model's name", async () => {
      const mesh = await meshOf(transport, (socket) => answer(socket, 200, JSON.stringify({ text: "hello there" })));
      const file = await toFile(everyByte, "a.wav", { type: "audio/wav" });
      const { text } = await mesh.client.audio.transcriptions.create({ model, file, language: "de" });
      expect(text).toBe("hello there");
      const [asked] = mesh.near.requests;
      expect(asked!.head).toMatch(/^POST \/v1\/audio\/transcriptions HTTP/);
      expect(asked!.head).toMatch(/content-type: multipart\/form-data; ?boundary=/i);
      expect(asked!.body).toContain(`\r\n\r\n${bytesText}\r\n--`);
      expect(asked!.body).toMatch(/name="model"\r\n\r\nupstream-model\r\n/);
      expect(asked!.body).toMatch(/name="language"\r\n\r\nde\r\n/);
      // Without counts of the engine it costs what a request of mean length costs.
      expect(await mesh.rows()).toMatchObject([
        { outcome: "served", tokenSource: "estimated", inputTokens: 64, outputTokens: 24, chargeNanoUsd: 1_000_000 },
      ]);
    });

    it("is tried again elsewhere when the engine fails", async () => {
      const whole: Behaviour = (socket) => answer(socket, 200, JSON.stringify({ text: "from the core" }));
      const mesh = await meshOf(transport, sendThen("", "reset"), whole);
      const file = await toFile(everyByte, "a.wav");
      expect((await mesh.client.audio.transcriptions.create({ model, file })).text).toBe("from the core");
      expect(mesh.bloc.requests[0]!.body).toContain(bytesText);
    });

    it("may be answered in plain text or in events", async () => {
      const mesh = await meshOf(transport, sendThen(`${head("text/plain", 5)}hello`, "stay"));
      const file = await toFile(everyByte, "a.wav");
      const plain = await mesh.client.audio.transcriptions.create({ model, file, response_format: "text" });
      expect(plain).toBe("hello");
      const event = (type: string, fields: object) =>
        `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
      const usage = { type: "tokens", input_tokens: 9, output_tokens: 2, total_tokens: 11 };
      mesh.near.behave(
        streamOf(
          event("transcript.text.delta", { delta: "hel" }),
          event("transcript.text.delta", { delta: "lo" }),
          event("transcript.text.done", { text: "hello", usage }),
        ),
      );
      let text = "";
      for await (const part of await mesh.client.audio.transcriptions.create({ model, file, stream: true })) {
        if (part.type === "transcript.text.delta") text += part.delta;
      }
      expect(text).toBe("hello");
      expect((await mesh.rows()).at(-1)).toMatchObject({ tokenSource: "engine", inputTokens: 9, outputTokens: 2 });
    });

    it.each([
      ["without a model", 'name="file"; filename="a"\r\n\r\nx'],
      ["with two models", 'name="model"\r\n\r\na\r\n--b\r\nContent-Disposition: form-data; name="model"\r\n\r\nb'],
    ])("is refused %s", async (_name, part) => {
      const mesh = await meshOf(transport, failWith(500));
      const response = await fetch(`${mesh.url}/v1/audio/transcriptions`, {
        method: "POST",
        headers: { "content-type": "multipart/form-data; boundary=b" },
        body: `--b\r\nContent-Disposition: form-data; ${part}\r\n--b--\r\n`,
      });
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ error: { code: "invalid_request" } });
      expect(mesh.near.requests).toHaveLength(0);
    });
  });

  describe("an answer in bytes", () => {
    it("arrives as it was sent, with its type", async () => {
      const mesh = await meshOf(transport, sound);
      const response = await mesh.client.audio.speech.create(spoken);
      expect(response.headers.get("content-type")).toBe("audio/mpeg");
      expect(Buffer.from(await response.arrayBuffer()).equals(everyByte)).toBe(true);
      expect(await mesh.rows()).toMatchObject([{ outcome: "served", responseBytes: 1_024, chargeNanoUsd: 1_000_000 }]);
    });

    it("fails over before its first byte, and afterwards breaks so that nobody takes it for whole", async () => {
      const mesh = await meshOf(transport, sendThen(head("audio/mpeg", 1_024), "close"), sound);
      const taken = await mesh.client.audio.speech.create(spoken);
      expect((await taken.arrayBuffer()).byteLength).toBe(1_024);
      mesh.near.behave(sendThen(head("audio/mpeg", 2_048) + bytesText, "close"));
      const cut = await mesh.client.audio.speech.create(spoken);
      await expect(cut.arrayBuffer()).rejects.toThrow();
      expect((await mesh.rows()).filter((row) => row.chargeNanoUsd > 0)).toHaveLength(1);
    });
  });

  it("pictures are made and changed", async () => {
    const usage = {
      input_tokens: 12,
      output_tokens: 100,
      total_tokens: 112,
      input_tokens_details: { text_tokens: 12 },
    };
    const picture = JSON.stringify({ created: 1, data: [{ b64_json: "AAAA" }], usage });
    const mesh = await meshOf(transport, (socket) => answer(socket, 200, picture));
    const made = await mesh.client.images.generate({ model, prompt: "a house" });
    expect(made.data?.[0]?.b64_json).toBe("AAAA");
    const image = await toFile(everyByte, "a.png", { type: "image/png" });
    await mesh.client.images.edit({ model, image, prompt: "a larger house" });
    expect(mesh.near.requests.map(({ head: text }) => text.split(" ")[1])).toEqual([
      "/v1/images/generations",
      "/v1/images/edits",
    ]);
    for (const row of await mesh.rows()) expect(row).toMatchObject({ tokenSource: "engine", outputTokens: 100 });
  });

  describe("counting tokens", () => {
    it("is the engine's, and free", async () => {
      const mesh = await meshOf(transport, (socket) => answer(socket, 200, '{"count":3,"tokens":[1,2,3]}'));
      const response = await fetch(`${mesh.url}/tokenize`, {
        method: "POST",
        body: JSON.stringify({ model, prompt: "Hello there" }),
      });
      expect(await response.json()).toEqual({ count: 3, tokens: [1, 2, 3] });
      expect(await mesh.rows()).toMatchObject([{ outcome: "served", chargeNanoUsd: 0 }]);
    });

    it("is asked for under both names that engines know, whichever the caller uses", async () => {
      const mesh = await meshOf(transport, (socket) => answer(socket, 200, '{"tokens":[1,2,3]}'));
      const messages = [{ role: "user", content: "Hi" }];
      for (const given of [{ prompt: "Hé" }, { content: "Hé" }, { prompt: "a", content: "b" }, { messages }])
        await fetch(`${mesh.url}/tokenize`, { method: "POST", body: JSON.stringify({ model, x: 1, ...given }) });
      const sent = mesh.near.requests.map(({ body }) => JSON.parse(Buffer.from(body, "latin1").toString()) as object);
      const rest = { model: "upstream-model", x: 1 };
      const both = { ...rest, prompt: "Hé", content: "Hé" };
      expect(sent).toEqual([both, both, { ...rest, prompt: "a", content: "b" }, { ...rest, messages }]);
    });

    it("is estimated, and said to be, where the engine cannot", async () => {
      const mesh = await meshOf(transport, failWith(404));
      const { data, response } = await mesh.client.responses.inputTokens
        .count({ model, input: "x".repeat(40) })
        .withResponse();
      expect(data).toEqual({ object: "response.input_tokens", input_tokens: 10 });
      expect(response.headers.get("x-disperse-token-source")).toBe("estimated");
    });
  });
});
