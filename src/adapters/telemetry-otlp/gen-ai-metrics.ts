import type { RequestRecord } from "../../serve/index.ts";
import { genAi, genAiHistograms, operationOf } from "./gen-ai-names.ts";
import { attributesOf, cumulative, unixNano } from "./otlp-json.ts";

type Kind = keyof typeof genAiHistograms;

interface Histogram {
  readonly kind: Kind;
  readonly attributes: Readonly<Record<string, string>>;
  readonly counts: number[];
  sum: number;
  count: number;
}

/** The histograms of OpenTelemetry's conventions for generative AI, made from the records of requests. */
export class GenAiMetrics {
  readonly #histograms = new Map<string, Histogram>();

  note(record: RequestRecord): void {
    if (record.model === null || record.attempts.length === 0) return;
    const operation = operationOf(record.path);
    const common = {
      [genAi.operationName]: operation,
      [genAi.providerName]: "disperse",
      [genAi.requestModel]: record.model,
    };
    const error = record.error ?? (record.outcome === "served" ? null : record.outcome);
    const outcome = error === null ? common : { ...common, [genAi.errorType]: error };
    this.#observe("serverDuration", outcome, record.durationMs / 1_000);
    if (record.ttftMs !== null) this.#observe("serverFirstToken", common, record.ttftMs / 1_000);
    for (const attempt of record.attempts) {
      // Towards the engines the gateway is the client.
      this.#observe("clientDuration", common, attempt.durationMs / 1_000);
      this.#observe("clientTokens", { ...common, [genAi.tokenType]: "input" }, attempt.inputTokens);
      this.#observe("clientTokens", { ...common, [genAi.tokenType]: "output" }, attempt.outputTokens);
      if (attempt.outcome !== "served" || attempt.ttftMs === null || attempt.outputTokens < 2) continue;
      const perToken = (attempt.durationMs - attempt.ttftMs) / (attempt.outputTokens - 1) / 1_000;
      this.#observe("serverPerToken", common, perToken);
    }
  }

  /** As OTLP metrics, counted since `startEpochMs`. */
  collect(startEpochMs: number, epochMs: number): object[] {
    const times = { startTimeUnixNano: unixNano(startEpochMs), timeUnixNano: unixNano(epochMs) };
    return (Object.keys(genAiHistograms) as Kind[]).flatMap((kind) => {
      const points = [...this.#histograms.values()].filter((histogram) => histogram.kind === kind);
      if (points.length === 0) return [];
      const { name, unit, bounds } = genAiHistograms[kind];
      const dataPoints = points.map(({ attributes, counts, sum, count }) => ({
        ...times,
        attributes: attributesOf(attributes),
        count: String(count),
        sum,
        bucketCounts: counts.map(String),
        explicitBounds: bounds,
      }));
      return [{ name, unit, histogram: { aggregationTemporality: cumulative, dataPoints } }];
    });
  }

  #observe(kind: Kind, attributes: Readonly<Record<string, string>>, value: number): void {
    const key = JSON.stringify([kind, attributes]);
    const { bounds } = genAiHistograms[kind];
    let histogram = this.#histograms.get(key);
    if (!histogram) {
      histogram = { kind, attributes, counts: Array.from({ length: bounds.length + 1 }, () => 0), sum: 0, count: 0 };
      this.#histograms.set(key, histogram);
    }
    const at = bounds.findIndex((bound) => value <= bound);
    histogram.counts[at < 0 ? bounds.length : at]!++;
    histogram.sum += value;
    histogram.count++;
  }
}
