import OpenAI from "openai";
import { afterEach, describe, expect, it } from "vitest";
import { frame, sendThen, startUpstream, streamHead, type Behaviour, type Upstream } from "./misbehaving-upstream.ts";
import { createGateway, serveWorld, testMesh, transports } from "./test-mesh.ts";

/**
 * The form of llama-server 0.5's answers, as a server with random weights gave them on 26 November 2026: no content in the
 * first event, no `[DONE]` before an event with usage and timings of its own, members in an order of their own.
 */
const tail = `"created":1795730496,"id":"chatcmpl-7","model":"tiny","system_fingerprint":"b1-0ad4a86","object":"chat.completion.chunk"`;
const chunk = (delta: string, finish = "null") =>
  `data: {"choices":[{"finish_reason":${finish},"index":0,"delta":${delta}}],${tail}}\n\n`;
const usage = `"usage":{"completion_tokens":3,"prompt_tokens":26,"total_tokens":29,"prompt_tokens_details":{"cached_tokens":9}}`;
const timings = `"timings":{"cache_n":9,"prompt_n":17,"prompt_ms":110.787,"predicted_n":3,"predicted_ms":362.33}`;
const transcript = [
  chunk('{"role":"assistant","content":null}'),
  chunk('{"content":" doses"}'),
  chunk('{"content":" Ahead"}'),
  chunk('{"content":" jaw"}'),
  chunk("{}", '"length"'),
  `data: {"choices":[],${tail},${usage},${timings}}\n\n`,
  "data: [DONE]\n\n",
];
const stream: Behaviour = sendThen(streamHead + transcript.map(frame).join("") + "0\r\n\r\n", "close");

const refusing = (status: number, message: string, more = ""): Behaviour => {
  const body = `{"error":{"code":${status},"message":"${message}","type":"exceed_context_size_error"${more}}}`;
  const head = `HTTP/1.1 ${status} Refused\r\nServer: llama.cpp\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${body.length}\r\nKeep-Alive: timeout=5, max=100\r\n\r\n`;
  return sendThen(head + body, "close");
};

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((close) => close()));
});

async function before(behaviour: Behaviour) {
  const upstream: Upstream = await startUpstream(behaviour);
  const [transport] = transports;
  const mesh = testMesh({
    world: serveWorld(),
    upstreams: { "near-edge": upstream.url },
    client: transport!.client,
  });
  const service = await transport!.serve(createGateway(mesh.parts), { host: "127.0.0.1", port: 0 });
  open.push(() => service.close(500).then(() => upstream.close()));
  const client = new OpenAI({ baseURL: `${service.url}/v1`, apiKey: "none", maxRetries: 0 });
  return { client, rows: () => service.close(500).then(() => mesh.store.read(0, 10)) };
}

const request = { model: "disperse/chat", messages: [{ role: "user" as const, content: "Tell a story." }] };

describe("before llama-server", () => {
  it.each([true, false])(
    "passes its streams on, charges what it counted, and tells usage if asked: %s",
    async (asked) => {
      const { client, rows } = await before(stream);
      const events = [];
      const options = asked ? { stream_options: { include_usage: true } } : {};
      for await (const event of await client.chat.completions.create({ ...request, stream: true, ...options })) {
        events.push(event);
      }
      expect(events.map((event) => event.choices[0]?.delta.content ?? "").join("")).toBe(" doses Ahead jaw");
      expect(events.find(({ choices }) => choices[0]?.finish_reason)?.choices[0]?.finish_reason).toBe("length");
      expect(events.some((event) => event.usage?.prompt_tokens === 26)).toBe(asked);
      expect(await rows()).toMatchObject([{ outcome: "served", inputTokens: 26, cachedTokens: 9, outputTokens: 3 }]);
    },
  );

  it("passes on what it says of a prompt that is too long for a slot", async () => {
    const words = "request (12022 tokens) exceeds the available context size (4608 tokens), try increasing it";
    const { client, rows } = await before(refusing(400, words, ',"n_prompt_tokens":12022,"n_ctx":4608'));
    await expect(client.chat.completions.create(request)).rejects.toMatchObject({
      status: 400,
      error: { message: words, n_ctx: 4608 },
    });
    expect(await rows()).toMatchObject([{ outcome: "refused", chargeNanoUsd: 0 }]);
  });

  it("tells of an endpoint that it was not started for, and does not hold that against it", async () => {
    const words = "This server does not support embeddings. Start it with `--embeddings`";
    const { client } = await before(refusing(501, words));
    for (let turn = 0; turn < 3; turn++) {
      const asked = client.embeddings.create({ model: "disperse/chat", input: "a" });
      await expect(asked).rejects.toMatchObject({ status: 501, error: { message: words } });
    }
  });
});
