import { metrics } from "./metrics.ts";
import type { Telemetry } from "../wire/ports.ts";

/** The gateway's instruments: looked up once per combination of labels and then kept. */
export function createInstruments(telemetry: Telemetry) {
  const labelled = (workload: string, site: string) => ({ workload, site });
  return {
    refusals: kept((code) => telemetry.counter(metrics.refusals, { code })),
    dispatch: telemetry.histogram(metrics.dispatch, {}),
    cache: kept((result) => telemetry.counter(metrics.cache, { result })),
    queued: telemetry.gauge(metrics.queued, {}),
    queueWait: kept((priority) => telemetry.histogram(metrics.queueWait, { priority })),
    handoversRefused: telemetry.counter(metrics.handoversRefused, {}),
    handedOver: keptPair((gateway, outcome) => telemetry.counter(metrics.handovers, { gateway, outcome })),
    shed: kept((priority) => telemetry.counter(metrics.shed, { priority })),
    inFlight: telemetry.gauge(metrics.inFlight, {}),
    /** Gauges of one real engine. */
    engine: keptPair((workload, site) => {
      const labels = labelled(workload, site);
      return {
        age: telemetry.gauge(metrics.engineSignalAge, labels),
        drain: telemetry.gauge(metrics.engineDrain, labels),
        running: telemetry.gauge(metrics.engineRequests, { ...labels, state: "running" }),
        waiting: telemetry.gauge(metrics.engineRequests, { ...labels, state: "waiting" }),
        kvUsage: telemetry.gauge(metrics.engineKvUsage, labels),
        health: telemetry.gauge(metrics.engineHealth, labels),
      };
    }),
    /** Instruments of one workload at one site; the site is empty for requests that reached none. */
    at: keptPair((workload, site) => {
      const labels = labelled(workload, site);
      return {
        requests: kept((outcome) => telemetry.counter(metrics.requests, { ...labels, outcome })),
        attempts: kept((outcome) => telemetry.counter(metrics.attempts, { ...labels, outcome })),
        ttft: telemetry.histogram(metrics.ttft, labels),
        duration: telemetry.histogram(metrics.duration, labels),
        input: telemetry.counter(metrics.tokens, { ...labels, kind: "input" }),
        cached: telemetry.counter(metrics.tokens, { ...labels, kind: "cached" }),
        output: telemetry.counter(metrics.tokens, { ...labels, kind: "output" }),
        egress: telemetry.counter(metrics.egress, labels),
        charge: telemetry.counter(metrics.charge, labels),
      };
    }),
  };
}

export type Instruments = ReturnType<typeof createInstruments>;

function kept<Made>(make: (key: string) => Made): (key: string) => Made {
  const made = new Map<string, Made>();
  // Most of the time it is the one that was asked for last.
  let lastKey: string | undefined;
  let last: Made | undefined;
  return (key) => {
    if (key === lastKey) return last!;
    let value = made.get(key);
    if (value === undefined) {
      value = make(key);
      made.set(key, value);
    }
    lastKey = key;
    last = value;
    return value;
  };
}

function keptPair<Made>(make: (one: string, other: string) => Made): (one: string, other: string) => Made {
  const outer = kept((one) => kept((other) => make(one, other)));
  return (one, other) => outer(one)(other);
}
