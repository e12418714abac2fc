import { describe, expect, it } from "vitest";
import type { Engine, EngineFailure, EngineHead, EngineRequest } from "../../src/serve/index.ts";

/** An engine under test and how to end it. */
export interface EngineUnderTest {
  readonly engine: Engine;
  close(): Promise<void>;
}

/** A request body every engine understands. */
export function chatRequest(fields: Partial<EngineRequest> & { maxTokens?: number } = {}): EngineRequest {
  const { maxTokens = 8, ...rest } = fields;
  const stream = fields.stream ?? false;
  const body = {
    model: "contract",
    messages: [{ role: "user", content: "Say something." }],
    max_tokens: maxTokens,
    stream,
    ...(stream && { stream_options: { include_usage: true } }),
  };
  return {
    requestId: "req_contract",
    path: "/v1/chat/completions",
    body: JSON.stringify(body),
    stream,
    inputTokens: 4,
    maxOutputTokens: maxTokens,
    planned: { outputTokens: 20_000, prefixHitRatio: 0 },
    ...rest,
  };
}

/** Runs a request and records what happens, in order. */
export function observe(engine: Engine, request: EngineRequest) {
  const events: string[] = [];
  let head: EngineHead | null = null;
  let text = "";
  let returned = false;
  let early = false;
  let settle: (failure: EngineFailure | null) => void = () => {};
  const ended = new Promise<EngineFailure | null>((resolve) => {
    settle = resolve;
  });
  let notice: () => void = () => {};
  const firstData = new Promise<void>((resolve) => {
    notice = resolve;
  });
  const run = engine.start(request, {
    head(given) {
      early ||= !returned;
      events.push("head");
      head = given;
    },
    data(bytes) {
      events.push("data");
      text += bytes;
      notice();
    },
    end(failure) {
      events.push("end");
      settle(failure);
    },
  });
  returned = true;
  return { run, ended, firstData, events, head: () => head, text: () => text, early: () => early };
}

/** What every engine owes the gateway. */
export function engineContract(name: string, open: () => Promise<EngineUnderTest>): void {
  const withEngine = async (test: (engine: Engine) => Promise<void>) => {
    const opened = await open();
    try {
      await test(opened.engine);
    } finally {
      await opened.close();
    }
  };

  describe(`engine contract: ${name}`, () => {
    it("answers with head, data and one end, none of them before start has returned", () =>
      withEngine(async (engine) => {
        const seen = observe(engine, chatRequest());
        expect(await seen.ended).toBeNull();
        expect(seen.early()).toBe(false);
        expect(seen.events[0]).toBe("head");
        expect(seen.events.at(-1)).toBe("end");
        expect(seen.events.filter((event) => event !== "data")).toEqual(["head", "end"]);
        expect(seen.head()).toMatchObject({ status: 200, contentType: expect.stringContaining("application/json") });
        const answer = JSON.parse(seen.text());
        expect(answer.choices[0].message.content).not.toBe("");
        expect(answer.usage.completion_tokens).toBeGreaterThan(0);
        expect(answer.usage.completion_tokens).toBeLessThanOrEqual(8);
      }));

    it("streams events of bytes, with usage, and closes with the sentinel", () =>
      withEngine(async (engine) => {
        const seen = observe(engine, chatRequest({ stream: true }));
        expect(await seen.ended).toBeNull();
        expect(seen.head()!.contentType).toContain("text/event-stream");
        // oxlint-disable-next-line no-control-regex -- the whole point is that every character is one byte.
        expect(seen.text()).toMatch(/^[\u0000-\u00ff]*$/);
        const payloads = seen
          .text()
          .trim()
          .split("\n\n")
          .map((event) => event.replace(/^data: /, ""));
        expect(payloads.pop()).toBe("[DONE]");
        const chunks = payloads.map((payload) => JSON.parse(payload));
        const words = chunks.filter((chunk) => chunk.choices[0]?.delta.content).length;
        expect(chunks.find((chunk) => chunk.usage)?.usage.completion_tokens).toBe(words);
        expect(chunks.some((chunk) => chunk.choices[0]?.finish_reason)).toBe(true);
      }));

    it("is silent after cancel, however often and whenever it is called", () =>
      withEngine(async (engine) => {
        const seen = observe(engine, chatRequest({ stream: true, maxTokens: 10_000 }));
        await seen.firstData;
        seen.run.cancel();
        const count = seen.events.length;
        seen.run.cancel();
        seen.run.pause();
        seen.run.resume();
        const other = observe(engine, chatRequest());
        other.run.cancel();
        await observe(engine, chatRequest()).ended;
        expect(seen.events).toHaveLength(count);
        expect(other.events).toEqual([]);
      }));

    it("loses nothing by a pause", () =>
      withEngine(async (engine) => {
        const straight = observe(engine, chatRequest({ stream: true, maxTokens: 30 }));
        await straight.ended;
        const paused = observe(engine, chatRequest({ stream: true, maxTokens: 30 }));
        await paused.firstData;
        paused.run.pause();
        await observe(engine, chatRequest()).ended;
        paused.run.resume();
        await paused.ended;
        const words = (text: string) => text.match(/"content":"[^"]*"/g)!.join("");
        expect(words(paused.text())).toBe(words(straight.text()));
      }));

    it("serves many at once without mixing them up", () =>
      withEngine(async (engine) => {
        const runs = Array.from({ length: 20 }, (_, index) =>
          observe(engine, chatRequest({ stream: index % 2 === 0 })),
        );
        const failures = await Promise.all(runs.map((seen) => seen.ended));
        expect(failures.every((failure) => failure === null)).toBe(true);
        for (const [index, seen] of runs.entries()) expect(seen.text().includes("[DONE]")).toBe(index % 2 === 0);
      }));

    it("marks what it does not know of its load as unknown", () =>
      withEngine(async (engine) => {
        const { source, drainMs } = engine.signals();
        expect(["engine", "scrape", "none"]).toContain(source);
        expect(Number.isNaN(drainMs)).toBe(source === "none");
      }));

    it("closes in the middle of a generation", () =>
      withEngine(async (engine) => {
        observe(engine, chatRequest({ stream: true, maxTokens: 10_000 }));
        await engine.close();
      }));
  });
}
