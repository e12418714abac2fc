import type { Labels, Metric, Telemetry } from "../../serve/index.ts";

export interface PrometheusTelemetry extends Telemetry {
  /** All instruments in Prometheus' text format 0.0.4. */
  render(): string;
  /** All instruments as plain data, for exporters of other formats. */
  collect(): CollectedFamily[];
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
    render: () => renderMetrics(collect()),
  } satisfies PrometheusTelemetry;
}

/** Readings in Prometheus' text format 0.0.4. */
export function renderMetrics(families: readonly CollectedFamily[]): string {
  const lines: string[] = [];
  for (const { metric, type, series } of families) {
    lines.push(`# HELP ${metric.name} ${metric.help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}`);
    lines.push(`# TYPE ${metric.name} ${type}`);
    for (const each of series) {
      if (type === "histogram") writeHistogram(lines, metric, each);
      else lines.push(`${metric.name}${braces(writeLabels(each.labels))} ${each.value}`);
    }
  }
  return `${lines.join("\n")}\n`;
}

function writeHistogram(lines: string[], { name, buckets = [] }: Metric, { labels, counts, sum }: SeriesReading): void {
  const written = writeLabels(labels);
  const prefix = written === "" ? "" : `${written},`;
  let below = 0;
  for (const [index, bound] of buckets.entries()) {
    below += counts[index]!;
    lines.push(`${name}_bucket{${prefix}le="${bound}"} ${below}`);
  }
  below += counts[buckets.length]!;
  lines.push(`${name}_bucket{${prefix}le="+Inf"} ${below}`);
  lines.push(`${name}_sum${braces(written)} ${sum}`, `${name}_count${braces(written)} ${below}`);
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
