import { describe, expect, it } from "vitest";
import { continuationBody, saidSoFar } from "./continuation.ts";

const event = (delta: object, fields: object = {}) =>
  `data: ${JSON.stringify({ id: "x", choices: [{ index: 0, delta, finish_reason: null, ...fields }] })}\n\n`;
/** UTF-8 as the wire carries it. */
const asBytes = (text: string) => Buffer.from(text, "utf8").toString("latin1");

describe("what a broken stream had said", () => {
  it("is its text, character by character", () => {
    const events = asBytes(
      event({ role: "assistant", content: "" }) + event({ content: "Grüß" }) + event({ content: " Gott \u{1f600}" }),
    );
    expect(saidSoFar(events)).toEqual({ text: "Grüß Gott \u{1f600}", tokens: 2 });
  });

  it("is found behind comments and other fields of an event", () => {
    const events = `: ping\n${event({ content: "Hel" })}id: 7\r\n${event({ content: "lo" }).replaceAll("\n", "\r\n")}: ping\n\n`;
    expect(saidSoFar(events)).toEqual({ text: "Hello", tokens: 2 });
  });

  it.each([
    ["nothing yet", event({ role: "assistant" })],
    ["a tool call", event({ content: "a" }) + event({ tool_calls: [{ index: 0 }] })],
    ["reasoning", event({ reasoning_content: "hm" })],
    ["a second choice", event({ content: "a" }, { index: 1 })],
    ["a finished answer", event({ content: "a" }) + event({}, { finish_reason: "stop" })],
  ])("cannot be continued after %s", (_name, events) => {
    expect(saidSoFar(events)).toBeNull();
  });
});

describe("the body of a continuation", () => {
  const messages = [{ role: "user", content: "Hello" }];
  const said = { text: "one ", tokens: 3 };

  it("carries the beginning and leaves every other field alone", () => {
    const body = `{"seed":12345678901234567890,"max_tokens":10,"messages":${JSON.stringify(messages)}}`;
    const continued = continuationBody(body, said)!;
    expect(continued).toContain('"seed":12345678901234567890');
    expect(JSON.parse(continued)).toMatchObject({
      max_tokens: 7,
      messages: [...messages, { role: "assistant", content: "one " }],
      continue_final_message: true,
      add_generation_prompt: false,
    });
  });

  it.each([{ n: 1 }, { n: null }])("is made for %j, which asks for one answer like saying nothing", (fields) => {
    const continued = continuationBody(JSON.stringify({ messages, ...fields }), said)!;
    expect(JSON.parse(continued)).toMatchObject({ ...fields, continue_final_message: true });
  });

  it.each([{ max_tokens: 3 }, { n: 2 }, { tools: [] }, { continue_final_message: true }])(
    "is not made for %j",
    (fields) => {
      expect(continuationBody(JSON.stringify({ messages, ...fields }), said)).toBeNull();
    },
  );
});
