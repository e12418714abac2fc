// Drives requests over keep-alive connections and prints one JSON line of what came of it.
// Arguments: port, kind, connections, seconds, requests per second (0 = as fast as answers come), authorization.
import { connect, type Socket } from "node:net";

const [port, kind, connections, seconds, perS, authorization] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
  string,
];
const stream = kind !== "json";
const body = JSON.stringify({
  model: "disperse/bench",
  stream,
  // A field every gateway passes on; it tells the upstream how to answer.
  user: kind,
  messages: [{ role: "user", content: "x".repeat(800) }],
});
const request = Buffer.from(
  `POST /v1/chat/completions HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\nauthorization: Bearer ${authorization}\r\n` +
    `x-portkey-provider: openai\r\nx-portkey-custom-host: ${process.env["PORTKEY_UPSTREAM"] ?? ""}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
);
const streamEnd = Buffer.from("0\r\n\r\n");
const startedMs = performance.now();
const warmUpMs = Math.min(500, Number(seconds) * 250);
const endMs = startedMs + Number(seconds) * 1_000;
const firstMs: number[] = [];
const totalMs: number[] = [];
let errors = 0;

let done = 0;
/** Requests due but without a free connection (only with a fixed rate). */
const overdue: number[] = [];
const free: Client[] = [];

class Client {
  readonly socket: Socket;
  #sentMs = 0;
  #first = 0;
  #left = -1;
  #tail: Buffer = Buffer.alloc(0);

  constructor() {
    this.socket = connect({ port: Number(port), host: "127.0.0.1", noDelay: true });
    this.socket.on("data", (bytes: Buffer) => this.#read(bytes));
    this.socket.on("error", () => errors++);
    this.socket.on("close", () => {
      if (performance.now() < endMs && kind !== "slow") errors++;
    });
  }

  send(dueMs: number): void {
    this.#sentMs = dueMs;
    this.#first = 0;
    this.#left = -1;
    this.#tail = Buffer.alloc(0);
    this.socket.write(request);
  }

  #read(bytes: Buffer): void {
    const nowMs = performance.now();
    let from = 0;
    if (this.#first === 0) {
      this.#first = nowMs;
      if (!bytes.subarray(9, 12).equals(ok)) errors++;
      if (kind === "slow") return void done++;
      // Some gateways send whole answers in chunks, others a stream that is already complete with its length.
      const head = bytes.toString("latin1", 0, 1_500);
      const end = head.indexOf("\r\n\r\n") + 4;
      const length = /content-length: *(\d+)/i.exec(head.slice(0, end))?.[1];
      this.#left = length === undefined ? -1 : end + Number(length);
    }
    if (kind === "slow") return;
    if (this.#left >= 0) {
      this.#left -= bytes.length;
      if (this.#left > 0) return;
    } else {
      this.#tail = bytes.length >= 5 ? bytes.subarray(-5) : Buffer.concat([this.#tail, bytes]).subarray(-5);
      if (!this.#tail.equals(streamEnd)) return;
    }
    from = this.#sentMs;
    done++;
    if (nowMs - startedMs > warmUpMs) {
      firstMs.push(this.#first - from);
      totalMs.push(nowMs - from);
    }
    if (Number(perS) === 0) {
      if (nowMs < endMs) this.send(nowMs);
    } else {
      const due = overdue.shift();
      if (due === undefined) free.push(this);
      else this.send(due);
    }
  }
}
const ok = Buffer.from("200");
/** Longest time in which slow streams are opened, ms. */
const rampLimitMs = 30_000;
const quantile = (values: number[], p: number) =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * p))] ?? Number.NaN;

if (kind === "slow") {
  // Opened bit by bit: what a thousand connections at once cost is another question.
  const opened: Client[] = [];
  const ramp = setInterval(() => {
    for (let more = 0; more < 10 && opened.length < Number(connections); more++) {
      const client = new Client();
      client.send(performance.now());
      opened.push(client);
    }
    if (done < Number(connections) && performance.now() - startedMs < rampLimitMs) return;
    clearInterval(ramp);
    process.stdout.write(`${JSON.stringify({ done, errors })}\n`);
  }, 20);
  setTimeout(() => process.exit(0), rampLimitMs + Number(seconds) * 1_000 + 5_000);
} else runRequests();

function runRequests(): void {
  const clients = Array.from({ length: Number(connections) }, () => new Client());
  if (Number(perS) === 0) for (const client of clients) client.send(performance.now());
  else {
    free.push(...clients);
    let issued = 0;
    const pace = setInterval(() => {
      const nowMs = performance.now();
      // Latency counts from when a request was due, so that a stall is not hidden by the requests it kept from being sent.
      for (; issued < ((nowMs - startedMs) / 1_000) * Number(perS); issued++) {
        const due = startedMs + (issued * 1_000) / Number(perS);
        const client = free.pop();
        if (client) client.send(due);
        else overdue.push(due);
      }
      if (nowMs > endMs) clearInterval(pace);
    }, 1);
  }
  setTimeout(
    () => {
      const tookS = (performance.now() - startedMs) / 1_000;
      const latency = {
        ttftP50Ms: quantile(firstMs, 0.5),
        ttftP99Ms: quantile(firstMs, 0.99),
        totalP50Ms: quantile(totalMs, 0.5),
        totalP99Ms: quantile(totalMs, 0.99),
      };
      process.stdout.write(`${JSON.stringify({ done, errors, perS: done / tookS, ...latency })}\n`);
      process.exit(0);
    },
    Number(seconds) * 1_000 + 200,
  );
}
