// What the gateway costs per request, against a direct connection, nginx, HAProxy and Portkey's gateway in the same run.
// `npm run -s bench -- gateway [--seconds=2] [--rounds=3] [--only=json,together,one-by-one,slow,latency]
//   [--subjects=disperse,disperse-node-http,nginx,haproxy,portkey]`
// nginx and HAProxy are used when installed; Portkey is installed from npm into a temporary folder.
//
// Added first-token and total times are measured for JSON, for streams whose events come together, and over 1,000 slow
// streams. Every subject is warmed up first, because a program that is compiled while it runs costs several times more in
// its first seconds than ever after.
//
// The proxy has one core for itself, load and upstream share the other. CPU time per request is the figure to compare:
// it stays meaningful when the machine is busy with other things, which requests per second does not.
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  buildSubject,
  cpuMs,
  firstLine,
  rssMB,
  startDisperse,
  startHaproxy,
  startNginx,
  startPinned,
  startPortkey,
  type Subject,
} from "./gateway/peers.ts";
import { choiceOf, numberOf, UsageFault } from "./usage.ts";

interface LoadResult {
  readonly done: number;
  readonly errors: number;
  readonly perS: number;
  readonly ttftP50Ms: number;
  readonly ttftP99Ms: number;
  readonly totalP50Ms: number;
  readonly totalP99Ms: number;
}

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const proxyCore = 0;
const loadCore = 1;

export async function run(args: string[]): Promise<void> {
  const unknown = args.find((arg) => !/^--(seconds|rounds|only|subjects)=/.test(arg));
  if (unknown !== undefined) throw new UsageFault(`there is no argument "${unknown}"`);
  const option = (name: string, otherwise: string) =>
    args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3) ?? otherwise;
  const seconds = numberOf(option("seconds", "2"), "--seconds", 2, { least: 0.1, parts: true });
  const rounds = numberOf(option("rounds", "3"), "--rounds", 3);
  const kinds = ["json", "together", "one-by-one", "latency", "slow"] as const;
  const only = option("only", kinds.join(","))
    .split(",")
    .map((word) => choiceOf(word, "--only", kinds));
  const folder = mkdtempSync(join(tmpdir(), "disperse-bench-"));
  const upstream = startPinned(loadCore, process.execPath, [here("gateway/upstream.ts")]);
  const upstreamPort = Number(await firstLine(upstream));
  const setting = { upstreamPort, folder, subject: buildSubject(folder), core: proxyCore };
  const subjects: Subject[] = [];
  try {
    const starts: Record<string, () => Promise<Subject | null>> = {
      disperse: () => startDisperse(setting, "raw"),
      "disperse-node-http": () => startDisperse(setting, "node"),
      nginx: () => startNginx(setting),
      haproxy: () => startHaproxy(setting),
      portkey: () => startPortkey(setting),
    };
    for (const name of option("subjects", Object.keys(starts).join(",")).split(",")) {
      const subject = await starts[name]?.();
      if (subject) subjects.push(subject);
      else process.stderr.write(`${name} is not available and left out\n`);
    }
    for (const kind of (["json", "together", "one-by-one"] as const).filter((name) => only.includes(name))) {
      await compare(kind, subjects, upstreamPort, seconds, rounds);
    }
    if (only.includes("latency")) await addedLatency(subjects, upstreamPort, seconds, rounds);
    if (only.includes("slow")) for (const subject of subjects) await slowStreams(subject, upstreamPort, seconds);
  } finally {
    for (const subject of subjects) subject.stop();
    upstream.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Closed loop, everyone in turn in every round; the median round counts. */
async function compare(
  kind: string,
  subjects: readonly Subject[],
  upstreamPort: number,
  seconds: number,
  rounds: number,
) {
  const cpu = new Map<string, number[]>(subjects.map(({ name }) => [name, []]));
  const last = new Map<string, LoadResult>();
  for (const subject of subjects) await warmUp(subject, upstreamPort, kind);
  for (let round = 0; round < rounds; round++) {
    for (const subject of subjects) {
      const before = cpuMs(subject.pid);
      const result = await load(subject.port, upstreamPort, kind, 32, seconds, 0);
      cpu.get(subject.name)!.push(((cpuMs(subject.pid) - before) * 1_000) / result.done);
      last.set(subject.name, result);
    }
  }
  const cpuUs = new Map([...cpu].map(([name, values]) => [name, median(values)]));
  for (const subject of subjects) {
    const us = cpuUs.get(subject.name)!;
    const result = last.get(subject.name)!;
    print({
      bench: "gateway",
      case: kind,
      subject: subject.name,
      cpuUsPerRequest: round1(us),
      requestsPerS: Math.round(result.perS),
      requestsPerCpuS: Math.round(1e6 / us),
      ofNginx: ratio(cpuUs.get("nginx"), us),
      ofPortkey: ratio(cpuUs.get("portkey"), us),
      errors: result.errors,
      rssMB: Math.round(rssMB(subject.pid)),
    });
  }
}

/** Sends requests until compilers have done their work, or long enough. */
async function warmUp(subject: Subject, upstreamPort: number, kind: string): Promise<void> {
  const startedMs = performance.now();
  for (let done = 0; done < warmRequests && performance.now() - startedMs < warmLimitMs;) {
    done += (await load(subject.port, upstreamPort, kind, 32, 2, 0)).done;
  }
}

// After 20,000 requests a tenth of the processor's time still goes into compiling; after 40,000 hardly any does.
const warmRequests = 40_000;
const warmLimitMs = 30_000;

/** First-token and total time added to a direct connection, at a rate every subject can take, requests on schedule. */
async function addedLatency(subjects: readonly Subject[], upstreamPort: number, seconds: number, rounds: number) {
  const perS = 250;
  for (const kind of ["json", "together"]) {
    const results = new Map<string, LoadResult[]>();
    // In turn, so that whatever else the machine does meets everyone alike.
    for (let round = 0; round < rounds; round++) {
      for (const { name, port } of [{ name: "direct", port: upstreamPort }, ...subjects]) {
        const result = await load(port, upstreamPort, kind, 64, seconds, perS);
        results.set(name, [...(results.get(name) ?? []), result]);
      }
    }
    const typical = (name: string) => {
      const of = (measure: keyof LoadResult) => median(results.get(name)!.map((result) => result[measure]));
      return {
        ttftP50Ms: of("ttftP50Ms"),
        ttftP99Ms: of("ttftP99Ms"),
        totalP50Ms: of("totalP50Ms"),
        totalP99Ms: of("totalP99Ms"),
      };
    };
    const direct = typical("direct");
    print({ bench: "gateway", case: "latency", kind, subject: "direct", requestsPerS: perS, ...roundedAll(direct) });
    for (const { name } of subjects) {
      const own = typical(name);
      const added = Object.fromEntries(
        (Object.keys(direct) as (keyof typeof direct)[]).map((key) => [
          `added${key[0]!.toUpperCase()}${key.slice(1)}`,
          round3(own[key] - direct[key]),
        ]),
      );
      print({ bench: "gateway", case: "latency", kind, subject: name, requestsPerS: perS, ...added });
    }
  }
}

const roundedAll = (values: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, round3(value)]));

/** A thousand streams with four events a second each, measured once all of them have begun. */
async function slowStreams(subject: Subject, upstreamPort: number, seconds: number) {
  const streams = 1_000;
  const windowMs = Math.max(5, seconds) * 1_000;
  const loading = startLoad(subject.port, upstreamPort, "slow", streams, windowMs / 1_000, 0);
  const { done, errors } = JSON.parse(await firstLine(loading)) as Pick<LoadResult, "done" | "errors">;
  const before = cpuMs(subject.pid);
  const startedMs = performance.now();
  await new Promise((resolve) => setTimeout(resolve, windowMs));
  const rss = rssMB(subject.pid);
  const cpuRatio = (cpuMs(subject.pid) - before) / (performance.now() - startedMs);
  loading.kill();
  print({
    bench: "gateway",
    case: "slow",
    subject: subject.name,
    streams: done,
    errors,
    cpuRatio: round3(cpuRatio),
    rssMB: Math.round(rss),
  });
}

async function load(
  port: number,
  upstreamPort: number,
  kind: string,
  connections: number,
  seconds: number,
  perS: number,
): Promise<LoadResult> {
  return JSON.parse(await firstLine(startLoad(port, upstreamPort, kind, connections, seconds, perS))) as LoadResult;
}

function startLoad(...[port, upstreamPort, kind, connections, seconds, perS]: Parameters<typeof load>): ChildProcess {
  const args = [here("gateway/load.ts"), port, kind, connections, seconds, perS, "bench-key"].map(String);
  const env = { PORTKEY_UPSTREAM: `http://127.0.0.1:${upstreamPort}/v1` };
  return startPinned(loadCore, process.execPath, args, env);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

const round1 = (value: number) => Math.round(value * 10) / 10;
const round3 = (value: number) => Math.round(value * 1_000) / 1_000;
const ratio = (peer: number | undefined, own: number) =>
  peer === undefined ? null : Math.round((peer / own) * 100) / 100;

function print(row: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify(row)}\n`);
}
