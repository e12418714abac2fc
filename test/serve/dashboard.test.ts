import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { metrics, type Metric } from "../../src/serve/index.ts";

interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[];
}

const file = new URL("../../docs/operations/grafana-dashboard.json", import.meta.url);
const dashboard = JSON.parse(readFileSync(file, "utf8")) as Dashboard;
const known: readonly Metric[] = Object.values(metrics);
/** Names under which a metric is exported. */
const exported = new Set(
  known.flatMap(({ name, buckets }) => (buckets ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name])),
);
const used = new Set(
  dashboard.panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => expr.match(/disperse_\w+/g) ?? [])),
);

describe("the Grafana dashboard", () => {
  it("asks for exported metrics only", () => {
    expect([...used].filter((name) => !exported.has(name))).toEqual([]);
  });

  it("shows every metric", () => {
    const shown = known.filter(({ name }) =>
      [...used].some((asked) => asked.replace(/_(?:bucket|sum|count)$/, "") === name || asked === name),
    );
    expect(shown.map(({ name }) => name)).toEqual(known.map(({ name }) => name));
  });

  it("asks for bucket bounds that exist", () => {
    const bounds = dashboard.panels.flatMap(({ targets }) =>
      targets.flatMap(({ expr }) => [...expr.matchAll(/le="([\d.]+)"/g)].map((match) => Number(match[1]))),
    );
    expect(bounds.length).toBeGreaterThan(0);
    for (const bound of bounds) expect(metrics.ttft.buckets).toContain(bound);
  });
});
