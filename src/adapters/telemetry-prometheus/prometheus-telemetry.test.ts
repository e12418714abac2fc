import { describe, expect, it } from "vitest";
import { metrics } from "../../serve/index.ts";
import { createPrometheusTelemetry, renderMetrics } from "./prometheus-telemetry.ts";

describe("Prometheus text", () => {
  it("shows counters, gauges and cumulative histograms", () => {
    const telemetry = createPrometheusTelemetry();
    telemetry.counter({ name: "a_total", help: "A." }, { site: 'x"y\n' }).add(2);
    telemetry.gauge({ name: "b", help: "B." }, {}).set(0.5);
    const histogram = telemetry.histogram({ name: "c_seconds", help: "C.", buckets: [0.015, 1] }, { w: "v" });
    for (const value of [0.015, 0.0151, 7]) histogram.observe(value);
    expect(telemetry.render().split("\n")).toEqual([
      "# HELP a_total A.",
      "# TYPE a_total counter",
      'a_total{site="x\\"y\\n"} 2',
      "# HELP b B.",
      "# TYPE b gauge",
      "b 0.5",
      "# HELP c_seconds C.",
      "# TYPE c_seconds histogram",
      'c_seconds_bucket{w="v",le="0.015"} 1',
      'c_seconds_bucket{w="v",le="1"} 2',
      'c_seconds_bucket{w="v",le="+Inf"} 3',
      'c_seconds_sum{w="v"} 7.0301',
      'c_seconds_count{w="v"} 3',
      "",
    ]);
  });

  it("gives the same instrument for the same name and labels, and none of another kind", () => {
    const telemetry = createPrometheusTelemetry();
    telemetry.counter(metrics.attempts, { site: "a", outcome: "served" }).add(1);
    telemetry.counter(metrics.attempts, { outcome: "served", site: "a" }).add(1);
    expect(telemetry.render()).toContain('disperse_attempts_total{outcome="served",site="a"} 2');
    expect(() => telemetry.gauge(metrics.attempts, { site: "b" })).toThrow(/is a counter/);
  });

  it("tell the same in turns with everything else, however many there are", async () => {
    const telemetry = createPrometheusTelemetry();
    const metric = { name: "a_total", help: "A\nb\\c.", buckets: [0.5, 1] };
    for (let site = 0; site < 20_000; site++) {
      telemetry.counter(metric, { site: `s "${site}"` }).add(site);
      telemetry.histogram({ ...metric, name: "b" }, { site: String(site) }).observe(site);
    }
    let turns = 0;
    let over = false;
    const others = () => void (over || (turns++, setImmediate(others)));
    setImmediate(others);
    const text = await telemetry.renderInTurns();
    over = true;
    expect(text).toBe(telemetry.render());
    expect(await renderMetrics(telemetry.collect())).toBe(text);
    expect(await renderMetrics([...telemetry.collectInPieces()])).toBe(text);
    expect(turns).toBeGreaterThan(3);
  });
});
