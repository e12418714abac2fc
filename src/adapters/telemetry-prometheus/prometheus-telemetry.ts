import type { Labels, Metric, Telemetry } from "../../serve/index.ts";

export interface PrometheusTelemetry extends Telemetry {
  /** All instruments in Prometheus' text format 0.0.4. */
  render(): string;
}

interface Family {
  readonly metric: Metric;
  readonly type: "counter" | "gauge" | "histogram";
  /** Lines of one instrument, by its labels. */
  readonly series: Map<string, (lines: string[]) => void>;
}

/** Keeps instruments in memory and prints them when asked. Using one is an addition or an array access. */
export function createPrometheusTelemetry(): PrometheusTelemetry {
  const families = new Map<string, Family>();

  function seriesOf(metric: Metric, type: Family["type"]): Family["series"] {
    let family = families.get(metric.name);
    if (!family) families.set(metric.name, (family = { metric, type, series: new Map() }));
    if (family.type !== type) throw new TypeError(`${metric.name} is a ${family.type}, not a ${type}`);
    return family.series;
  }

  function single(metric: Metric, labels: Labels, type: "counter" | "gauge") {
    const series = seriesOf(metric, type);
    const written = writeLabels(labels);
    let value = 0;
    if (series.has(written))
      throw new TypeError(`${metric.name}{${written}} exists: keep the instrument you were given`);
    series.set(written, (lines) => lines.push(`${metric.name}${braces(written)} ${value}`));
    return {
      add: (amount: number) => void (value += amount),
      set: (now: number) => void (value = now),
    };
  }

  return {
    counter: (metric, labels) => single(metric, labels, "counter"),
    gauge: (metric, labels) => single(metric, labels, "gauge"),
    histogram(metric, labels) {
      const series = seriesOf(metric, "histogram");
      const written = writeLabels(labels);
      if (series.has(written))
        throw new TypeError(`${metric.name}{${written}} exists: keep the instrument you were given`);
      const bounds = metric.buckets ?? [];
      // One slot more than bounds: the last takes what is above all of them.
      const counts = new Float64Array(bounds.length + 1);
      let sum = 0;
      series.set(written, (lines) => {
        const prefix = written === "" ? "" : `${written},`;
        let below = 0;
        for (const [index, bound] of bounds.entries()) {
          below += counts[index]!;
          lines.push(`${metric.name}_bucket{${prefix}le="${bound}"} ${below}`);
        }
        below += counts[bounds.length]!;
        lines.push(`${metric.name}_bucket{${prefix}le="+Inf"} ${below}`);
        lines.push(`${metric.name}_sum${braces(written)} ${sum}`, `${metric.name}_count${braces(written)} ${below}`);
      });
      return {
        observe(value) {
          let slot = 0;
          while (slot < bounds.length && value > bounds[slot]!) slot++;
          counts[slot]!++;
          sum += value;
        },
      };
    },
    render() {
      const lines: string[] = [];
      for (const { metric, type, series } of families.values()) {
        lines.push(`# HELP ${metric.name} ${metric.help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}`);
        lines.push(`# TYPE ${metric.name} ${type}`);
        for (const write of series.values()) write(lines);
      }
      return `${lines.join("\n")}\n`;
    },
  } satisfies PrometheusTelemetry;
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
