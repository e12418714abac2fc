import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { apiError, errorBody, type Call, type Gateway, type Reply } from "../../serve/index.ts";
import { serveHttp, type HttpOptions, type HttpService } from "./http-service.ts";

/** A gateway that notes what reaches it and answers with the path. */
function recordingGateway(answer?: (call: Call, reply: Reply) => void) {
  const calls: Call[] = [];
  let left = 0;
  const gateway: Gateway = {
    handle(call, reply) {
      calls.push(call);
      if (answer) answer(call, reply);
      else reply.send(200, ["content-type", "text/plain"], call.path, true);
      return { clientLeft: () => void left++, drained() {} };
    },
    senderOf(head) {
      const account = head.header("authorization") ?? null;
      return account === "none" ? { ok: false, error: apiError("invalid_api_key") } : { ok: true, account };
    },
    refuse: (reply, error) =>
      void reply.send(error.status, ["content-type", "application/json"], errorBody(error), true),
    observe() {},
    engineReports: () => [],
    routeOf: () => null,
    stop: async () => {},
  };
  return { gateway, calls, left: () => left };
}

const services: HttpService[] = [];
afterEach(async () => {
  await Promise.all(services.splice(0).map((service) => service.close(0)));
});

async function start(recorder: ReturnType<typeof recordingGateway>, options: Partial<HttpOptions> = {}) {
  const service = await serveHttp(recorder.gateway, { host: "127.0.0.1", port: 0, ...options });
  services.push(service);
  return Number(new URL(service.url).port);
}

/** Sends bytes and returns all that comes back until the server closes or falls silent. */
function exchange(port: number, ...pieces: string[]): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    let silence: NodeJS.Timeout;
    const socket: Socket = connect(port, "127.0.0.1");
    const finish = () => {
      clearTimeout(silence);
      socket.destroy();
      resolve(text);
    };
    const wait = () => {
      clearTimeout(silence);
      silence = setTimeout(finish, 250);
    };
    socket.on("data", (bytes) => {
      text += bytes.toString("latin1");
      wait();
    });
    socket.on("error", finish);
    socket.on("close", finish);
    void (async () => {
      for (const piece of pieces) {
        socket.write(piece, "latin1");
        await new Promise((next) => setTimeout(next, 10));
      }
      wait();
    })();
  });
}

const post = (body: string, fields = "") =>
  `POST /v1/x HTTP/1.1\r\nhost: a\r\n${fields}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

describe("requests that two parsers could read differently", () => {
  const hidden = "GET /hidden HTTP/1.1\r\nhost: a\r\n\r\n";
  it.each<[string, string]>([
    [
      "length and chunks",
      `POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`,
    ],
    ["two lengths", `POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\ncontent-length: 44\r\n\r\n${hidden}`],
    ["a list of lengths", `POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 0, 44\r\n\r\n${hidden}`],
    ["an unknown encoding", `POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: xchunked\r\n\r\n0\r\n\r\n${hidden}`],
    [
      "chunks before another encoding",
      `POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n${hidden}`,
    ],
    ["a space before the colon", `POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding : chunked\r\n\r\n0\r\n\r\n${hidden}`],
    ["a signed length", `POST / HTTP/1.1\r\nhost: a\r\ncontent-length: +0\r\n\r\n${hidden}`],
    ["a hexadecimal length", `POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 0x0\r\n\r\n${hidden}`],
    ["a folded field", `POST / HTTP/1.1\r\nhost: a\r\nx: y\r\n content-length: 44\r\n\r\n${hidden}`],
    ["bare line feeds", `POST / HTTP/1.1\nhost: a\ncontent-length: 0\n\n${hidden}`],
    ["a zero byte in a field", `POST / HTTP/1.1\r\nhost: a\r\nx: a\0b\r\ncontent-length: 0\r\n\r\n${hidden}`],
    ["a carriage return in a field", `POST / HTTP/1.1\r\nhost: a\r\nx: a\rb\r\ncontent-length: 0\r\n\r\n${hidden}`],
    [
      "a chunk size that is no number",
      `POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n${hidden}`,
    ],
    [
      "a chunk longer than it says",
      `POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n${hidden}`,
    ],
    [
      "a chunk extension with a line feed",
      `POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n1;x\ny\r\na\r\n0\r\n\r\n${hidden}`,
    ],
    ["a field before the request line", ` x: y\r\nPOST / HTTP/1.1\r\nhost: a\r\n\r\n${hidden}`],
    [
      "chunks in the old version",
      `POST / HTTP/1.0\r\nhost: a\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`,
    ],
    ["two hosts", `GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n`],
    ["no host", `GET / HTTP/1.1\r\n\r\n`],
  ])("are refused, and nothing behind them is read: %s", async (_name, bytes) => {
    const recorder = recordingGateway();
    const text = await exchange(await start(recorder), bytes);
    expect(text === "" || text.startsWith("HTTP/1.1 400 ")).toBe(true);
    expect(recorder.calls.map((call) => call.path)).not.toContain("/hidden");
    expect(recorder.calls).toHaveLength(0);
  });
});

describe("requests in a version that is not spoken", () => {
  it.each([
    ...["0.9", "1.2", "2.0", "3.7"].map(
      (version) => `POST / HTTP/${version}\r\nhost: a\r\nconnection: keep-alive\r\n\r\n`,
    ),
    "GET /\r\n\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  ])("are told so, and nothing behind them is read: %j", async (bytes) => {
    const recorder = recordingGateway();
    const text = await exchange(await start(recorder), `${bytes}GET /hidden HTTP/1.1\r\nhost: a\r\n\r\n`);
    expect(text).toMatch(/^HTTP\/1\.1 505 /);
    expect(text).toContain("http_version_not_supported");
    expect(text.match(/HTTP\/1\.1 \d/g)).toHaveLength(1);
    expect(recorder.calls).toHaveLength(0);
  });
});

describe("requests", () => {
  it("arrive whole however they are cut", async () => {
    const recorder = recordingGateway();
    const bytes = post('{"ü":1}', "x-long: a, b\r\n");
    await exchange(
      await start(recorder),
      ...Array.from(Buffer.from(bytes, "utf8"), (byte) => String.fromCharCode(byte)),
    );
    expect(recorder.calls).toHaveLength(1);
    expect(recorder.calls[0]).toMatchObject({ method: "POST", path: "/v1/x", body: '{"ü":1}', bodyBytes: 8 });
    expect(recorder.calls[0]!.header("x-long")).toBe("a, b");
  });

  it("that are forms can be read where they lie and as a text, and are the same bytes", async () => {
    const form = `--b\r\ncontent-disposition: form-data; name="f"\r\n\r\n\x00\xff\r\n--b-${"é".repeat(70_000)}\r\n--b--\r\n`;
    const head = `POST /f HTTP/1.1\r\nhost: a\r\ncontent-type: multipart/form-data; boundary=b\r\ncontent-length: ${form.length}\r\n\r\n`;
    const read: [string, number, number, boolean, string][] = [];
    const recorder = recordingGateway(({ bytes, body }, reply) => {
      const found = bytes!.indexOf("\r\n--b", 10);
      read.push([
        bytes!.slice(0, bytes!.length),
        found,
        bytes!.indexOf("\r\n--b", found + 1),
        bytes!.startsWith("--b"),
        body,
      ]);
      reply.send(200, [], "", true);
    });
    const port = await start(recorder);
    await exchange(port, head + form);
    await exchange(port, head + form.slice(0, 40), form.slice(40));
    const close = form.indexOf("\r\n--b--");
    const lookalike = form.indexOf("\r\n--b-é");
    expect(read).toEqual(Array.from({ length: 2 }, () => [form, lookalike, close, true, form]));
  });

  it("may come in chunks", async () => {
    const recorder = recordingGateway();
    const bytes =
      "POST /c?d=e HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
    await exchange(await start(recorder), bytes);
    expect(recorder.calls[0]).toMatchObject({ path: "/c", body: "abcde" });
  });

  it("may come in chunks of one byte, with extensions and a trailer, and another behind them", async () => {
    const recorder = recordingGateway();
    const chunks = Array.from("abcdefgh", (letter) => `1;note="${letter}"\r\n${letter}\r\n`).join("");
    const head = "POST /c HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n";
    const text = await exchange(
      await start(recorder),
      head + chunks.slice(0, 40),
      `${chunks.slice(40)}0\r\nx-sum: 1\r\n\r\n${post("next")}`,
    );
    expect(recorder.calls.map(({ body }) => body)).toEqual(["abcdefgh", "next"]);
    expect(text.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2);
  });

  it("are known by their head alone, whatever a trailer says", async () => {
    const recorder = recordingGateway();
    const head = "POST /c HTTP/1.1\r\nhost: a\r\nx-disperse-slo: batch\r\ntransfer-encoding: chunked\r\n\r\n";
    const trailer = "host: b\r\nx-disperse-slo: budget\r\nauthorization: Bearer other\r\n";
    const text = await exchange(await start(recorder), `${head}2\r\nab\r\n0\r\n${trailer}\r\n`);
    expect(text).toMatch(/^HTTP\/1\.1 200 /);
    expect(recorder.calls[0]!.header("authorization")).toBeUndefined();
    expect(recorder.calls[0]!.header("x-disperse-slo")).toBe("batch");
  });

  it.each([
    ["http://a:80/v1/x?y=z", "/v1/x", "y=z"],
    ["HTTPS://b/v1/x", "/v1/x", ""],
    ["http://a", "/", ""],
    ["http://a?y", "/", "y"],
    ["/v1/x", "/v1/x", ""],
    ["*", "*", ""],
  ])("may name the whole URL, as a proxy would be asked: %s", async (target, path, query) => {
    const recorder = recordingGateway();
    await exchange(await start(recorder), `OPTIONS ${target} HTTP/1.1\r\nhost: a\r\n\r\n`);
    expect(recorder.calls[0]).toMatchObject({ path, query });
  });

  it("in a coding besides chunks are told that they are not read", async () => {
    const recorder = recordingGateway();
    const head = "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: gzip, chunked\r\n\r\n";
    const text = await exchange(await start(recorder), `${head}2\r\n{}\r\n0\r\n\r\n`);
    expect(text).toMatch(/^HTTP\/1\.1 415 /);
    expect(recorder.calls).toHaveLength(0);
  });

  it("of the old version are never told to continue, which they would take for the answer", async () => {
    const head = "POST /e HTTP/1.0\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n";
    expect(await exchange(await start(recordingGateway()), `${head}ok`)).toMatch(/^HTTP\/1\.1 200 OK/);
  });

  it("may follow each other without waiting and are answered in order", async () => {
    const recorder = recordingGateway((call, reply) => void setTimeout(() => reply.send(200, [], call.path, true), 20));
    const port = await start(recorder);
    const text = await exchange(
      port,
      ["/1", "/2", "/3"].map((path) => `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`).join(""),
    );
    expect(text.match(/\r\n\r\n\/\d/g)).toEqual(["\r\n\r\n/1", "\r\n\r\n/2", "\r\n\r\n/3"]);
  });

  it("are invited to continue when they ask", async () => {
    const text = await exchange(
      await start(recordingGateway()),
      "POST /e HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n",
      "ok",
    );
    expect(text).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/);
  });

  it("of the old version get an answer without chunks and the end of the connection", async () => {
    const recorder = recordingGateway((_call, reply) => {
      reply.send(200, [], "one ", false);
      reply.write("two", true);
    });
    const text = await exchange(await start(recorder), "GET / HTTP/1.0\r\n\r\n");
    expect(text).toMatch(/connection: close\r\n\r\none two$/);
  });

  it("without interest in a body get none", async () => {
    const text = await exchange(await start(recordingGateway()), "HEAD /abc HTTP/1.1\r\nhost: a\r\n\r\n");
    expect(text).toMatch(/content-length: 4\r\n\r\n$/);
  });
});

describe("limits", () => {
  const codeOf = (text: string) =>
    (JSON.parse(text.slice(text.indexOf("\r\n\r\n") + 4)) as { error: { code: string } }).error.code;
  it.each<[string, string, string, Partial<HttpOptions>]>([
    [
      "headers_too_large",
      "431",
      `GET / HTTP/1.1\r\nhost: a\r\nx: ${"y".repeat(3_000)}\r\n\r\n`,
      { maxHeaderBytes: 2_000 },
    ],
    ["request_too_large", "413", post("x".repeat(200)), { maxBodyBytes: 100 }],
    [
      "request_too_large",
      "413",
      `POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n80\r\n${"x".repeat(128)}\r\n`,
      { maxBodyBytes: 100 },
    ],
    ["request_timeout", "408", "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nabc", { bodyTimeoutMs: 10 }],
    ["request_timeout", "408", "POST / HTTP/1.1\r\nhos", { headersTimeoutMs: 10 }],
    ["invalid_json", "400", "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\n\xff\xfe", {}],
  ])("are kept, with an answer that says so: %s", async (code, status, bytes, options) => {
    const recorder = recordingGateway();
    const port = await start(recorder, options);
    const text = await new Promise<string>((resolve) => {
      let seen = "";
      const socket = connect(port, "127.0.0.1", () => socket.write(bytes, "latin1"));
      socket.on("data", (piece) => {
        seen += piece.toString("latin1");
        if (seen.includes("}}")) resolve(seen);
      });
      socket.on("close", () => resolve(seen));
      socket.on("error", () => {});
    });
    expect(text.slice(9, 12)).toBe(status);
    expect(codeOf(text)).toBe(code);
    expect(recorder.calls).toHaveLength(0);
  });
});

describe("large bodies", () => {
  const head = (length: number, more = "") =>
    `POST /v1/files HTTP/1.1\r\nhost: a\r\n${more}content-length: ${length}\r\n\r\n`;
  /** What comes back for a beginning of a request, whose client waits with the rest of it. */
  const answerTo = (port: number, text: string) => exchange(port, text);

  it.each([
    ["announced", head(1_000_000, "authorization: none\r\nexpect: 100-continue\r\n")],
    [
      "in chunks",
      `POST /v1/files HTTP/1.1\r\nhost: a\r\nauthorization: none\r\ntransfer-encoding: chunked\r\n\r\n11170\r\n${"x".repeat(70_000)}\r\n`,
    ],
    [
      "whole in chunks",
      `POST /v1/files HTTP/1.1\r\nhost: a\r\nauthorization: none\r\ntransfer-encoding: chunked\r\n\r\n11170\r\n${"x".repeat(70_000)}\r\n0\r\n\r\n`,
    ],
  ])("are not taken in from those who are refused anyway: %s", async (_how, text) => {
    const recorder = recordingGateway();
    const answer = await answerTo(await start(recorder), text);
    expect(answer).toMatch(/^HTTP\/1\.1 401 /);
    expect(answer).not.toContain("100 Continue");
    expect(recorder.calls).toHaveLength(0);
  });

  it("have their answer also for who reads it only after having sent all of a long one", async () => {
    const port = await start(recordingGateway());
    const [pieces, piece] = [16, "x".repeat(10_000)];
    const socket = connect(port, "127.0.0.1").pause();
    const broke: Error[] = [];
    socket.on("error", (error) => broke.push(error));
    socket.write(head(pieces * piece.length, "authorization: none\r\n"));
    for (let sent = 0; sent < pieces; sent++) {
      socket.write(piece);
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
    expect(broke).toEqual([]);
    const text = await new Promise<string>((resolve) => {
      socket.once("data", (bytes: Buffer) => resolve(bytes.toString())).resume();
    });
    expect(text).toMatch(/^HTTP\/1\.1 401 /);
    socket.destroy();
  });

  it("are turned away while others fill the room there is for them, and taken in afterwards", async () => {
    const recorder = recordingGateway();
    const port = await start(recorder, { maxArrivingBytes: 300_000 });
    const half = `${head(400_000)}${"x".repeat(250_000)}`;
    const first = connect(port, "127.0.0.1", () => first.write(half));
    first.on("error", () => {});
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await answerTo(port, half)).toMatch(/^HTTP\/1\.1 429 /);
    expect(await answerTo(port, `${head(60_000)}${"x".repeat(60_000)}`)).toMatch(/^HTTP\/1\.1 200 /);
    first.destroy();
    await new Promise((resolve) => setTimeout(resolve, 100));
    for (let round = 0; round < 3; round++) {
      expect(await answerTo(port, `${head(200_000)}${"x".repeat(200_000)}`)).toMatch(/^HTTP\/1\.1 200 /);
    }
  });

  it("of one account leave as much room for others as they take", async () => {
    const port = await start(recordingGateway(), { maxArrivingBytes: 300_000 });
    const of = (account: string) => `authorization: ${account}\r\n`;
    const first = connect(port, "127.0.0.1", () => {
      first.write(`${head(400_000, of("busy"))}${"x".repeat(200_000)}`);
    });
    first.on("error", () => {});
    await new Promise((resolve) => setTimeout(resolve, 200));
    const body = "x".repeat(120_000);
    expect(await answerTo(port, head(120_000, of("busy")) + body)).toMatch(/^HTTP\/1\.1 429 /);
    expect(await answerTo(port, head(120_000, of("other")) + body)).toMatch(/^HTTP\/1\.1 200 /);
    first.destroy();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await answerTo(port, head(120_000, of("busy")) + body)).toMatch(/^HTTP\/1\.1 200 /);
  });
});

describe("clients that take their time", () => {
  it("get no more of it for a head by sending it byte by byte", async () => {
    const port = await start(recordingGateway(), { headersTimeoutMs: 60 });
    const text = await new Promise<string>((resolve) => {
      let seen = "";
      const socket = connect(port, "127.0.0.1");
      const drip = setInterval(() => socket.write("x", "latin1"), 10);
      socket.write("GET / HTTP/1.1\r\nhost: a\r\nslow: ", "latin1");
      socket.on("data", (piece) => {
        seen += piece.toString("latin1");
        clearInterval(drip);
      });
      socket.on("close", () => (clearInterval(drip), resolve(seen)));
      socket.on("error", () => {});
    });
    expect(text).toMatch(/^HTTP\/1\.1 408 /);
  });

  it("may take longer over a large body than over a small one, as long as it comes", async () => {
    const recorder = recordingGateway();
    const port = await start(recorder, { bodyTimeoutMs: 60 });
    const [pieces, piece] = [12, "x".repeat(6_400)];
    const socket = connect(port, "127.0.0.1");
    socket.write(`POST / HTTP/1.1\r\nhost: a\r\ncontent-length: ${pieces * piece.length}\r\n\r\n`);
    for (let sent = 0; sent < pieces; sent++) {
      await new Promise((resolve) => setTimeout(resolve, 60));
      socket.write(piece);
    }
    const text = await new Promise<string>((resolve) =>
      socket.on("data", (bytes: Buffer) => resolve(bytes.toString())),
    );
    expect(text).toMatch(/^HTTP\/1\.1 200 /);
    expect(recorder.calls[0]!.bodyBytes).toBe(pieces * piece.length);
    socket.destroy();
  });

  it("are cut off when they keep a connection nobody needs half open", async () => {
    const port = await start(recordingGateway(), { keepAliveTimeoutMs: 10 });
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    socket.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    socket.resume();
    await new Promise((resolve) => socket.once("end", resolve));
    await new Promise<void>((resolve) => {
      const poke = setInterval(() => socket.write("G"), 50);
      socket.on("error", () => {});
      socket.on("close", () => (clearInterval(poke), resolve()));
    });
    expect(socket.destroyed).toBe(true);
  });
});

describe("clients that keep connections they do not use", () => {
  const knock = (port: number) =>
    new Promise<Socket>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(socket));
      socket.on("error", () => {}).resume();
    });

  it("make room for others once there are as many as there may be, and who has a request under way stays", async () => {
    const answers: Reply[] = [];
    const port = await start(
      recordingGateway((_call, reply) => void answers.push(reply)),
      { maxConnections: 8 },
    );
    const busy = await knock(port);
    busy.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    while (answers.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const idle: Socket[] = [];
    for (let count = 0; count < 20; count++) idle.push(await knock(port));
    const late = await knock(port);
    late.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    while (answers.length === 1) await new Promise((resolve) => setTimeout(resolve, 5));
    expect([busy.closed, late.closed]).toEqual([false, false]);
    expect(idle.filter(({ closed }) => closed).length).toBeGreaterThan(12);
    for (const answer of answers) answer.send(200, [], "x", true);
    for (const socket of [busy, late, ...idle]) socket.destroy();
  });

  it("leave before those who have just come and not asked yet", async () => {
    const port = await start(recordingGateway(), { maxConnections: 40 });
    const ask = (socket: Socket) =>
      new Promise<string>((resolve) => {
        if (socket.closed) return resolve("cut");
        socket.once("data", (bytes: Buffer) => resolve(bytes.toString())).once("close", () => resolve("cut"));
        socket.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
      });
    const idle = await Promise.all(Array.from({ length: 40 }, () => knock(port)));
    await Promise.all(idle.map(ask));
    const late = await Promise.all(Array.from({ length: 36 }, () => knock(port)));
    await new Promise((resolve) => setTimeout(resolve, 50));
    const answers = await Promise.all(late.map(ask));
    expect(answers.filter((answer) => answer.startsWith("HTTP/1.1 200 "))).toHaveLength(36);
    for (const socket of [...idle, ...late]) socket.destroy();
  });

  it("are not cut for others while all are answered; those are", async () => {
    const answers: Reply[] = [];
    const port = await start(
      recordingGateway((_call, reply) => void answers.push(reply)),
      { maxConnections: 2 },
    );
    const busy = [await knock(port), await knock(port)];
    for (const socket of busy) socket.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    while (answers.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    const late = await knock(port);
    await new Promise((resolve) => (late.closed ? resolve(null) : late.once("close", resolve)));
    expect(busy.map(({ closed }) => closed)).toEqual([false, false]);
    for (const socket of busy) socket.destroy();
  });
});

describe("clients that leave", () => {
  it.each<[string, (socket: Socket) => void]>([
    ["reset", (socket) => socket.resetAndDestroy()],
    ["end", (socket) => socket.end()],
  ])("are noticed: %s", async (_name, leave) => {
    const recorder = recordingGateway((_call, reply) => void reply.send(200, [], "first", false));
    const port = await start(recorder);
    const socket = connect(port, "127.0.0.1", () => socket.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n"));
    await new Promise((resolve) => socket.once("data", resolve));
    leave(socket);
    while (recorder.left() === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(recorder.left()).toBe(1);
    socket.destroy();
  });

  it("after a complete answer are no concern of the gateway", async () => {
    const recorder = recordingGateway();
    await exchange(await start(recorder), "GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    expect(recorder.left()).toBe(0);
  });
});

describe("slow readers", () => {
  it("hold the writer back instead of filling memory", async () => {
    let refused = 0;
    const recorder = recordingGateway((_call, reply) => {
      reply.send(200, [], "x", false);
      while (reply.write("x".repeat(64 * 1024), false) && refused++ < 10_000);
    });
    const socket = connect(await start(recorder), "127.0.0.1", () => socket.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n"));
    socket.pause();
    while (recorder.calls.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(refused).toBeLessThan(1_000);
    socket.destroy();
  });
});
