// Calls about what is kept here: responses, conversations, files and batches, with headers nobody should send.
import fc from "fast-check";
import { expect, it } from "vitest";
import { createMemoryFiles } from "../../src/adapters/files-memory/index.ts";
import { createMemoryShelf } from "../../src/adapters/shelf-memory/index.ts";
import { spansOf } from "../../src/adapters/telemetry-otlp/spans.ts";
import {
  FileDesk,
  ResponseDesk,
  type EngineEvents,
  type EngineRequest,
  type Journal,
  type Reply,
} from "../../src/serve/index.ts";
import { createManualClock } from "./manual-clock.ts";
import { codePoints } from "../laws/code-points.ts";
import { scriptedEngine } from "./scripted-engine.ts";
import { createGateway, testMesh } from "./test-mesh.ts";

const inputs = Number(process.env["DISPERSE_FUZZ_INPUTS"] ?? 300);
const timeout = 20_000 + inputs * 25;
const model = "disperse/chat";

/** A gateway that keeps everything, whose engine answers at once with a response or a stream of one. */
function keeping() {
  const clock = createManualClock();
  const output = [{ type: "message", id: "msg_1", role: "assistant", content: [{ type: "output_text", text: "x" }] }];
  const made = { id: "resp_1", object: "response", status: "completed", output, usage: { output_tokens: 1 } };
  const whole = JSON.stringify({ ...made, choices: [{ message: { content: "x" }, finish_reason: "stop" }] });
  const play = (events: EngineEvents, { stream }: EngineRequest) => {
    events.head({ status: 200, contentType: stream ? "text/event-stream" : "application/json", retryAfterMs: null });
    const told = `event: response.completed\ndata: ${JSON.stringify({ type: "response.completed", response: made })}\n\n`;
    events.data(stream ? told : whole);
    events.end(null);
  };
  const { engine, answers } = scriptedEngine(clock, play);
  const rng = seeded();
  const { parts } = testMesh({ gateway: { totalTimeoutMs: 2_000, cacheBytes: 100_000 } });
  const responses = new ResponseDesk({ shelf: createMemoryShelf(1e6), clock, options: { maxCharacters: 20_000 } });
  const files: FileDesk = new FileDesk({
    store: createMemoryFiles(),
    clock,
    rng,
    send: (call, reply) => gateway.handle(call, reply),
    options: { maxAccountBytes: 100_000 },
  });
  const journal: Journal = {
    // What leaves for a collector must be readable there, whatever came in.
    note(record) {
      for (const span of (spansOf(record) ?? []) as { traceId: string; spanId: string }[]) {
        expect(span.traceId).toMatch(/^(?!0+$)[0-9a-f]{32}$/);
        expect(span.spanId).toMatch(/^(?!0+$)[0-9a-f]{16}$/);
      }
      JSON.stringify(record);
    },
    close: async () => {},
  };
  const engines = () => ({ engine, emulated: false, model: "m" });
  const gateway = createGateway({ ...parts, rng, clock, engines, responses, files, journals: [journal] });
  files.start();
  return async (method: string, target: string, body: string, headers: Record<string, string>) => {
    const seen = { status: 0, text: "", ended: 0 };
    const reply: Reply = {
      send(status, fields, text, last) {
        for (const field of fields) expect(field).toMatch(/^[\t\x20-\x7e\x80-\xff]*$/);
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
      reset: () => void seen.ended++,
    };
    const [path = "", query = ""] = target.split("?", 2);
    const call = { method, path, query, body, bodyBytes: body.length, header: (name: string) => headers[name] };
    gateway.handle(call, reply);
    for (let round = 0; round < 50 && (seen.ended === 0 || round < 3); round++) {
      for (let work = answers.shift(); work; work = answers.shift()) work();
      await new Promise<void>((resolve) => setImmediate(resolve));
      if (round > 4) clock.advance(250);
    }
    clock.advance(1_000);
    return seen;
  };
}

/** The same run for the same inputs: ids come from here. */
function seeded(): () => number {
  let state = 1;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

const odd = fc.oneof(
  fc.string({ unit: codePoints, maxLength: 30 }),
  fc.string({ maxLength: 30 }),
  fc.constant("9".repeat(400)),
);
const id = fc.constantFrom(
  "resp_1",
  "conv_1",
  "file-1",
  "batch_1",
  "msg_1",
  "item_resp_1_0",
  "__proto__",
  "",
  "..",
  "%00",
  "a b",
);
const item = fc.oneof(
  fc.constantFrom<unknown>(
    { role: "user", content: "hi" },
    { type: "item_reference", id: "msg_1" },
    { type: "item_reference", id: {} },
    { type: "message", role: "user", content: [{ type: "input_text", text: "hi" }] },
    { type: "message", role: "user", content: [{ type: "input_image", image_url: "data:image/png;base64,AAAA" }] },
    null,
    1,
    [],
  ),
  fc.jsonValue({ maxDepth: 3 }),
);
const member = fc.oneof(
  fc.tuple(
    fc.constantFrom("input", "items", "messages", "prompt"),
    fc.oneof(odd, fc.array(item, { maxLength: 4 }), item),
  ),
  fc.tuple(fc.constantFrom("previous_response_id", "conversation", "input_file_id"), fc.oneof(id, item)),
  fc.tuple(fc.constantFrom("store", "background", "stream"), fc.constantFrom<unknown>(true, false, null, 1, "x")),
  fc.tuple(fc.constantFrom("metadata", "tools", "include", "expires_after", "dimensions", "encoding_format"), item),
  fc.tuple(
    fc.constantFrom("endpoint", "completion_window", "purpose"),
    fc.oneof(fc.constantFrom("/v1/chat/completions", "24h", "batch"), odd),
  ),
  fc.tuple(fc.constantFrom("max_output_tokens", "temperature", "n"), fc.oneof(fc.integer(), fc.double(), odd)),
);
const json = fc
  .tuple(
    fc.constantFrom<[string, unknown][]>(
      [],
      [["model", model]],
      [
        ["model", model],
        ["input", "hi"],
      ],
    ),
    fc.array(member, { maxLength: 5 }),
  )
  .map(([lead, more]) => JSON.stringify(Object.fromEntries([...lead, ...more])));
const line = fc
  .oneof(json, odd)
  .map((text) => `{"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":${text}}`);
const upload = fc
  .tuple(fc.array(line, { maxLength: 3 }), fc.constantFrom("batch", "evals", "x"))
  .map(
    ([lines, purpose]) =>
      `--b\r\ncontent-disposition: form-data; name="purpose"\r\n\r\n${purpose}\r\n` +
      `--b\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\n${Buffer.from(lines.join("\n")).toString("latin1")}\r\n--b--`,
  );
const body = fc.oneof({ weight: 6, arbitrary: json }, { weight: 1, arbitrary: odd }, { weight: 1, arbitrary: upload });
const path = fc
  .tuple(
    fc.constantFrom(
      "responses",
      "conversations",
      "files",
      "batches",
      "embeddings",
      "chat/completions",
      "models",
      "routes",
    ),
    fc.array(fc.oneof(id, fc.constantFrom("items", "input_items", "cancel", "content")), { maxLength: 3 }),
    fc.oneof(
      { weight: 3, arbitrary: fc.constant("") },
      fc
        .tuple(fc.constantFrom("limit", "after", "order", "starting_after", "stream", "purpose"), odd)
        .map(([key, given]) => `?${key}=${given}`),
    ),
  )
  .map(([root, rest, query]) => `/v1/${[root, ...rest].join("/")}${query}`);
const straight = fc.constantFrom(
  "/v1/responses",
  "/v1/conversations",
  "/v1/files",
  "/v1/batches",
  "/v1/embeddings",
  "/v1/chat/completions",
);
const header = fc.record(
  {
    "content-type": fc.constantFrom("application/json", "multipart/form-data; boundary=b", "multipart/form-data", "x"),
    traceparent: fc.oneof(
      odd,
      fc.constantFrom(
        `00-${"1".repeat(32)}-${"2".repeat(16)}-01`,
        `00-${"0".repeat(32)}-${"2".repeat(16)}-01`,
        `ff-${"1".repeat(32)}-${"0".repeat(16)}-01`,
        `00-${"A".repeat(32)}-${"2".repeat(16)}-zz`,
      ),
    ),
    "idempotency-key": odd,
    "x-request-id": odd,
    "x-disperse-priority": fc.oneof(fc.constantFrom("high", "low", "HIGH", "__proto__"), odd),
    "x-disperse-slo": fc.oneof(fc.constantFrom("batch", "best-effort", "__proto__", "budget"), odd),
    "x-disperse-area": fc.oneof(fc.constantFrom("town", "__proto__"), odd),
    "x-disperse-cache": fc.oneof(fc.constantFrom("use", "no-store"), odd),
    "last-event-id": odd,
    authorization: fc.oneof(fc.constantFrom("Bearer", "Bearer  ", "Basic x"), odd),
  },
  { requiredKeys: [] },
);

it(
  "any call about what is kept is answered once, and if refused then with a well-formed error",
  { timeout },
  async () => {
    const ask = keeping();
    const method = fc.oneof(
      { weight: 4, arbitrary: fc.constant("POST") },
      fc.constantFrom("GET", "DELETE", "HEAD", "PUT"),
    );
    let served = 0;
    await fc.assert(
      fc.asyncProperty(method, fc.oneof(path, straight), body, header, async (verb, target, text, headers) => {
        const seen = await ask(verb, target, text, headers);
        expect(seen.ended).toBe(1);
        if (seen.status === 200) served++;
        else {
          const { error } = JSON.parse(seen.text) as { error: { message: unknown; code: unknown } };
          expect(typeof error.message).toBe("string");
          expect(error.code).not.toBe("internal_error");
        }
      }),
      { numRuns: inputs, examples: [["POST", "/v1/responses", JSON.stringify({ model, input: "hi" }), {}]] },
    );
    expect(served).toBeGreaterThan(0);
  },
);
