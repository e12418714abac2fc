import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MessageParser } from "../../src/adapters/http-raw/index.ts";
import type { EngineEvents, Reply } from "../../src/serve/index.ts";
import { createManualClock } from "./manual-clock.ts";
import { scriptedEngine } from "./scripted-engine.ts";
import { createGateway, testMesh } from "./test-mesh.ts";
import { codePoints } from "../laws/code-points.ts";

/** Inputs per property; `npm run -s fuzz` lets every property see as many as it is told to. */
const inputs = Number(process.env["DISPERSE_FUZZ_INPUTS"] ?? 1_000);
/** How long a property may take: many inputs take minutes on a small machine. */
const timeout = 20_000 + inputs * 25;

/** A gateway whose engine does what the test says, on a clock that stands still. */
function scripted(play: (events: EngineEvents) => void) {
  const clock = createManualClock();
  const { engine, answers } = scriptedEngine(clock, play);
  // Short time limits and a small world keep a run of a hundred thousand inputs within a minute.
  const { parts } = testMesh({
    gateway: { firstTokenTimeoutMs: 100, wholeAnswerTimeoutMs: 100, idleTimeoutMs: 100, totalTimeoutMs: 2_000 },
  });
  const gateway = createGateway({ ...parts, clock, engines: () => ({ engine, emulated: false, model: "m" }) });
  return (path: string, body: string, headers: Record<string, string> = {}) => {
    const seen = { status: 0, text: "", ended: 0, resets: 0 };
    const reply: Reply = {
      send(status, _headers, text, last) {
        seen.status = status;
        seen.text = String(text);
        if (last) seen.ended++;
        return true;
      },
      write(bytes, last) {
        seen.text += bytes;
        if (last) seen.ended++;
        return true;
      },
      reset: () => void seen.resets++,
    };
    gateway.handle({ method: "POST", path, body, bodyBytes: body.length, header: (name) => headers[name] }, reply);
    for (let work = answers.shift(); work; work = answers.shift()) work();
    // Engines that fell silent are given up, and those that failed are rested.
    for (let round = 0; round < 6 && seen.ended === 0; round++) {
      clock.advance(250);
      for (let work = answers.shift(); work; work = answers.shift()) work();
    }
    clock.advance(31_000);
    return seen;
  };
}

/** An error in OpenAI's shape. */
function isError(text: string): boolean {
  const { error } = JSON.parse(text) as { error?: Record<string, unknown> };
  return typeof error?.["message"] === "string";
}

const field = fc.constantFrom(
  "model",
  "messages",
  "stream",
  "stream_options",
  "max_tokens",
  "max_completion_tokens",
  "input",
  "prompt",
  "n",
  "__proto__",
);
const value = fc.oneof(
  fc.constantFrom<unknown>("disperse/chat", "emulated/small", true, false, null, 0, 1, -1, 1e308, "", [], {}),
  fc.constant([{ role: "user", content: "hi" }]),
  fc.constant({ include_usage: true }),
  fc.jsonValue(),
);
const body = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .array(fc.tuple(field, value), { maxLength: 7 })
      .map(
        (members) =>
          `{${members.map(([name, given]) => `${JSON.stringify(name)}:${JSON.stringify(given)}`).join(",")}}`,
      ),
  },
  { weight: 1, arbitrary: fc.string({ unit: codePoints, maxLength: 200 }) },
  { weight: 1, arbitrary: fc.json() },
);
const path = fc.constantFrom(
  "/v1/chat/completions",
  "/v1/completions",
  "/v1/embeddings",
  "/v1/responses",
  "/v1/responses/input_tokens",
  "/tokenize",
  "/v1/audio/speech",
  "/v1/audio/transcriptions",
  "/v1/files",
  "/v1/batches/x/cancel",
  "/v1/other",
  "/",
  "//",
  "/v1/chat/completions/",
);

describe("any request", () => {
  it("is answered once, and if refused then with a well-formed error", { timeout }, () => {
    const ask = scripted((events) => {
      events.head({ status: 200, contentType: "application/json", retryAfterMs: null });
      events.data("{}");
      events.end(null);
    });
    const header = fc.record(
      {
        "x-disperse-area": fc.string(),
        "x-disperse-access": fc.string(),
        "x-disperse-slo": fc.constantFrom("best-effort", "batch", "x"),
        "x-disperse-priority": fc.string(),
        "x-disperse-cache": fc.constantFrom("use", "no-store", "x"),
        "content-type": fc.constantFrom(
          "application/json",
          "multipart/form-data; boundary=b",
          "multipart/form-data",
          "x",
        ),
        traceparent: fc.string(),
        authorization: fc.string(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(path, body, header, (at, text, headers) => {
        const seen = ask(at, text, headers);
        expect(seen.ended).toBe(1);
        if (seen.status !== 200) expect(isError(seen.text)).toBe(true);
      }),
      { numRuns: inputs },
    );
  });
});

describe("any answer of an engine", () => {
  /** Runs that reached a stream: the property would hold for a gateway that refuses everything. */
  let served = 0;
  const event = fc.oneof(
    fc.constantFrom(
      'data: {"choices":[{"index":0,"delta":{"role":"assistant"}}]}\n\n',
      'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n',
      'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n',
      'data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1}}\n\n',
      'data: {"usage":null,"choices":[]}\n\n',
      'data: {"usage": {"prompt_tokens":{}}}\n\n',
      'data: {"error":{"message":"x"}}\n\n',
      "data: [DONE]\n\n",
      ": ping\n\n",
      "data: {\n\n",
      "event: error\ndata: {}\n\n",
      "\r\n\r\n",
      "\n",
    ),
    fc.string({ unit: "binary-ascii", maxLength: 60 }),
    fc.json().map((text) => `data: ${text}\n\n`),
  );
  const goodStart = 'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n';
  const script = fc.record({
    status: fc.oneof(
      { weight: 6, arbitrary: fc.constant(200) },
      { weight: 1, arbitrary: fc.constantFrom(201, 204, 301, 400, 401, 404, 429, 500, 503, 999) },
    ),
    contentType: fc.oneof(
      { weight: 6, arbitrary: fc.constant("text/event-stream") },
      { weight: 1, arbitrary: fc.constantFrom("application/json", "", "x\r\ny: z") },
    ),
    // Half the streams begin well, because what breaks before any content is only ever hidden by another attempt.
    pieces: fc
      .tuple(fc.constantFrom([], [goodStart]), fc.array(event, { maxLength: 8 }))
      .map(([lead, rest]) => [...lead, ...rest]),
    ending: fc.constantFrom("proper", "broken", "silent"),
  });

  it("becomes one answer that ends, and a stream ends with its sentinel or an error, never both", { timeout }, () => {
    fc.assert(
      fc.property(script, fc.boolean(), ({ status, contentType, pieces, ending }, stream) => {
        const ask = askWith((events) => {
          events.head({ status, contentType, retryAfterMs: null });
          for (const piece of pieces) events.data(piece);
          if (ending === "proper") events.end(null);
          else if (ending === "broken") events.end({ kind: "reset", message: "broke" });
        });
        const seen = ask(
          "/v1/chat/completions",
          JSON.stringify({ model: "disperse/chat", stream, messages: [{ role: "user", content: "hi" }] }),
        );
        expect(seen.ended + seen.resets).toBe(1);
        if (seen.status === 200 && stream) {
          served++;
          const finished = seen.text.endsWith("data: [DONE]\n\n");
          const failed = /data: \{"error":\{"message".*\}\}\n\n$/.test(seen.text);
          expect(finished !== failed).toBe(true);
        } else if (seen.status !== 200) expect(isError(seen.text)).toBe(true);
      }),
      { numRuns: inputs },
    );
    expect(served).toBeGreaterThan(inputs / 20);
  });

  // One gateway for all runs: it must also survive having seen all the others.
  let current: (events: EngineEvents) => void = () => {};
  const shared = scripted((events) => current(events));
  const askWith = (play: (events: EngineEvents) => void) => {
    current = play;
    return shared;
  };
});

describe("any form", () => {
  it("is passed on or refused with a well-formed error", { timeout }, () => {
    const ask = scripted((events) => {
      events.head({ status: 200, contentType: "audio/mpeg", retryAfterMs: null });
      events.data("\xff\x00");
      events.end(null);
    });
    const line = fc.constantFrom(
      "--b\r\n",
      "--b--\r\n",
      'content-disposition: form-data; name="model"\r\n\r\n',
      'content-disposition: form-data; name="file"; filename="a"\r\n\r\n',
      "disperse/chat\r\n",
      "\r\n",
    );
    const good = '--b\r\ncontent-disposition: form-data; name="model"\r\n\r\ndisperse/chat\r\n';
    const form = fc
      .tuple(
        fc.constantFrom("", good),
        fc.array(fc.oneof(line, fc.string({ unit: "binary-ascii", maxLength: 20 })), { maxLength: 8 }),
      )
      .map(([lead, rest]) => `${lead}${rest.join("")}--b--`);
    let served = 0;
    fc.assert(
      fc.property(form, (text) => {
        const seen = ask("/v1/audio/transcriptions", text, { "content-type": "multipart/form-data; boundary=b" });
        expect(seen.ended + seen.resets).toBe(1);
        if (seen.status === 200) served++;
        else expect(isError(seen.text)).toBe(true);
      }),
      { numRuns: inputs },
    );
    expect(served).toBeGreaterThan(inputs / 100);
  });
});

describe("any bytes on a connection", () => {
  it.each(["request", "response"] as const)("are parsed or refused as a %s, never worse", { timeout }, (kind) => {
    const line = fc.constantFrom(
      "GET / HTTP/1.1\r\n",
      "POST /x HTTP/1.1\r\n",
      "HTTP/1.1 200 OK\r\n",
      "host: a\r\n",
      "content-length: 3\r\n",
      "transfer-encoding: chunked\r\n",
      "connection: close\r\n",
      "\r\n",
      "3\r\nabc\r\n",
      "0\r\n\r\n",
      "abc",
    );
    const piece = fc.oneof(line, fc.string({ unit: "binary-ascii", maxLength: 30 }));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        let heads = 0;
        let completed = 0;
        const parser = new MessageParser(
          kind,
          { onHead: () => void heads++, onBody() {}, onComplete: () => (completed++, true) },
          500,
        );
        for (const bytes of pieces) {
          const taken = parser.execute(Buffer.from(bytes, "latin1"));
          if (typeof taken !== "number") {
            expect(taken.code).toMatch(/^HPE_/);
            break;
          }
          expect(taken).toBeLessThanOrEqual(bytes.length);
        }
        parser.finish();
        parser.free();
        expect(completed).toBeLessThanOrEqual(heads);
      }),
      { numRuns: inputs },
    );
  });
});
