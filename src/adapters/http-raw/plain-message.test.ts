import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { runs } from "../../../test/laws/runs.ts";
import { MessageParser, type ParseError } from "./message-parser.ts";
import { readPlainMessage } from "./plain-message.ts";
import { readBuffer } from "./shared-reads.ts";

/** What a parser tells of bytes that come in reads, message by message, and its error if there is one. */
function told(kind: "request" | "response", reads: Iterable<Buffer>) {
  const messages: { head: unknown; body: string; complete: boolean }[] = [];
  const parser = new MessageParser(
    kind,
    {
      onHead: (head) => void messages.push({ head, body: "", complete: false }),
      onBody: (bytes, start, end) => void (messages.at(-1)!.body += bytes.toString("latin1", start, end)),
      onComplete: () => (messages.at(-1)!.complete = true),
    },
    600,
  );
  let error: ParseError | null = null;
  for (const read of reads) {
    for (let at = 0; at < read.length && error === null;) {
      const taken = parser.execute(read, at);
      if (typeof taken === "number") at = taken;
      else error = taken;
    }
  }
  if (error === null) parser.finish();
  parser.free();
  return { messages, error };
}

const inBytes = (text: string) => Array.from(Buffer.from(text, "latin1"), (byte) => Buffer.of(byte));

/** As connections are read: each time from the first byte of one buffer on. */
function* inOneBuffer(texts: readonly string[]): Generator<Buffer> {
  for (const text of texts) yield readBuffer.subarray(0, readBuffer.write(text, "latin1"));
}

const chunkOf = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;

const requestLine = fc.constantFrom(
  "POST /v1/chat/completions HTTP/1.1\r\n",
  "GET /v1/models?limit=5 HTTP/1.1\r\n",
  "POST /v1/x HTTP/1.0\r\n",
  "POST  /v1/x HTTP/1.1\r\n",
  "POST /v1/x  HTTP/1.1\r\n",
  "POST /v1/x HTTP/1.1 \r\n",
  "POST /v1/x HTTP/1.1\n",
  "POST /v1/\u00e9#x HTTP/1.1\r\n",
  "POST * HTTP/1.1\r\n",
  "HEAD /v1/models HTTP/1.1\r\n",
  "\r\nPOST /v1/x HTTP/1.1\r\n",
);
const statusLine = fc.constantFrom(
  "HTTP/1.1 200 OK\r\n",
  "HTTP/1.1 429 Too Many Requests\r\n",
  "HTTP/1.1 200 \r\n",
  "HTTP/1.1 200\r\n",
  "HTTP/1.1 204 No Content\r\n",
  "HTTP/1.1 304 Not Modified\r\n",
  "HTTP/1.1 100 Continue\r\n",
  "HTTP/1.1 99 Odd\r\n",
  "HTTP/1.1 700 Odd\r\n",
  "HTTP/1.1 20x OK\r\n",
  "HTTP/1.0 200 OK\r\n",
);
const field = fc.constantFrom(
  "host: gateway\r\n",
  "Host: gateway:8080\r\n",
  "content-type: application/json\r\n",
  "Content-Length: 5\r\n",
  "content-length: 12\r\n",
  "content-length: 0\r\n",
  "content-length: 5 \r\n",
  "content-length: +5\r\n",
  "content-length: 5, 5\r\n",
  "content-length: 99999999999999999999\r\n",
  "transfer-encoding: chunked\r\n",
  "connection: close\r\n",
  "connection: keep-alive\r\n",
  "Connection: Keep-Alive\r\n",
  "connection: keep-alive, close\r\n",
  "proxy-connection: close\r\n",
  "Connection: upgrade\r\nupgrade: websocket\r\n",
  "expect: 100-continue\r\n",
  "x-empty:\r\n",
  "x-blank: \r\n",
  "content-length: \r\n",
  "x-tight:value\r\n",
  "x-wide:   value  \r\n",
  "x-tab: a\tb\r\n",
  "x-folded: a\r\n b\r\n",
  "x-bytes: \u00e9\r\n",
  "x-null: a\u0000b\r\n",
  "x bad: a\r\n",
  "x-return: a\rb\r\n",
  "x-feed: a\n",
  `x-long: ${"a".repeat(700)}\r\n`,
);
const messageOf = (line: fc.Arbitrary<string>) =>
  fc
    .tuple(
      line,
      fc.array(field, { maxLength: 5 }),
      fc.constantFrom("\r\n", "\r\n", "\n", ""),
      fc.constantFrom("", "hello", "hello, world", "5\r\nhello\r\n0\r\n\r\n"),
    )
    .map(([start, fields, end, body]) => start + fields.join("") + end + body);
/** A byte here and there is another one: whatever was plain may not be so any more. */
const garbled = (text: fc.Arbitrary<string>) =>
  fc.tuple(text, fc.option(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })))).map(([whole, change]) => {
    if (change === null || whole === "") return whole;
    const at = change[0] % whole.length;
    return whole.slice(0, at) + String.fromCharCode(change[1]) + whole.slice(at + 1);
  });

describe("a message without anything to judge", () => {
  it.each([
    ["request", requestLine, "POST /v1/x HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhello"],
    ["response", statusLine, "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 5\r\n\r\nhello"],
  ] as const)("is read as llhttp reads it, which reads whatever comes in pieces: %s", (kind, line, plain) => {
    const different = fc.array(garbled(messageOf(line)), { minLength: 1, maxLength: 3 });
    // A head that comes again and again, and each time may be a little different.
    const body = fc.constantFrom("", "hello", "hello, hello, world");
    const alike = fc.tuple(line, fc.array(field, { maxLength: 3 })).chain(([start, fields]) => {
      const head = `${start}host: gateway\r\n${fields.join("")}content-length: `;
      const message = fc.tuple(body, fc.constantFrom("", "", "0")).map(([text, zero]) => {
        return `${head}${zero}${text.length}\r\n\r\n${text}`;
      });
      return fc.array(garbled(message), { minLength: 2, maxLength: 8 });
    });
    fc.assert(
      fc.property(fc.oneof(different, alike), (texts) => {
        const text = texts.join("");
        const expected = told(kind, inBytes(text));
        expect(told(kind, [Buffer.from(text, "latin1")])).toEqual(expected);
        for (const reads of [texts, [text]]) expect(told(kind, inOneBuffer(reads))).toEqual(expected);
      }),
      {
        numRuns: runs(3_000),
        examples: [
          [[plain]],
          [[plain, plain]],
          [[plain, plain.replace("5\r\n\r\nhello", "12\r\n\r\nhello, world"), plain]],
          [[plain, plain.replace("5\r\n\r\nhello", "05\r\n\r\nhello"), plain]],
          [[plain, plain.replace("5\r\n\r\nhello", "5x\r\n\r\nhello")]],
          [[plain, plain.replace("5\r\n\r\nhello", "5\r\nx: y\r\n\r\nhello"), plain]],
          [[plain.slice(0, -1)]],
          // Nothing may come behind what closes the connection, nor plain messages behind what leads to another protocol.
          ...["connection: close\r\n", "connection: upgrade\r\nupgrade: websocket\r\n"].map((field): [string[]] => [
            [plain.replace("content-length", `${field}content-length`), plain],
          ]),
          [[plain.replace("1.1", "1.0"), plain]],
        ],
      },
    );
  });

  it("may come in chunks, cut wherever it likes, and what is odd about one of them is told as llhttp tells it", () => {
    const chunk = fc.oneof(
      { weight: 6, arbitrary: fc.string({ minLength: 1, maxLength: 40 }).map(chunkOf) },
      fc.constantFrom(
        "5;name=value\r\nhello\r\n",
        "05\r\nhello\r\n",
        "0000000005\r\nhello\r\n",
        "5 \r\nhello\r\n",
        "5\nhello\r\n",
        "5\r\nhello\n",
        "5\r\nhello!\r\n",
        "5\r\nhell",
        "g\r\n",
        "\r\n",
        "-1\r\n",
        "5\rhello\r\n",
      ),
    );
    const end = fc.constantFrom(
      "0\r\n\r\n",
      "0\r\n\r\n",
      "0\r\nx-more: a\r\n\r\n",
      "00\r\n\r\n",
      "0\r\n\n",
      "0\r\n",
      "",
    );
    const head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
    const answer = fc.tuple(fc.array(chunk, { maxLength: 6 }), end).map(([chunks, last]) => chunks.join("") + last);
    const cuts = fc.array(fc.nat(), { maxLength: 8 });
    fc.assert(
      fc.property(garbled(answer), fc.boolean(), cuts, (body, again, at) => {
        const text = head + body + (again ? head + body : "");
        const cutAt = at.map((cut) => head.length + (cut % (text.length - head.length + 1))).sort((a, b) => a - b);
        const reads = [0, ...cutAt].map((from, index) => Buffer.from(text.slice(from, cutAt[index]), "latin1"));
        expect(told("response", reads)).toEqual(told("response", inBytes(text)));
      }),
      {
        numRuns: runs(3_000),
        examples: [
          [`${chunkOf("hello")}${chunkOf("world")}0\r\n\r\n`, true, [1, 6, 7]],
          [`${chunkOf("hello")}5;a=b\r\nworld\r\n0\r\n\r\n`, false, [12]],
          [`${chunkOf("hello")}5\r\nworld!`, false, []],
        ],
      },
    );
  });

  it("is what clients and engines usually send", () => {
    const sent = (text: string, isRequest: boolean) =>
      readPlainMessage(Buffer.from(`..${text}`, "latin1"), 2, isRequest, 32 * 1_024);
    const request = "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nConnection: keep-alive\r\n";
    const whole = `${request}Content-Length: 2\r\n\r\n{}`;
    expect(sent(whole, true)).toMatchObject({ bodyStart: whole.length, bodyEnd: whole.length + 2 });
    expect(sent("GET /v1/models HTTP/1.1\r\nhost: a\r\n\r\n", true)).toMatchObject({ head: { method: "GET" } });
    const answer = "HTTP/1.1 200 OK\r\ndate: Fri, 27 Nov 2026 04:00:00 GMT\r\nserver: uvicorn\r\n";
    expect(sent(`${answer}content-length: 2\r\n\r\n{}`, false)).toMatchObject({ head: { status: 200 } });
    expect(sent(`${answer}transfer-encoding: chunked\r\n\r\n5\r`, false)).toMatchObject({ chunked: true });
    expect(sent(`${answer}transfer-encoding: gzip, chunked\r\n\r\n`, false)).toBeNull();
  });
});
