import type { World } from "../../catalog/index.ts";
import type { Drains } from "../mesh/drains.ts";
import { metrics } from "./metrics.ts";
import type { GroupState } from "../mesh/mesh-state.ts";
import type { Telemetry } from "../wire/ports.ts";

type Gauge = ReturnType<Telemetry["gauge"]>;

/** Shows what runs at each place, real and emulated engines alike, and at what operators have taken out. */
export class WorkGauges {
  readonly #world: World;
  readonly #telemetry: Telemetry;
  readonly #inFlight = new Map<string, Gauge>();
  readonly #drained = new Map<string, Gauge>();

  constructor(world: World, telemetry: Telemetry) {
    this.#world = world;
    this.#telemetry = telemetry;
  }

  show(groups: readonly GroupState[], drains: Drains): void {
    const running = new Map<string, number>([...this.#inFlight.keys()].map((key) => [key, 0]));
    for (const { group, inFlight } of groups) {
      const site = this.#world.sites[group.site]!.id;
      const workload = this.#world.workloads[group.workloads[0]!]!.id;
      const key = JSON.stringify([site, workload]);
      // A place that never had work is left out: a mesh has thousands of them.
      if (inFlight > 0 || running.has(key)) running.set(key, (running.get(key) ?? 0) + inFlight);
    }
    for (const [key, count] of running) this.#gauge(this.#inFlight, key, metrics.engineInFlight).set(count);
    const left = new Map<string, number>([...this.#drained.keys()].map((key) => [key, Number.NaN]));
    for (const drain of drains.all) left.set(JSON.stringify([drain.site, drain.workload ?? ""]), drains.running(drain));
    for (const [key, count] of left) this.#gauge(this.#drained, key, metrics.drainedRunning).set(count);
  }

  #gauge(gauges: Map<string, Gauge>, key: string, metric: Parameters<Telemetry["gauge"]>[0]): Gauge {
    let gauge = gauges.get(key);
    if (!gauge) {
      const [site, workload] = JSON.parse(key) as [string, string];
      gauges.set(key, (gauge = this.#telemetry.gauge(metric, { site, workload })));
    }
    return gauge;
  }
}
