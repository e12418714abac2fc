// Many requests through aborts and upstream faults: memory must stay flat, no socket may stay open, and the ledger must
// hold every attempt once. `npm run -s bench -- soak [requests] [concurrency]`
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createHttpClient, serveHttp } from "../src/adapters/http-raw/index.ts";
import { createSqliteStore, verifyLedger } from "../src/adapters/store-sqlite/index.ts";
import { createGateway } from "../src/serve/index.ts";
import {
  contentEvent,
  failWith,
  roleEvent,
  sendThen,
  startUpstream,
  streamThen,
  wellBehaved,
  type Behaviour,
} from "../test/serve/misbehaving-upstream.ts";
import { testMesh } from "../test/serve/test-mesh.ts";
import { seededRng } from "../test/worlds/random-world.ts";
import { numberOf } from "./usage.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const faults: readonly Behaviour[] = [
  sendThen("", "reset"),
  sendThen("", "close"),
  () => {},
  streamThen([roleEvent], "reset"),
  streamThen([roleEvent, contentEvent("one ")], "reset"),
  streamThen([roleEvent, contentEvent("one ")], "close"),
  streamThen([roleEvent, contentEvent("one ")], "stay"),
  failWith(500),
  failWith(400),
  sendThen("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab", "reset"),
];
const faultRatio = 0.04;
const abortRatio = 0.05;

export async function run(args: string[]): Promise<void> {
  const requests = numberOf(args[0], "the number of requests", 1_000_000);
  const concurrency = numberOf(args[1], "the concurrency", 64, { most: 4096 });
  const rng = seededRng(11);
  const folder = mkdtempSync(join(tmpdir(), "disperse-soak-"));
  const path = join(folder, "ledger.db");
  const moody: Behaviour = (socket, request) =>
    (rng() < faultRatio ? faults[Math.floor(rng() * faults.length)]! : wellBehaved)(socket, request);
  const upstreams = await Promise.all([startUpstream(moody), startUpstream(moody)]);
  const mesh = testMesh({
    upstreams: { "near-edge": upstreams[0]!.url, "bloc-core": upstreams[1]!.url },
    client: (origin) => createHttpClient({ origin }),
    gateway: { firstTokenTimeoutMs: 200, wholeAnswerTimeoutMs: 200, idleTimeoutMs: 200 },
  });
  const store = createSqliteStore(path);
  const service = await serveHttp(createGateway({ ...mesh.parts, store }), { host: "127.0.0.1", port: 0 });
  const port = Number(new URL(service.url).port);

  const outcomes = { answered: 0, refused: 0, brokenOff: 0, left: 0, lost: 0 };
  // Requests whose id the client saw: each must be in the ledger. Held here, half a million of them would look like a leak.
  const seenPath = join(folder, "seen.txt");
  let seen: string[] = [];
  const putAway = () => {
    appendFileSync(seenPath, seen.map((id) => `${id}\n`).join(""));
    seen = [];
  };
  const rssMB: number[] = [];
  const heapMB: number[] = [];
  let issued = 0;
  const startedMs = performance.now();
  const worker = async () => {
    while (issued < requests) {
      const number = issued++;
      if (number % Math.ceil(requests / 20) === 0) {
        rssMB.push(Math.round(process.memoryUsage.rss() / 2 ** 20));
        // What is still reachable: resident memory also grows because V8 puts off collecting while there is room.
        collectGarbage();
        heapMB.push(Math.round(process.memoryUsage().heapUsed / 2 ** 20));
        process.stderr.write(`${number} requests, ${rssMB.at(-1)} MB, heap ${heapMB.at(-1)} MB\n`);
        // The upstreams remember what they were asked; that would look like a leak of the gateway's.
        for (const upstream of upstreams) upstream.requests.length = 0;
      }
      const { outcome, id } = await ask(port, rng() < 0.5, rng() < abortRatio ? rng() * 20 : null);
      outcomes[outcome]++;
      if (id !== null && seen.push(id) === 1_000) putAway();
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  const tookS = (performance.now() - startedMs) / 1_000;
  // Idle connections of the pool are closed after a few seconds; what is left then has leaked.
  await new Promise((resolve) => setTimeout(resolve, 6_000));
  const socketsToEngines = upstreams.reduce((sum, upstream) => sum + upstream.connections.size, 0);
  const attempts = sumOf(mesh.telemetry.render(), "disperse_attempts_total");
  await service.close(1_000);
  await store.close();
  const verdict = verifyLedger(path);
  putAway();
  const missing = await missingIds(
    path,
    new Set(
      readFileSync(seenPath, "latin1")
        .split("\n")
        .filter((id) => id !== ""),
    ),
  );
  for (const upstream of upstreams) await upstream.close();
  rmSync(folder, { recursive: true });
  process.stdout.write(
    `${JSON.stringify({
      bench: "soak",
      requests,
      perS: Math.round(requests / tookS),
      ...outcomes,
      attempts,
      ledgerRows: verdict.rows,
      rowsMissingOrDoubled: Math.abs(attempts - verdict.rows) + missing,
      chainWhole: verdict.brokenAt === null,
      socketsLeft: socketsToEngines,
      rssFirstMB: rssMB[Math.floor(rssMB.length / 4)],
      rssLastMB: rssMB.at(-1),
      heapFirstMB: heapMB[Math.floor(heapMB.length / 4)],
      heapLastMB: heapMB.at(-1),
    })}\n`,
  );
}

type Outcome = "answered" | "refused" | "brokenOff" | "left" | "lost";

/** One request on its own connection; `leaveAfterMs`: hang up then. */
function ask(
  port: number,
  stream: boolean,
  leaveAfterMs: number | null,
): Promise<{ outcome: Outcome; id: string | null }> {
  const body = JSON.stringify({ model: "disperse/chat", stream, messages: [{ role: "user", content: "Hello" }] });
  return new Promise((resolve) => {
    let text = "";
    let left = false;
    const socket = connect(port, "127.0.0.1", () => {
      socket.write(
        `POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      );
      if (leaveAfterMs !== null) {
        setTimeout(() => {
          left = true;
          socket.destroy();
        }, leaveAfterMs);
      }
    });
    socket.on("data", (bytes) => {
      text += bytes.toString("latin1");
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      const found = /x-disperse-request-id: (\S+)/.exec(text)?.[1];
      const id = found ?? null;
      const status = text.slice(9, 12);
      const whole = stream ? text.includes("[DONE]") : text.endsWith("}");
      const outcome: Outcome = left
        ? "left"
        : status !== "200"
          ? status === ""
            ? "lost"
            : "refused"
          : whole
            ? "answered"
            : text.includes('data: {"error"')
              ? "brokenOff"
              : "lost";
      // An answer without any engine's part in it has no row.
      resolve({ outcome, id: status === "200" ? id : null });
    });
  });
}

function sumOf(metrics: string, name: string): number {
  let sum = 0;
  for (const line of metrics.split("\n"))
    if (line.startsWith(`${name}{`)) sum += Number(line.slice(line.lastIndexOf(" ")));
  return sum;
}

async function missingIds(path: string, seen: Set<string>): Promise<number> {
  const store = createSqliteStore(path);
  for (let from = 0; ;) {
    const rows = await store.read(from, 10_000);
    for (const row of rows) seen.delete(row.requestId);
    if (rows.length === 0) break;
    from += rows.length;
  }
  await store.close();
  return seen.size;
}
