// How long an engine goes on after its client has left: from the client's reset to the end of the engine's connection, in
// every window and over both transports. Client, gateway and engine share one process, so their own turns are in it. By
// turns with every measurement the client leaves an engine it asked directly: what that takes is the machine's doing.
// `npm run -s bench -- cancel [runs]`
import { connect } from "node:net";
import { createGateway } from "../src/serve/index.ts";
import {
  endless,
  roleEvent,
  startUpstream,
  streamThen,
  type Behaviour,
  type Upstream,
} from "../test/serve/misbehaving-upstream.ts";
import { testMesh, transports, type Transport } from "../test/serve/test-mesh.ts";
import { numberOf } from "./usage.ts";

const windows: readonly { readonly name: string; readonly engine: Behaviour; readonly stream: boolean }[] = [
  { name: "before headers", engine: () => {}, stream: true },
  { name: "before the first token", engine: streamThen([roleEvent], "stay"), stream: true },
  { name: "in mid-stream", engine: endless(2), stream: true },
  { name: "JSON", engine: () => {}, stream: false },
];
/** Target, ms. */
const targetMs = 5;

export async function run(args: string[]): Promise<void> {
  const runs = numberOf(args[0], "the number of runs", 50);
  for (const transport of transports) {
    for (const window of windows) {
      const times: number[] = [];
      const directTimes: number[] = [];
      // The first is compiled while it runs and does not count.
      for (let index = 0; index <= runs; index++) {
        const [took, direct] = [await cancelOnce(transport, window), await leaveEngine(window)];
        if (index === 0) continue;
        times.push(took);
        directTimes.push(direct);
      }
      const p95Ms = quantile(times, 0.95);
      const line = {
        bench: "cancel",
        transport: transport.name,
        window: window.name,
        runs,
        p50Ms: quantile(times, 0.5),
        p95Ms,
        directP50Ms: quantile(directTimes, 0.5),
        directP95Ms: quantile(directTimes, 0.95),
        targetMs,
      };
      process.stdout.write(`${JSON.stringify({ ...line, met: p95Ms <= targetMs })}\n`);
    }
  }
}

async function cancelOnce(transport: Transport, { engine, stream }: (typeof windows)[number]): Promise<number> {
  const upstream = await startUpstream(engine);
  const mesh = testMesh({ upstreams: { "near-edge": upstream.url }, client: transport.client });
  const service = await transport.serve(createGateway(mesh.parts), { host: "127.0.0.1", port: 0 });
  const tookMs = await leave(service.url, stream, upstream);
  await service.close(100);
  await upstream.close();
  return tookMs;
}

async function leaveEngine({ engine, stream }: (typeof windows)[number]): Promise<number> {
  const upstream = await startUpstream(engine);
  const tookMs = await leave(upstream.url, stream, upstream);
  await upstream.close();
  return tookMs;
}

/** Time from a client's reset to the end of the connection that its request has at the engine, ms. */
async function leave(url: string, stream: boolean, upstream: Upstream): Promise<number> {
  const body = JSON.stringify({ model: "disperse/chat", stream, messages: [{ role: "user", content: "Hi" }] });
  const socket = connect(Number(new URL(url).port), "127.0.0.1", () => {
    socket.write(`POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
  });
  socket.on("error", () => {});
  while (upstream.requests.length === 0) await pause(2);
  // What the engine has sent comes through first.
  await pause(20);
  const leftMs = performance.now();
  socket.resetAndDestroy();
  return (await upstream.abandoned) - leftMs;
}

function quantile(values: readonly number[], p: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return Math.round(sorted[Math.floor(sorted.length * p)]! * 1_000) / 1_000;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
