import { describe, expect, it } from "vitest";
import { endpoints } from "./endpoints.ts";
import { engineBody, parseInferenceRequest } from "./chat-request.ts";

const parse = (body: string) => parseInferenceRequest(body, endpoints["/v1/chat/completions"]!);
const messages = [{ role: "user", content: "four char words here" }];

describe("reading a chat request", () => {
  it.each([
    ["no JSON", "{", "invalid_json"],
    ["a list", "[]", "invalid_json"],
    ["no model", JSON.stringify({ messages }), "invalid_request"],
    ["a model that is no string", JSON.stringify({ model: 1, messages }), "invalid_request"],
    ["no messages", JSON.stringify({ model: "m" }), "invalid_request"],
    ["empty messages", JSON.stringify({ model: "m", messages: [] }), "invalid_request"],
    ["a stream flag that is no flag", JSON.stringify({ model: "m", messages, stream: "yes" }), "invalid_request"],
    [
      "messages nested without end",
      `{"model":"m","messages":${"[".repeat(200_000)}${"]".repeat(200_000)}}`,
      "invalid_request",
    ],
    [
      "content nested without end",
      `{"model":"m","messages":[${'{"content":'.repeat(100_000)}1${"}".repeat(100_000)}]}`,
      "invalid_request",
    ],
    [
      "a field of no concern that is nested without end",
      `{"model":"m","messages":[{}],"tools":${"[".repeat(1_000)}${"]".repeat(1_000)}}`,
      "invalid_request",
    ],
    ["a limit below one", JSON.stringify({ model: "m", messages, max_tokens: 0 }), "invalid_request"],
    ["a model given twice", '{"model":"a","messages":[{}],"model":"b"}', "invalid_request"],
  ])("refuses %s", (_name, body, code) => {
    expect(parse(body)).toMatchObject({ ok: false, error: { code, status: 400 } });
  });

  it.each(["max_completion_tokens", "max_tokens"])("names the limit that makes no sense: %s", (name) => {
    const param = { ok: false, error: { param: name, message: expect.stringContaining(`\`${name}\``) } };
    expect(parse(JSON.stringify({ model: "m", messages, [name]: 0 }))).toMatchObject(param);
    expect(parse(JSON.stringify({ model: "m", messages, max_tokens: 5, [name]: "many" }))).toMatchObject(param);
  });

  it("knows how many answers are asked for, and refuses what is no number of them", () => {
    const choices = (n: unknown) => parse(JSON.stringify({ model: "m", messages, n }));
    expect(choices(128)).toMatchObject({ ok: true, request: { choices: 128 } });
    expect(choices(null)).toMatchObject({ ok: true, request: { choices: 1 } });
    for (const n of [0, -1, 1.5, 129, 1e9, "2", [2]])
      expect(choices(n)).toMatchObject({ ok: false, error: { code: "invalid_request", param: "n" } });
    const input = JSON.stringify({ model: "m", input: "x", n: "any" });
    expect(parseInferenceRequest(input, endpoints["/v1/responses"]!)).toMatchObject({ ok: true });
  });

  it("estimates input tokens from text and from the size of pictures, whatever bytes they have", () => {
    const picture = { type: "image_url", image_url: { url: `data:${"x".repeat(10_000)}` } };
    const content = [{ type: "text", text: "four char words here" }, picture];
    const body = JSON.stringify({ model: "m", messages: [{ role: "user", content }] });
    expect(parse(body)).toMatchObject({ ok: true, request: { inputTokens: 5 + 765 } });
  });
});

describe("the body for an engine", () => {
  const bodyFor = (body: string, model = "engine-model") => {
    const parsed = parse(body);
    if (!parsed.ok) throw new Error(parsed.error.message);
    return engineBody(parsed.request, body, model);
  };

  it("is untouched when the engine knows the model by the same name", () => {
    const body = `{ "model":"m", "messages": ${JSON.stringify(messages)}, "future_field": [1e400, 12345678901234567890] }`;
    expect(bodyFor(body, "m")).toBe(body);
  });

  it("asks for usage on every stream and keeps the caller's other stream options", () => {
    expect(JSON.parse(bodyFor(JSON.stringify({ model: "m", messages, stream: true })))).toEqual({
      model: "engine-model",
      messages,
      stream: true,
      stream_options: { include_usage: true },
    });
    const given = { model: "m", messages, stream: true, stream_options: { include_usage: false, other: 1 } };
    expect(JSON.parse(bodyFor(JSON.stringify(given)))).toMatchObject({
      stream_options: { include_usage: true, other: 1 },
    });
    const early = { stream_options: { include_usage: false }, model: "m", messages, stream: true };
    expect(JSON.parse(bodyFor(JSON.stringify(early)))).toEqual({
      ...early,
      model: "engine-model",
      stream_options: { include_usage: true },
    });
    const none = { model: "m", messages, stream: true, stream_options: null };
    expect(JSON.parse(bodyFor(JSON.stringify(none)))).toMatchObject({ stream_options: { include_usage: true } });
  });
});
