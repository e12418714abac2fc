import { request } from "undici";
import type { Journal, Labels, Metric } from "../../serve/index.ts";
import { GenAiMetrics } from "./gen-ai-metrics.ts";
import { attributesOf, cumulative, unixNano } from "./otlp-json.ts";
import { spansOf } from "./spans.ts";

/** A reading of one metric, or of some of its series; as the Prometheus adapter collects it. */
export interface CollectedMetric {
  readonly metric: Metric;
  readonly type: "counter" | "gauge" | "histogram";
  readonly series: readonly {
    readonly labels: Labels;
    /** Of counters and gauges. */
    readonly value: number;
    /** Of histograms: counts per bucket, the last without bound. */
    readonly counts: readonly number[];
    readonly sum: number;
  }[];
}

export interface OtlpOptions {
  /** Root of the collector, for example `http://127.0.0.1:4318`; `/v1/traces` and `/v1/metrics` are below it. */
  readonly url: string;
  /** Sent with every export, names and values by turns; never logged. */
  readonly headers?: readonly string[];
  readonly serviceName?: string;
  readonly serviceVersion: string;
  /** Names this process among others of the service. */
  readonly instanceId: string;
  /** Reads all metrics bit by bit; a metric may come in several pieces. */
  readonly collect: () => Iterable<CollectedMetric>;
  /** Told once when exports begin to fail and once when they work again. */
  readonly onTrouble?: (message: string) => void;
  readonly everyMs?: number;
}

/**
 * Series and spans in one request to the collector. Each request is read, written out and sent before the next is begun, so
 * that no stream waits longer than it takes to write one: a few milliseconds, however many sites or requests there are.
 */
const seriesAtOnce = 500;
const spansAtOnce = 500;
/** Spans that may wait for the collector; beyond, the oldest are dropped. */
const maxWaitingSpans = 20_000;
const exportTimeoutMs = 10_000;

/** Sends traces and metrics every few seconds. A collector that is away costs spans, never a request. */
export function createOtlpExporter(options: OtlpOptions): Journal {
  const { url, headers = [], everyMs = 5_000 } = options;
  const root = url.replace(/\/+$/, "");
  const startEpochMs = Date.now();
  // The time of day may be set back, and what began after it was measured is refused.
  const beginOf = (epochMs: number) => Math.min(startEpochMs, epochMs);
  const genAi = new GenAiMetrics();
  const resource = {
    attributes: attributesOf({
      "service.name": options.serviceName ?? "disperse",
      "service.version": options.serviceVersion,
      "service.instance.id": options.instanceId,
    }),
  };
  const scope = { name: "disperse", version: options.serviceVersion };
  let spans: object[] = [];
  let troubled = false;
  let running: Promise<void> = Promise.resolve();

  async function post(path: string, body: object): Promise<boolean> {
    try {
      const answer = await request(`${root}${path}`, {
        method: "POST",
        headers: ["content-type", "application/json", ...headers],
        body: JSON.stringify(body),
        headersTimeout: exportTimeoutMs,
        bodyTimeout: exportTimeoutMs,
      });
      await answer.body.dump();
      if (answer.statusCode < 300) return true;
      tell(`the collector answered ${answer.statusCode}`);
    } catch (error) {
      tell((error as { code?: string }).code ?? "the collector cannot be reached");
    }
    return false;
  }

  function tell(trouble: string): void {
    if (!troubled) options.onTrouble?.(`telemetry is not exported: ${trouble}`);
    troubled = true;
  }

  async function sendSpans(): Promise<boolean> {
    // Those that come meanwhile wait for the next time, or a busy gateway would never be done.
    for (let left = spans.length; left > 0 && spans.length > 0; left -= spansAtOnce) {
      const batch = spans.splice(0, Math.min(left, spansAtOnce));
      if (await post("/v1/traces", { resourceSpans: [{ resource, scopeSpans: [{ scope, spans: batch }] }] })) continue;
      spans = [...batch, ...spans].slice(-maxWaitingSpans);
      return false;
    }
    return true;
  }

  const sendMetrics = (metrics: readonly object[]) =>
    post("/v1/metrics", { resourceMetrics: [{ resource, scopeMetrics: [{ scope, metrics }] }] });

  async function sendAllMetrics(): Promise<boolean> {
    let pieces: CollectedMetric[] = [];
    let series = 0;
    for (const piece of options.collect()) {
      pieces.push(piece);
      series += piece.series.length;
      if (series < seriesAtOnce) continue;
      const nowMs = Date.now();
      if (!(await sendMetrics(metricsOf(pieces, beginOf(nowMs), nowMs)))) return false;
      pieces = [];
      series = 0;
    }
    const nowMs = Date.now();
    const beganMs = beginOf(nowMs);
    return sendMetrics([...metricsOf(pieces, beganMs, nowMs), ...genAi.collect(beganMs, nowMs)]);
  }

  async function send(): Promise<void> {
    const kept = await sendSpans();
    const measured = await sendAllMetrics();
    if (kept && measured && troubled) {
      troubled = false;
      options.onTrouble?.("telemetry is exported again");
    }
  }

  const timer = setInterval(() => void (running = running.then(send)), everyMs);
  timer.unref();
  return {
    note(record) {
      genAi.note(record);
      const made = spansOf(record);
      if (made === null) return;
      spans.push(...made);
      if (spans.length > maxWaitingSpans * 1.25) spans = spans.slice(-maxWaitingSpans);
    },
    async close() {
      clearInterval(timer);
      await (running = running.then(send));
    },
  } satisfies Journal;
}

function metricsOf(collected: readonly CollectedMetric[], startEpochMs: number, epochMs: number): object[] {
  const times = { startTimeUnixNano: unixNano(startEpochMs), timeUnixNano: unixNano(epochMs) };
  return collected.map(({ metric: { name, help: description, buckets = [] }, type, series }) => {
    const points = series.map(({ labels, value, counts, sum }) => ({
      ...times,
      attributes: attributesOf(labels),
      ...(type === "histogram"
        ? {
            count: String(counts.reduce((total, count) => total + count, 0)),
            sum,
            bucketCounts: counts.map(String),
            explicitBounds: buckets,
          }
        : { asDouble: value }),
    }));
    // JSON has no NaN: what is unknown is left out.
    const dataPoints = points.filter((point) => !("asDouble" in point) || Number.isFinite(point.asDouble));
    if (type === "gauge") return { name, description, gauge: { dataPoints } };
    if (type === "histogram")
      return { name, description, histogram: { aggregationTemporality: cumulative, dataPoints } };
    return { name, description, sum: { aggregationTemporality: cumulative, isMonotonic: true, dataPoints } };
  });
}
