// How long an engine goes on after its client has left: from the client's reset to the end of the engine's connection, in
// every window and over both transports. Client, gateway and engine share one process, so their own turns are in it.
// `npm run -s bench -- cancel [runs]`
import { connect } from "node:net";
import { createGateway } from "../src/serve/index.ts";
import { endless, roleEvent, startUpstream, streamThen, type Behaviour } from "../test/serve/misbehaving-upstream.ts";
import { testMesh, transports, type Transport } from "../test/serve/test-mesh.ts";

const windows: readonly { readonly name: string; readonly engine: Behaviour; readonly stream: boolean }[] = [
  { name: "before headers", engine: () => {}, stream: true },
  { name: "before the first token", engine: streamThen([roleEvent], "stay"), stream: true },
  { name: "in mid-stream", engine: endless(2), stream: true },
  { name: "JSON", engine: () => {}, stream: false },
];
/** Target, ms. */
const targetMs = 5;

export async function run(args: string[]): Promise<void> {
  const runs = Number(args[0] ?? 50);
  for (const transport of transports) {
    for (const window of windows) {
      const times: number[] = [];
      for (let index = 0; index < runs; index++) times.push(await cancelOnce(transport, window));
      times.sort((a, b) => a - b);
      const p50Ms = times[Math.floor(times.length / 2)]!;
      const p95Ms = times[Math.floor(times.length * 0.95)]!;
      const line = { bench: "cancel", transport: transport.name, window: window.name, runs, p50Ms, p95Ms, targetMs };
      process.stdout.write(`${JSON.stringify({ ...line, met: p95Ms <= targetMs })}\n`);
    }
  }
}

async function cancelOnce(transport: Transport, { engine, stream }: (typeof windows)[number]): Promise<number> {
  const upstream = await startUpstream(engine);
  const mesh = testMesh({ upstreams: { "near-edge": upstream.url }, client: transport.client });
  const service = await transport.serve(createGateway(mesh.parts), { host: "127.0.0.1", port: 0 });
  const body = JSON.stringify({ model: "disperse/chat", stream, messages: [{ role: "user", content: "Hi" }] });
  const socket = connect(Number(new URL(service.url).port), "127.0.0.1", () => {
    socket.write(`POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
  });
  socket.on("error", () => {});
  while (upstream.requests.length === 0) await pause(2);
  // What the engine has sent comes through first.
  await pause(20);
  const leftMs = performance.now();
  socket.resetAndDestroy();
  const tookMs = (await upstream.abandoned) - leftMs;
  await service.close(100);
  await upstream.close();
  return tookMs;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
