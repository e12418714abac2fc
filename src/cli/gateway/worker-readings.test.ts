import { expect, it } from "vitest";
import { createPrometheusTelemetry } from "../../adapters/telemetry-prometheus/index.ts";
import { WorkerReadings } from "./worker-readings.ts";

const served = { name: "served_total", help: "" };
const running = { name: "running", help: "" };

function reading(count: number, now: number) {
  const telemetry = createPrometheusTelemetry();
  telemetry.counter(served, {}).add(count);
  telemetry.gauge(running, {}).set(now);
  return [...telemetry.collectInPieces()];
}

it("lets no count fall when a worker is silent, ends or begins again", () => {
  const readings = new WorkerReadings();
  const seen = (silent: number[] = []) =>
    Object.fromEntries(
      readings
        .merged(new Set(silent))
        .map(({ metric, series }) => [metric.name, series.map(({ labels, value }) => [labels["worker"], value])]),
    );
  readings.told(1, reading(10, 3));
  readings.told(2, reading(5, 1));
  expect(seen()).toMatchObject({
    served_total: [[undefined, 15]],
    running: [
      ["1", 3],
      ["2", 1],
    ],
  });
  expect(seen([2])).toMatchObject({ served_total: [[undefined, 15]], running: [["1", 3]] });

  readings.ended(2);
  expect(seen()).toMatchObject({ served_total: [[undefined, 15]], running: [["1", 3]] });
  readings.told(2, reading(2, 4));
  readings.ended(2);
  readings.told(2, reading(1, 0));
  expect(seen()).toMatchObject({ served_total: [[undefined, 18]] });
});
