// What becomes of requests while gateways of a mesh and their control network die and hang: three gateways, a process each,
// with emulated engines and ledgers, a NATS server, and twelve clients that ask all the time.
// `npm run -s bench -- mesh-faults [seconds] [seed]`
//
// Every second or two something is stopped (SIGSTOP, for up to six seconds) or killed and started again. A client whose own
// gateway goes down is not counted as failed. Rows of the last 50 ms before a kill may be missing from a ledger.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createSqliteStore } from "../src/adapters/store-sqlite/index.ts";
import type { LedgerRow } from "../src/serve/index.ts";
import { provideNatsServer } from "../scripts/debian.ts";
import { meshMachines } from "../test/serve/mesh-machines.ts";
import { serveWorld } from "../test/serve/test-mesh.ts";
import { seededRng } from "../test/worlds/random-world.ts";
import { testSite } from "../test/worlds/tiny-world.ts";
import { numberOf, UsageFault } from "./usage.ts";

const sites = { edge: "near-edge", core: "bloc-core", second: "bloc-second" } as const;
type Name = keyof typeof sites;
const clientsEach = 4;
const streamRatio = 0.6;
/** No answer may take longer, ms: the longest anybody is waited for who hangs, and an answer's own time. */
const slowMs = 8_000;

const sleep = (ms: number) => new Promise<void>((resolved) => setTimeout(resolved, ms));

export async function run(args: string[]): Promise<void> {
  const seconds = numberOf(args[0], "the number of seconds", 60);
  const rng = seededRng(numberOf(args[1], "the seed", 1, { least: 0 }));
  process.env["PATH"] = provideNatsServer(resolve(".runtime", "debian"));
  const { hasNatsServer, startNatsServer } = await import("../test/contract/nats-server.ts");
  if (!hasNatsServer) throw new UsageFault("there is no nats-server on this machine: install Debian's package");
  const folder = mkdtempSync(join(tmpdir(), "disperse-mesh-faults-"));
  const nats = await startNatsServer();
  const core = { tier: "core", country: "BB", longitude: 9 } as const;
  const world = serveWorld({
    sites: [
      testSite({ id: sites.edge, tier: "edge" }),
      testSite({ id: sites.core, ...core, latitude: 50.5 }),
      testSite({ id: sites.second, ...core, latitude: 50.6 }),
    ],
  });
  const machines = await meshMachines<Name>(folder, nats.url, sites, world);
  const { names } = machines;
  const told: Record<string, number> = {};
  const answered = new Set<string>();
  /** Since when a gateway is up again; infinity while it is down. */
  const upSince = new Map<Name, number>(names.map((name) => [name, 0]));
  let slow = 0;
  let over = false;

  async function client(name: Name): Promise<void> {
    for (; !over; await sleep(20 + rng() * 60)) {
      const sinceMs = performance.now();
      const wentDown = () => upSince.get(name)! > sinceMs;
      if (wentDown()) continue;
      const stream = rng() < streamRatio;
      let word: string;
      try {
        word = await ask(`${machines.url(name)}/v1/chat/completions`, stream, answered);
      } catch {
        word = wentDown() ? "own gateway went down" : "no answer";
      }
      told[word] = (told[word] ?? 0) + 1;
      if (performance.now() - sinceMs > slowMs && !wentDown()) slow++;
    }
  }

  async function strike(): Promise<string> {
    const name = names[Math.floor(rng() * names.length)]!;
    const [which, forMs] = [rng(), rng()];
    if (which < 0.25) {
      nats.pause();
      await sleep(forMs * 5_000);
      nats.resume();
      return "network hung";
    }
    if (which < 0.4) {
      await nats.restart(forMs * 3_000);
      return "network killed";
    }
    upSince.set(name, Number.POSITIVE_INFINITY);
    if (which < 0.7) {
      machines.signal(name, "SIGSTOP");
      await sleep(forMs * 6_000);
      machines.signal(name, "SIGCONT");
    } else {
      await machines.end(name, "SIGKILL");
      await sleep(forMs * 2_000);
      await machines.start(name);
    }
    upSince.set(name, performance.now());
    return which < 0.7 ? "gateway hung" : "gateway killed";
  }

  const strikes: Record<string, number> = {};
  try {
    for (const name of names) await machines.start(name);
    const clients = names.flatMap((name) => Array.from({ length: clientsEach }, () => client(name)));
    for (const endsMs = performance.now() + seconds * 1_000; performance.now() < endsMs;) {
      await sleep(500 + rng() * 2_500);
      const what = await strike();
      strikes[what] = (strikes[what] ?? 0) + 1;
    }
    await sleep(2_000);
    over = true;
    await Promise.all(clients);
    for (const name of names) await machines.end(name, "SIGTERM");
    const rows = new Map<Name, LedgerRow[]>();
    for (const name of names) rows.set(name, await readAll(machines.ledger(name)));
    process.stdout.write(
      `${JSON.stringify({ bench: "mesh-faults", seconds, strikes, told, slow, ...audit(rows, answered) })}\n`,
    );
  } finally {
    over = true;
    await machines.endAll();
    await nats.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Asks and reads the answer to its end; says in words what it was. */
async function ask(url: string, stream: boolean, answered: Set<string>): Promise<string> {
  const messages = [{ role: "user", content: "Hello" }];
  const body = JSON.stringify({ model: "disperse/chat", stream, messages });
  const response = await fetch(url, { method: "POST", body, signal: AbortSignal.timeout(40_000) });
  const text = await response.text();
  if (response.status !== 200) return `status ${response.status}`;
  if (stream && text.includes('"error"')) return "error in the stream";
  const whole = stream ? text.includes("[DONE]") : text.includes('"choices"');
  if (whole) answered.add(response.headers.get("x-disperse-request-id")!);
  return whole ? "answered" : "torn";
}

async function readAll(path: string): Promise<LedgerRow[]> {
  const store = createSqliteStore(path);
  const rows: LedgerRow[] = [];
  for (;;) {
    const some = await store.read(rows.length, 5_000);
    if (some.length === 0) break;
    rows.push(...some);
  }
  await store.close();
  return rows;
}

/** What the ledgers say of the answers, and of each other. */
function audit(rows: ReadonlyMap<Name, readonly LedgerRow[]>, answered: ReadonlySet<string>) {
  const charges = new Map<string, number>();
  const evidence = new Set<string>();
  let doubled = 0;
  let handedOver = 0;
  for (const own of rows.values()) {
    doubled += own.length - new Set(own.map(({ requestId, attempt }) => `${requestId} ${attempt}`)).size;
    for (const { requestId, chargeNanoUsd, accountId, outcome } of own) {
      if (chargeNanoUsd > 0) charges.set(requestId, (charges.get(requestId) ?? 0) + 1);
      // Its end is the serving gateway's own.
      if (accountId?.startsWith("gateway:") && outcome === "served") evidence.add(requestId.replace(/\.[^.]*$/, ""));
    }
  }
  let withoutEvidence = 0;
  for (const [name, own] of rows) {
    for (const { requestId, attempt, outcome, site, accountId } of own) {
      if (accountId?.startsWith("gateway:") || outcome !== "served" || site === sites[name]) continue;
      handedOver++;
      if (!evidence.has(`${requestId}.${attempt}`)) withoutEvidence++;
    }
  }
  return {
    doubledRows: doubled,
    chargedTwice: [...charges.values()].filter((count) => count > 1).length,
    answeredUncharged: [...answered].filter((id) => !charges.has(id)).length,
    handedOver,
    withoutEvidence,
  };
}
