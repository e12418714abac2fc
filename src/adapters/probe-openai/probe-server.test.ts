import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { unreachable } from "./probe-refused.ts";
import { probeServer, type ProbeOptions } from "./probe-server.ts";

interface Asked {
  readonly body: Record<string, unknown>;
  readonly authorization: string | undefined;
}

const servers: { close: () => void }[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

type Answer = (asked: Asked, response: ServerResponse) => void;

/** A server of one model on a free port of this machine; `answer` is what it does with a chat completion. */
async function serve(answer: Answer, models: readonly string[] = ["acme/tiny"]) {
  const asked: Asked[] = [];
  let inFlight = 0;
  let mostInFlight = 0;
  const server = createServer((request: IncomingMessage, response) => {
    if (request.url === "/v1/models") {
      response.setHeader("content-type", "application/json");
      return response.end(JSON.stringify({ data: models.map((id) => ({ id })) }));
    }
    let text = "";
    request.setEncoding("utf8").on("data", (part: string) => (text += part));
    request.on("end", () => {
      const entry = { body: JSON.parse(text) as Record<string, unknown>, authorization: request.headers.authorization };
      asked.push(entry);
      inFlight++;
      mostInFlight = Math.max(mostInFlight, inFlight);
      response.on("close", () => inFlight--);
      answer(entry, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  servers.push({
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, asked, mostInFlight: () => mostInFlight };
}

const wordsIn = (asked: Asked) => {
  const [message] = asked.body["messages"] as { content: string }[];
  return message!.content.split(" ").length;
};

/** Streams as many tokens as were asked for and counts them, the prompt's words being its tokens. */
const stream: Answer = (asked, response) => {
  response.setHeader("content-type", "text/event-stream; charset=utf-8");
  const tokens = Number(asked.body["max_tokens"]);
  const event = (value: object) => response.write(`data: ${JSON.stringify(value)}\r\n\r\n`);
  event({ choices: [{ delta: { role: "assistant", content: "" } }] });
  let sent = 0;
  const timer = setInterval(() => {
    event({ choices: [{ delta: { content: "x " } }] });
    if (++sent < tokens) return;
    clearInterval(timer);
    event({ choices: [], usage: { prompt_tokens: wordsIn(asked), completion_tokens: tokens } });
    response.end("data: [DONE]\n\n");
  }, 1);
};

const options = (url: string, changes: Partial<ProbeOptions> = {}): ProbeOptions => ({
  url,
  model: null,
  concurrencies: [1, 3],
  promptTokens: [20, 60],
  outputTokens: 8,
  maxRequests: 100,
  timeLimitMs: 60_000,
  ...changes,
});

describe("probeServer", () => {
  it("measures each number in flight at each prompt length, by the tokens the server counts", async () => {
    const server = await serve(stream);
    const { cells, model, requests, cutShort } = await probeServer(options(`${server.url}/v1/`));
    expect(model).toBe("acme/tiny");
    expect(cutShort).toBeNull();
    expect(requests).toBe(server.asked.length);
    expect(cells.map((cell) => [cell.concurrency, cell.requests])).toEqual([
      [1, 2],
      [3, 6],
      [1, 2],
      [3, 6],
    ]);
    expect(server.mostInFlight()).toBe(3);
    for (const cell of cells) {
      expect(cell.ttftMs).toBeGreaterThan(0);
      expect(cell.tpotMs).toBeGreaterThan(0);
      expect(cell.outputTokens).toBeGreaterThanOrEqual(6);
      expect(cell.outputTokens).toBeLessThanOrEqual(10);
    }
    // The first request tells how long a token is here, so that later prompts have about the length asked for.
    expect(Math.abs(cells[0]!.inputTokens / 20 - 1)).toBeLessThan(0.4);
    expect(Math.abs(cells[3]!.inputTokens / 60 - 1)).toBeLessThan(0.4);
  });

  it("never sends the same beginning twice, so that no cache of prefixes helps", async () => {
    const server = await serve(stream);
    await probeServer(options(server.url));
    const beginnings = server.asked.map(({ body }) =>
      (body["messages"] as { content: string }[])[0]!.content.slice(0, 12),
    );
    expect(new Set(beginnings).size).toBe(server.asked.length);
  });

  it("keeps to the number of requests it may send and says that it was cut short", async () => {
    const server = await serve(stream);
    const { cells, cutShort } = await probeServer(options(server.url, { maxRequests: 9 }));
    expect(server.asked.length).toBeLessThanOrEqual(9);
    expect(cutShort).toBe("requests");
    expect(cells.length).toBe(2);
  });

  it("asks again without parameters a server refuses to know", async () => {
    const server = await serve((asked, response) => {
      if ("ignore_eos" in asked.body) {
        response.statusCode = 400;
        response.end(JSON.stringify({ error: { message: "Unrecognized request argument: ignore_eos" } }));
      } else stream(asked, response);
    });
    const { cells } = await probeServer(options(server.url));
    expect(cells.length).toBe(4);
    expect(server.asked.filter(({ body }) => "ignore_eos" in body)).toHaveLength(1);
  });

  it.each(["content", "reasoning_content", "reasoning"])(
    "sends the key and counts events where the server counts nothing: %s",
    async (first) => {
      const server = await serve((_asked, response) => {
        response.setHeader("content-type", "text/event-stream");
        response.write(`data: {"choices":[{"delta":{"${first}":"a"}}]}\n\n`);
        setTimeout(() => response.end('data: {"choices":[{"delta":{"content":"b"}}]}\n\ndata: [DONE]\n\n'), 2);
      });
      const { cells } = await probeServer(options(server.url, { apiKey: "secret", model: "any", concurrencies: [1] }));
      expect(server.asked.every(({ authorization }) => authorization === "Bearer secret")).toBe(true);
      expect(cells[0]!.outputTokens).toBe(2);
    },
  );

  const status =
    (code: number, text = ""): Answer =>
    (_asked, response) => {
      response.statusCode = code;
      response.end(text);
    };
  const events =
    (text: string): Answer =>
    (_asked, response) => {
      response.setHeader("content-type", "text/event-stream");
      response.end(text);
    };

  it.each<[string, Answer, RegExp]>([
    ["wants a key", status(401), /wants a key.*--key-env/],
    ["does not know the model", status(404, "model not found"), /no such model or path.*model not found/],
    ["is too busy", status(503), /too busy/],
    ["breaks", status(500, "oops"), /answers 500.*oops/],
    [
      "does not stream",
      (_asked, response) => {
        response.setHeader("content-type", "application/json");
        response.end("{}");
      },
      /application\/json instead of a stream/,
    ],
    ["streams no JSON", events("data: hello\n\n"), /not JSON/],
    ["streams no token", events("data: [DONE]\n\n"), /without any token/],
    ["breaks off", events('data: {"error":{"message":"out of memory"}}\n\n'), /broke off.*out of memory/],
    [
      "breaks the connection in mid-stream",
      (_asked, response) => {
        response.setHeader("content-type", "text/event-stream");
        response.write('data: {"choices":[{"delta":{"content":"a"}}]}\n\n', () =>
          setTimeout(() => response.destroy(), 5),
        );
      },
      /broke off in the middle of an answer/,
    ],
    ["goes on for ever", events('data: {"choices":[{"delta":{"content":"a"}}]}\n\n'.repeat(500)), /goes on after/],
    ["hangs up", (_asked, response) => response.destroy(), /cannot be reached/],
  ])("says what to do when the server %s", async (_what, answer, words) => {
    const server = await serve(answer);
    await expect(probeServer(options(server.url))).rejects.toThrow(words);
  });

  it("does not believe counts that cannot be", async () => {
    const server = await serve(
      events(
        `${'data: {"choices":[{"delta":{"content":"a"}}]}\n\n'.repeat(4)}data: {"choices":[],"usage":{"prompt_tokens":-5,"completion_tokens":1000000000}}\n\n`,
      ),
    );
    const { cells } = await probeServer(options(server.url, { concurrencies: [1], promptTokens: [20] }));
    expect(cells[0]!.outputTokens).toBe(4);
    expect(cells[0]!.inputTokens).toBeGreaterThan(0);
  });

  it("says that it is the certificate which is not trusted, and how to name who signed it", () => {
    for (const code of ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "DEPTH_ZERO_SELF_SIGNED_CERT", "CERT_HAS_EXPIRED"]) {
      const error = new TypeError("fetch failed", { cause: Object.assign(new Error("tls"), { code }) });
      expect(unreachable("https://engine", error).message).toMatch(/not trusted here.*NODE_EXTRA_CA_CERTS/);
    }
  });

  it("says what to do when nobody is there, no model is listed, or several are", async () => {
    await expect(probeServer(options("http://127.0.0.1:9"))).rejects.toThrow(/cannot be reached.*running/);
    const none = await serve(stream, []);
    await expect(probeServer(options(none.url))).rejects.toThrow(/lists no model.*--model/);
    const two = await serve(stream, ["a", "b"]);
    await expect(probeServer(options(two.url))).rejects.toThrow(/2 models.*--model: a, b/);
  });

  it("keeps what it has measured when the server will not go on, and sends nothing more", async () => {
    let answered = 0;
    const server = await serve((asked, response) =>
      ++answered > 6 ? status(429)(asked, response) : stream(asked, response),
    );
    const { cells, cutShort, refusal } = await probeServer(options(server.url));
    expect(cells.map(({ concurrency }) => concurrency)).toEqual([1]);
    expect([cutShort, refusal]).toEqual(["refused", expect.stringMatching(/answers 429: it is too busy/)]);
    const asked = server.asked.length;
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(server.asked.length).toBe(asked);
  });

  it("takes an answer for ended at its sentinel, whether or not the connection is closed", async () => {
    const server = await serve((_asked, response) => {
      response.setHeader("content-type", "text/event-stream");
      response.write('data: {"choices":[{"delta":{"content":"a"}}]}\n\n');
      setTimeout(() => response.write('data: {"choices":[{"delta":{"content":"b"}}]}\n\ndata: [DONE]\n\n'), 2);
    });
    const { cells } = await probeServer(options(server.url, { concurrencies: [1], promptTokens: [20] }));
    expect(cells[0]!.outputTokens).toBe(2);
  });

  it("asks nothing of a model that its caller does not want", async () => {
    const server = await serve(stream);
    const onModel = (model: string): void => {
      throw new Error(`no ${model}`);
    };
    await expect(probeServer(options(server.url, { onModel }))).rejects.toThrow("no acme/tiny");
    expect(server.asked).toEqual([]);
  });

  it("stops when asked to and keeps what it has", async () => {
    const server = await serve(stream);
    const stop = new AbortController();
    const { cells, cutShort } = await probeServer(
      options(server.url, {
        signal: stop.signal,
        onProgress: (text) => {
          if (text.includes("60 prompt tokens")) stop.abort();
        },
      }),
    );
    expect(cutShort).toBe("stopped");
    expect(cells.length).toBe(2);
  });
});
