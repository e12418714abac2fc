import { performance } from "node:perf_hooks";
import { setImmediate } from "node:timers/promises";
import type { Labels, Metric, Telemetry } from "../../serve/index.ts";

export interface PrometheusTelemetry extends Telemetry {
  /** All instruments in Prometheus' text format 0.0.4. */
  render(): string;
  /** The same, in turns with everything else: thousands of sites have tens of megabytes to tell. */
  renderInTurns(): Promise<string>;
  /** All instruments as plain data, for exporters of other formats. */
  collect(): CollectedFamily[];
  /** The same bit by bit, a family in as many pieces as it takes, each read when it is its turn. */
  collectInPieces(): Iterable<CollectedFamily>;
}

export interface CollectedFamily {
  readonly metric: Metric;
  readonly type: "counter" | "gauge" | "histogram";
  readonly series: readonly SeriesReading[];
}

interface SeriesReading {
  readonly labels: Labels;
  /** Of counters and gauges; 0 for histograms. */
  readonly value: number;
  /** Of histograms: counts per bucket, the last without bound. */
  readonly counts: readonly number[];
  readonly sum: number;
}

interface Series {
  readonly instrument: Instrument;
  read(): Omit<SeriesReading, "labels">;
}

interface Instrument {
  add(amount: number): void;
  set(value: number): void;
  observe(value: number): void;
}

interface Family {
  readonly metric: Metric;
  readonly type: "counter" | "gauge" | "histogram";
  /** By labels as written. */
  readonly series: Map<string, Series & { readonly labels: Labels }>;
}

/**
 * Keeps instruments in memory and prints them when asked. Using one is an addition or an array access; asking for one
 * again gives the same one, so that counts go on when a gateway is exchanged.
 */
export function createPrometheusTelemetry(): PrometheusTelemetry {
  const families = new Map<string, Family>();

  function instrument(metric: Metric, labels: Labels, type: Family["type"]): Instrument {
    let family = families.get(metric.name);
    if (!family) families.set(metric.name, (family = { metric, type, series: new Map() }));
    if (family.type !== type) throw new TypeError(`${metric.name} is a ${family.type}, not a ${type}`);
    const written = writeLabels(labels);
    let series = family.series.get(written);
    if (!series) {
      series = { labels, ...(type === "histogram" ? histogram(metric) : single()) };
      family.series.set(written, series);
    }
    return series.instrument;
  }

  const collect = () =>
    [...families.values()].map(({ metric, type, series }) => ({
      metric,
      type,
      series: [...series.values()].map((each) => ({ labels: each.labels, ...each.read() })),
    }));

  return {
    counter: (metric, labels) => instrument(metric, labels, "counter"),
    gauge: (metric, labels) => instrument(metric, labels, "gauge"),
    histogram: (metric, labels) => instrument(metric, labels, "histogram"),
    collect,
    *collectInPieces() {
      for (const { metric, type, series } of families.values()) {
        let piece: SeriesReading[] = [];
        for (const each of series.values()) {
          if (piece.push({ labels: each.labels, ...each.read() }) < pieceSeries) continue;
          yield { metric, type, series: piece };
          piece = [];
        }
        yield { metric, type, series: piece };
      }
    },
    render: () => [...textsOf(families.values())].join(""),
    renderInTurns: () => inTurns(textsOf(families.values())),
  } satisfies PrometheusTelemetry;
}

/** Readings in Prometheus' text format 0.0.4, written in turns with everything else. */
export function renderMetrics(families: readonly CollectedFamily[]): Promise<string> {
  return inTurns(textsOf(families.map((family) => ({ ...family, series: writtenSeries(family) }))));
}

function* writtenSeries({ series }: CollectedFamily): WrittenFamily["series"] & Generator {
  for (const reading of series) yield [writeLabels(reading.labels), { read: () => reading }] as const;
}

/** Series in one piece of a family. */
const pieceSeries = 250;

/** How long is written at a time before others have their turn, ms. */
const turnMs = 1;

async function inTurns(texts: Iterable<string>): Promise<string> {
  let whole = "";
  let untilMs = performance.now() + turnMs;
  for (const text of texts) {
    whole += text;
    if (performance.now() < untilMs) continue;
    await setImmediate();
    untilMs = performance.now() + turnMs;
  }
  return whole;
}

interface WrittenFamily {
  readonly metric: Metric;
  readonly type: Family["type"];
  /** By labels as written. */
  readonly series: Iterable<readonly [string, Pick<Series, "read">]>;
}

/** The text of one series after the other, each read when it is its turn. Pieces of one family follow each other. */
function* textsOf(families: Iterable<WrittenFamily>): Generator<string> {
  let before = "";
  for (const { metric, type, series } of families) {
    const help = metric.help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
    if (metric.name !== before) yield `# HELP ${metric.name} ${help}\n# TYPE ${metric.name} ${type}\n`;
    before = metric.name;
    for (const [written, each] of series) {
      const reading = each.read();
      yield type === "histogram"
        ? histogramText(metric, written, reading)
        : `${metric.name}${braces(written)} ${reading.value}\n`;
    }
  }
}

function histogramText(
  { name, buckets = [] }: Metric,
  written: string,
  { counts, sum }: Omit<SeriesReading, "labels">,
): string {
  const prefix = written === "" ? "" : `${written},`;
  let text = "";
  let below = 0;
  for (let index = 0; index < buckets.length; index++) {
    below += counts[index]!;
    text += `${name}_bucket{${prefix}le="${buckets[index]}"} ${below}\n`;
  }
  below += counts[buckets.length]!;
  const all = braces(written);
  return `${text}${name}_bucket{${prefix}le="+Inf"} ${below}\n${name}_sum${all} ${sum}\n${name}_count${all} ${below}\n`;
}

function single(): Series {
  let value = 0;
  return {
    instrument: { add: (amount) => void (value += amount), set: (now) => void (value = now), observe() {} },
    read: () => ({ value, counts: [], sum: 0 }),
  };
}

function histogram(metric: Metric): Series {
  const bounds = metric.buckets ?? [];
  // One slot more than bounds: the last takes what is above all of them.
  const counts = new Float64Array(bounds.length + 1);
  let sum = 0;
  const observe = (value: number) => {
    let slot = 0;
    while (slot < bounds.length && value > bounds[slot]!) slot++;
    counts[slot]!++;
    sum += value;
  };
  return {
    instrument: { add() {}, set() {}, observe },
    read: () => ({ value: 0, counts: [...counts], sum }),
  };
}

function braces(written: string): string {
  return written === "" ? "" : `{${written}}`;
}

function writeLabels(labels: Labels): string {
  const names = Object.keys(labels).sort();
  return names.map((name) => `${name}="${escapeLabel(labels[name]!)}"`).join(",");
}

function escapeLabel(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
