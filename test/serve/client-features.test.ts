import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { ChatOpenAI, OpenAIEmbeddings } from "@langchain/openai";
import { embed, jsonSchema, streamText, tool } from "ai";
import OpenAI from "openai";
import { afterEach, describe, expect, it } from "vitest";
import { createHttpClient, serveHttp } from "../../src/adapters/http-raw/index.ts";
import { answer, doneEvent, startUpstream, streamOf, usageEvent, type Behaviour } from "./misbehaving-upstream.ts";
import { createGateway, testMesh } from "./test-mesh.ts";

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((close) => close()));
});

/** A gateway over one engine, or over emulated ones. */
async function start(engine: Behaviour | null) {
  const upstream = engine && (await startUpstream(engine));
  const { parts } = testMesh({
    client: (origin) => createHttpClient({ origin }),
    ...(upstream && { upstreams: { "near-edge": upstream.url } }),
  });
  const service = await serveHttp(createGateway(parts), { host: "127.0.0.1", port: 0 });
  open.push(
    () => service.close(100),
    async () => upstream?.close(),
  );
  return { baseURL: `${service.url}/v1`, upstream };
}

const model = "disperse/chat";
const chunk = (delta: object, finish: string | null = null) =>
  `data: ${JSON.stringify({ id: "chatcmpl-1", object: "chat.completion.chunk", created: 1, model: "m", choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
const call = (fields: object, index = 0) => ({ tool_calls: [{ index, ...fields }] });
/** A call of a tool, its arguments in pieces, as engines stream it. */
const toolCall = streamOf(
  chunk({ role: "assistant", content: null }),
  chunk(call({ id: "call_1", type: "function", function: { name: "weather", arguments: "" } })),
  chunk(call({ function: { arguments: '{"city":' } })),
  chunk(call({ function: { arguments: '"Bonn"}' } })),
  chunk({}, "tool_calls"),
  usageEvent,
  doneEvent,
);
const embedding: Behaviour = (socket) =>
  answer(
    socket,
    200,
    JSON.stringify({
      object: "list",
      model: "m",
      data: [{ object: "embedding", index: 0, embedding: [0.5, -1] }],
      usage: { prompt_tokens: 3, total_tokens: 3 },
    }),
  );

describe("tools in a stream", () => {
  it("reach the openai client piece by piece", async () => {
    const { baseURL, upstream } = await start(toolCall);
    const client = new OpenAI({ baseURL, apiKey: "none", maxRetries: 0 });
    const parameters = { type: "object", properties: { city: { type: "string" } } };
    const stream = await client.chat.completions.create({
      model,
      stream: true,
      messages: [{ role: "user", content: "Weather in Bonn?" }],
      tools: [{ type: "function", function: { name: "weather", parameters } }],
    });
    let text = "";
    let finish: string | null = null;
    for await (const { choices } of stream) {
      text += choices[0]?.delta.tool_calls?.[0]?.function?.arguments ?? "";
      finish = choices[0]?.finish_reason ?? finish;
    }
    expect([text, finish]).toEqual(['{"city":"Bonn"}', "tool_calls"]);
    expect(JSON.parse(upstream!.requests[0]!.body)).toMatchObject({ tools: [{ function: { name: "weather" } }] });
  });

  it("are run by Vercel ai, and understood by LangChain", async () => {
    const { baseURL } = await start(toolCall);
    const asked: unknown[] = [];
    const { fullStream } = streamText({
      model: createOpenAICompatible({ name: "disperse", baseURL, apiKey: "none" }).chatModel(model),
      prompt: "Weather in Bonn?",
      maxRetries: 0,
      tools: {
        weather: tool({
          inputSchema: jsonSchema<{ city: string }>({ type: "object", properties: { city: { type: "string" } } }),
          execute: async (input) => {
            asked.push(input);
            return "rain";
          },
        }),
      },
    });
    for await (const part of fullStream) if (part.type === "error") throw part.error;
    expect(asked).toEqual([{ city: "Bonn" }]);
    const chat = new ChatOpenAI({ model, apiKey: "none", maxRetries: 0, configuration: { baseURL } });
    const bound = chat.bindTools([{ type: "function", function: { name: "weather", parameters: {} } }]);
    let calls: unknown = null;
    let whole = null;
    for await (const part of await bound.stream("Weather in Bonn?")) whole = whole === null ? part : whole.concat(part);
    calls = whole?.tool_calls;
    expect(calls).toMatchObject([{ name: "weather", args: { city: "Bonn" } }]);
  });
});

describe("embeddings", () => {
  it("are the same through all three clients", async () => {
    const { baseURL } = await start(embedding);
    const client = new OpenAI({ baseURL, apiKey: "none", maxRetries: 0 });
    const { data } = await client.embeddings.create({ model, input: "a", encoding_format: "float" });
    const vercel = await embed({
      model: createOpenAICompatible({ name: "disperse", baseURL, apiKey: "none" }).embeddingModel(model),
      value: "a",
      maxRetries: 0,
    });
    const langchain = await new OpenAIEmbeddings({
      model,
      apiKey: "none",
      maxRetries: 0,
      configuration: { baseURL },
    }).embedQuery("a");
    for (const vector of [data[0]!.embedding, vercel.embedding, langchain]) expect(vector).toEqual([0.5, -1]);
  });
});

describe("responses", () => {
  it("are streamed event by event, in order and numbered, with usage at the end", async () => {
    const { baseURL } = await start(null);
    const client = new OpenAI({ baseURL, apiKey: "none", maxRetries: 0 });
    const stream = client.responses.stream({ model, input: "Hello" });
    const numbers: number[] = [];
    const types: string[] = [];
    for await (const event of stream) {
      numbers.push(event.sequence_number);
      if (types.at(-1) !== event.type) types.push(event.type);
    }
    expect(numbers).toEqual(numbers.map((_, index) => index));
    expect(types).toEqual([
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.content_part.added",
      "response.output_text.delta",
      "response.output_text.done",
      "response.content_part.done",
      "response.output_item.done",
      "response.completed",
    ]);
    const final = await stream.finalResponse();
    expect(final.output_text).toContain("emulated");
    expect(final.usage).toMatchObject({ output_tokens: 24 });
  });

  it("are read by LangChain as well", async () => {
    const { baseURL } = await start(null);
    const chat = new ChatOpenAI({
      model,
      apiKey: "none",
      maxRetries: 0,
      useResponsesApi: true,
      configuration: { baseURL },
    });
    let text = "";
    for await (const part of await chat.stream("Hello")) text += part.text;
    expect(text).toContain("no language model wrote it");
    expect((await chat.invoke("Hello")).text).toContain("no language model wrote it");
  });

  it("are raised as errors by the client when they break off", async () => {
    const event = (type: string, fields: object) => `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
    const { baseURL } = await start(
      streamOf(
        event("response.created", { sequence_number: 0, response: { id: "resp_1" } }),
        event("response.output_text.delta", { sequence_number: 1, delta: "hi" }),
        event("response.failed", { sequence_number: 2, response: { id: "resp_1", error: { message: "boom" } } }),
      ),
    );
    const client = new OpenAI({ baseURL, apiKey: "none", maxRetries: 0 });
    const stream = await client.responses.create({ model, input: "Hello", stream: true });
    let text = "";
    await expect(
      (async () => {
        for await (const part of stream) if (part.type === "response.output_text.delta") text += part.delta;
      })(),
    ).rejects.toMatchObject({ code: "upstream_failed" });
    expect(text).toBe("hi");
  });
});

describe("completions", () => {
  it("come whole and as a stream from emulated engines", async () => {
    const { baseURL } = await start(null);
    const client = new OpenAI({ baseURL, apiKey: "none", maxRetries: 0 });
    const whole = await client.completions.create({ model, prompt: "Hello", max_tokens: 5 });
    expect(whole.choices[0]).toMatchObject({ text: "This answer is emulated: no", finish_reason: "length" });
    let text = "";
    for await (const part of await client.completions.create({ model, prompt: "Hello", max_tokens: 5, stream: true }))
      text += part.choices[0]?.text ?? "";
    expect(text.trim()).toBe("This answer is emulated: no");
  });
});

describe("what an engine has against a request", () => {
  const answers: Readonly<Record<string, { body: object | string; told: string }>> = {
    "as OpenAI writes it": {
      body: { error: { message: "too long", type: "BadRequestError", param: null, code: 400 } },
      told: "too long",
    },
    "as SGLang, TensorRT-LLM and older vLLM write it": {
      body: { object: "error", message: "too long", type: "BadRequestError", param: null, code: 400 },
      told: "The engine refused the request: too long",
    },
    "as FastAPI writes it": {
      body: { detail: [{ loc: ["body", "n"], msg: "must be a number", type: "int_parsing" }, { msg: "straße" }] },
      told: "The engine refused the request: body.n: must be a number; straße",
    },
    "in one word": { body: { error: "too long" }, told: "The engine refused the request: too long" },
    "as a web page": {
      body: "<h1>no</h1>",
      told: "The engine refused the request with status 400. Compare it with the OpenAI API reference.",
    },
  };

  it.each(Object.entries(answers))("is told by the openai client: %s", async (_, { body, told }) => {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const { baseURL } = await start((socket) => answer(socket, 400, text));
    const client = new OpenAI({ baseURL, apiKey: "none", maxRetries: 0 });
    const asked = client.chat.completions.create({ model, messages: [{ role: "user", content: "Hello" }] });
    await expect(asked).rejects.toMatchObject({ status: 400, error: { message: told } });
  });
});
