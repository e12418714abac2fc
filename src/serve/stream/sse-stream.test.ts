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

  it("takes no zeros beside the text for counts, which Ollama writes into every event of a completion but the last", () => {
    const stream = new SseStream(limits);
    const zeros = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 };
    const text = (said: string) => `data: ${JSON.stringify({ choices: [{ index: 0, text: said }], usage: zeros })}\n\n`;
    stream.read(text("one ") + text("two "));
    expect(stream.usage).toBeNull();
    stream.read(`data: ${JSON.stringify({ choices: [], usage: { prompt_tokens: 5, completion_tokens: 2 } })}\n\n`);
    expect(stream.usage).toMatchObject({ inputTokens: 5, outputTokens: 2 });
  });

  it.each(["abort", "cancelled"])("takes no answer that its engine called off for a whole one: %s", (reason) => {
    const begun = role + chunk({ content: "Hel" }) + chunk({ content: "lo" });
    const over = chunk({}, reason) + done;
    const spaced = (text: string) => text.replaceAll('":', '": ').replaceAll(',"', ', "');
    for (const [before, after] of [
      [begun, over],
      [spaced(begun), spaced(over)],
    ] as const)
      for (const pieces of [[before + after], [before, after], [": ping\n\n", before, after]])
        expect(readAll(new SseStream(limits), pieces)).toMatchObject({
          forward: pieces.slice(0, -1).join("") || before,
          done: false,
          broken: "engine-error",
        });
  });

  it.each(["abort", "cancelled"])("does not take the word for an answer called off: %s", (word) => {
    const said = JSON.stringify({ choices: [{ finish_reason: word }] });
    const text = role + chunk({ content: word }) + chunk({ content: said }) + chunk({}, "stop") + done;
    expect(readAll(new SseStream(limits), [text])).toMatchObject({ done: true, broken: null, contentEvents: 3 });
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
    ["line feeds", "\n"],
    ["returns and line feeds", "\r\n"],
    ["returns", "\r"],
  ])("may end its lines with %s, cut anywhere", (_name, lineEnd) => {
    const text = whole.replaceAll("\n", lineEnd);
    const expected = readAll(new SseStream({ ...limits, keepUsage: true }), [text]);
    expect(expected).toMatchObject({ forward: text, contentEvents: 3, done: true, broken: null });
    for (let cut = 1; cut < text.length; cut++) {
      const stream = new SseStream({ ...limits, keepUsage: true });
      const read = readAll(stream, [text.slice(0, cut), text.slice(cut)]);
      // Half of the very last line end may be left over when the sentinel has been understood.
      expect({ ...read, forward: read.forward.trimEnd() }).toEqual({ ...expected, forward: text.trimEnd() });
      expect(stream.usage).toMatchObject({ inputTokens: 7 });
    }
  });

  it("may mix line ends, as proxies do that add comments of their own", () => {
    const text = `: ping\r\n\r\n${role}${chunk({ content: "x" })}: ping\r\n\r\n${usage}${done}`;
    const stream = new SseStream({ ...limits, keepUsage: true });
    expect(readAll(stream, [text])).toMatchObject({ forward: text, done: true, contentEvents: 1, broken: null });
    expect(stream.usage).toMatchObject({ inputTokens: 7 });
  });

  it("may begin with a byte order mark and spread a first event over several lines", () => {
    const text = '\xef\xbb\xbfdata: {"choices":[{"index":0,\ndata: "delta":{"content":"x"}}]}\n\n';
    expect(readAll(new SseStream(limits), text.split(""))).toMatchObject({
      contentEvents: 1,
      firstContents: 1,
      broken: null,
    });
  });

  it("may not run two events into one", () => {
    const merged = `data: {"id":"x","choices":[{"delta":{"con\n${chunk({ content: "y" })}`;
    expect(readAll(new SseStream(limits), [chunk({ content: "x" }), merged])).toMatchObject({ broken: "malformed" });
  });

  it("waits for the finish reason of every choice that was asked for", () => {
    const stream = new SseStream({ ...limits, choices: 2 });
    stream.read(chunk({ content: "x" }));
    stream.read(chunk({}, "stop"));
    expect(stream.finished).toBe(false);
    stream.read(chunk({}, "length"));
    expect(stream.finished).toBe(true);
  });

  it("tells finish reasons that brought no token from those that did", () => {
    const read = (...events: string[]) => {
      const stream = new SseStream(limits);
      const { contentEvents } = readAll(stream, events);
      return contentEvents - stream.emptyFinishes;
    };
    expect(read(chunk({ content: "x" }), chunk({ content: "y" }), chunk({}, "stop"))).toBe(2);
    expect(read(chunk({ content: "x" }), chunk({ content: "y" }, "stop"))).toBe(2);
  });

  describe("with named events", () => {
    const named = (type: string, fields: object = {}) =>
      `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;

    it("is over with the last event of its answer, whose usage counts", () => {
      const stream = new SseStream(limits);
      const text =
        named("response.created", { sequence_number: 0, response: { usage: null } }) +
        named("response.output_text.delta", { sequence_number: 1, delta: "x" }) +
        named("response.completed", { sequence_number: 2, response: { usage: { input_tokens: 4, output_tokens: 1 } } });
      expect(readAll(stream, [text])).toMatchObject({ forward: text, firstContents: 1, contentEvents: 1, done: true });
      expect(stream.usage).toMatchObject({ inputTokens: 4, outputTokens: 1 });
      expect(stream.lastSequence).toBe(2);
    });

    it("may be complete without any text", () => {
      const text = named("response.created") + named("response.completed", { response: {} });
      expect(readAll(new SseStream(limits), [text])).toMatchObject({ firstContents: 1, done: true, broken: null });
    });

    it.each([
      ["an error event", named("error", { message: "boom" })],
      ["a failed response", named("response.failed", { response: { error: { message: "boom" } } })],
      ["an error without a name", 'data: {"type":"error","message":"boom"}\n\n'],
      ["an error object of an older engine", 'data: {"object":"error","message":"boom","code":500}\n\n'],
    ])("breaks at %s, before and after content", (_name, bad) => {
      const good = named("response.output_text.delta", { delta: "x" });
      expect(readAll(new SseStream(limits), [bad])).toMatchObject({ broken: "engine-error" });
      expect(readAll(new SseStream(limits), [good + bad])).toMatchObject({ forward: good, broken: "engine-error" });
    });
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
