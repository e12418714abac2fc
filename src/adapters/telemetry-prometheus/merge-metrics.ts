import type { CollectedFamily } from "./prometheus-telemetry.ts";

/**
 * The readings of several processes of one service as one. Counters and histograms are added up; what a gauge shows is
 * true for its process alone, so it gets a label that names it.
 */
export function mergeMetrics(
  processes: readonly { readonly name: string; readonly families: readonly CollectedFamily[] }[],
) {
  const merged = new Map<string, { family: CollectedFamily; series: Map<string, CollectedFamily["series"][number]> }>();
  for (const { name, families } of processes) {
    for (const family of families) {
      let known = merged.get(family.metric.name);
      if (!known) merged.set(family.metric.name, (known = { family, series: new Map() }));
      for (const reading of family.series) {
        const labels = family.type === "gauge" ? { ...reading.labels, worker: name } : reading.labels;
        const key = JSON.stringify(Object.entries(labels).sort(([one], [other]) => (one < other ? -1 : 1)));
        const before = known.series.get(key);
        known.series.set(key, {
          labels,
          value: (before?.value ?? 0) + reading.value,
          counts: reading.counts.map((count, index) => count + (before?.counts[index] ?? 0)),
          sum: (before?.sum ?? 0) + reading.sum,
        });
      }
    }
  }
  return [...merged.values()].map(({ family, series }): CollectedFamily => ({
    metric: family.metric,
    type: family.type,
    series: [...series.values()],
  }));
}
