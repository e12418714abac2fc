import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { createOtlpExporter, type CollectedMetric } from "./otlp-exporter.ts";

/** A collector that counts what it is sent, and refuses as long as it is told to. */
async function collector() {
  const requests: { path: string; points: string[]; spans: number }[] = [];
  const state = { away: false };
  const server = createServer((message, response) => {
    let text = "";
    message.on("data", (chunk: Buffer) => (text += chunk.toString()));
    message.on("end", () => {
      response.statusCode = state.away ? 503 : 200;
      response.end("{}");
      if (state.away) return;
      const body = JSON.parse(text) as {
        resourceMetrics?: { scopeMetrics: { metrics: { sum: { dataPoints: { attributes: unknown }[] } }[] }[] }[];
        resourceSpans?: { scopeSpans: { spans: unknown[] }[] }[];
      };
      const metrics = body.resourceMetrics?.[0]?.scopeMetrics[0]?.metrics ?? [];
      requests.push({
        path: message.url!,
        points: metrics.flatMap(({ sum }) =>
          (sum?.dataPoints ?? []).map(({ attributes }) => JSON.stringify(attributes)),
        ),
        spans: body.resourceSpans?.[0]?.scopeSpans[0]?.spans.length ?? 0,
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = () => new Promise((resolve) => server.close(resolve).closeAllConnections());
  return { url, requests, state, close };
}

const record = {
  requestId: "req_1",
  traceparent: null,
  epochMs: 1_700_000_000_000,
  durationMs: 3,
  path: "/v1/chat/completions",
  stream: false,
  keyId: null,
  accountId: null,
  workload: "chat",
  model: "small",
  area: "town",
  site: "edge",
  outcome: "served",
  error: null,
  ttftMs: null,
  requestBytes: 10,
  chargeNanoUsd: 0,
  attempts: [],
} as const;

describe("exports to a collector", () => {
  it("come in bounded requests, each series and each span once", async () => {
    const { url, requests, close } = await collector();
    const metric = { name: "disperse_requests_total", help: "Requests." };
    function* pieces(): Generator<CollectedMetric> {
      for (let piece = 0; piece < 9; piece++) {
        const series = Array.from({ length: 250 }, (_, index) => ({
          labels: { site: `site-${piece}-${index}` },
          value: 1,
          counts: [],
          sum: 0,
        }));
        yield { metric, type: "counter", series };
      }
    }
    const exporter = createOtlpExporter({ url, serviceVersion: "1", instanceId: "one", collect: pieces, everyMs: 1e6 });
    for (let made = 0; made < 1_700; made++) exporter.note(record);
    await exporter.close();
    await close();
    const measured = requests.filter(({ path }) => path === "/v1/metrics");
    expect(Math.max(...measured.map(({ points }) => points.length))).toBeLessThanOrEqual(500);
    const points = measured.flatMap((request) => request.points);
    expect(new Set(points).size).toBe(2_250);
    expect(points).toHaveLength(2_250);
    const spans = requests.filter(({ path }) => path === "/v1/traces").map((request) => request.spans);
    expect(spans).toEqual([500, 500, 500, 200]);
  });

  it("keep spans for a collector that is away, and say so once", async () => {
    const { url, requests, state, close } = await collector();
    const said: string[] = [];
    const told = { onTrouble: (line: string) => void said.push(line), everyMs: 20 };
    const exporter = createOtlpExporter({ url, serviceVersion: "1", instanceId: "one", collect: () => [], ...told });
    state.away = true;
    for (let made = 0; made < 700; made++) exporter.note(record);
    while (said.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    state.away = false;
    await exporter.close();
    await close();
    expect(said).toEqual(["telemetry is not exported: the collector answered 503", "telemetry is exported again"]);
    expect(requests.reduce((sum, { spans }) => sum + spans, 0)).toBe(700);
  });
});
