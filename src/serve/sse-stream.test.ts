import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SseStream } from "./sse-stream.ts";

const limits = { keepUsage: false, maxEventBytes: 10_000 };
const chunk = (delta: object, finish: string | null = null) =>
  `data: ${JSON.stringify({ id: "x", choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
const role = chunk({ role: "assistant", content: "" });
const usage = `data: ${JSON.stringify({ choices: [], usage: { prompt_tokens: 7, completion_tokens: 0 } })}\n\n`;
const done = "data: [DONE]\n\n";
const whole = [role, chunk({ content: "Hel" }), chunk({ content: "lo" }), chunk({}, "stop"), usage, done].join("");

function readAll(stream: SseStream, pieces: readonly string[]) {
  const reads = pieces.map((piece) => stream.read(piece));
  return {
    forward: reads.map((read) => read.forward).join(""),
    contentEvents: reads.reduce((sum, read) => sum + read.contentEvents, 0),
    firstContents: reads.filter((read) => read.firstContent).length,
    done: reads.some((read) => read.done),
    broken: reads.find((read) => read.broken !== null)?.broken ?? null,
  };
}

describe("an engine's event stream", () => {
  it("gives the same events however the bytes are cut", () => {
    const expected = readAll(new SseStream(limits), [whole]);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: whole.length }), { maxLength: 12 }), (cuts) => {
        const at = [0, ...cuts.toSorted((a, b) => a - b), whole.length];
        const pieces = at.slice(1).map((end, index) => whole.slice(at[index], end));
        expect(readAll(new SseStream(limits), pieces)).toEqual(expected);
      }),
    );
  });

  it("forwards every byte but the usage event nobody asked for", () => {
    expect(readAll(new SseStream(limits), [whole]).forward).toBe(whole.replace(usage, ""));
    expect(readAll(new SseStream({ ...limits, keepUsage: true }), [whole]).forward).toBe(whole);
  });

  it("reads usage and takes a zero for a count", () => {
    const stream = new SseStream(limits);
    stream.read(whole);
    expect(stream.usage).toEqual({ inputTokens: 7, outputTokens: 0, cachedTokens: null });
  });

  it("does not take the role for content", () => {
    const stream = new SseStream(limits);
    expect(stream.read(role)).toMatchObject({ firstContent: false, contentEvents: 0 });
    expect(stream.read(chunk({ content: "x" }))).toMatchObject({ firstContent: true, contentEvents: 1 });
  });

  it.each([
    ["text", { content: "x" }],
    ["reasoning", { reasoning_content: "x" }],
    ["a refusal", { refusal: "no" }],
    ["a tool call", { tool_calls: [{ index: 0, function: { name: "f", arguments: "" } }] }],
  ])("takes %s for content", (_name, delta) => {
    expect(new SseStream(limits).read(chunk(delta)).firstContent).toBe(true);
  });

  it("takes an empty answer with a finish reason for an answer", () => {
    expect(readAll(new SseStream(limits), [role + chunk({}, "stop") + done])).toMatchObject({
      firstContents: 1,
      done: true,
    });
  });

  it("understands line ends of all kinds, comments and several data lines", () => {
    const text = `: ping\r\n\r\n${chunk({ content: "x" }).replaceAll("\n", "\r\n")}data: {"choices":\r\ndata: []}\r\n\r\ndata: [DONE]\r\n\r\n`;
    expect(readAll(new SseStream(limits), [text])).toMatchObject({ forward: text, done: true, broken: null });
  });

  it.each([
    ["cut short", 'data: {"id":"x","choices":[{"delta":{"con\n\n', "malformed"],
    ["not JSON", "data: hello\n\n", "malformed"],
    ["not even a field", "<html>\n\n", "malformed"],
    ["an error object", 'data: {"error":{"message":"out of memory"}}\n\n', "engine-error"],
    ["an error event", 'event: error\ndata: {"message":"out of memory"}\n\n', "engine-error"],
    ["an event without end", `data: {"x":"${"y".repeat(11_000)}`, "too-long"],
  ])("stops at an event that is %s, before and after content", (_name, bad, cause) => {
    expect(readAll(new SseStream(limits), [role, bad])).toMatchObject({ forward: role, broken: cause });
    const good = role + chunk({ content: "x" });
    expect(readAll(new SseStream(limits), [good, bad])).toMatchObject({ forward: good, broken: cause });
    expect(readAll(new SseStream(limits), [good + bad])).toMatchObject({ forward: good, broken: cause });
  });

  it("remembers a finish reason for engines that send no sentinel", () => {
    const stream = new SseStream(limits);
    stream.read(chunk({ content: "x" }));
    expect(stream.finished).toBe(false);
    stream.read(chunk({}, "stop"));
    expect(stream.finished).toBe(true);
  });

  it("survives any bytes", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary-ascii", maxLength: 40 })), (pieces) => {
        const stream = new SseStream(limits);
        const { forward } = readAll(
          stream,
          pieces.map((piece) => `${piece}\n\n`),
        );
        expect(typeof forward).toBe("string");
      }),
    );
  });
});
