import type { World } from "../../catalog/index.ts";
import type { Routes } from "../../route/index.ts";

/** Which requests to write down: those sent in a window, up to a number. */
export interface TraceWindow {
  readonly fromS: number;
  readonly toS: number;
  readonly maxRequests: number;
}

/** One event of the Trace Event Format (the Chromium project), as `chrome://tracing` and Perfetto read it. Times in µs. */
export interface ChromeTraceEvent {
  readonly name: string;
  readonly ph: "b" | "e" | "M";
  readonly cat?: string;
  readonly id?: number;
  readonly ts?: number;
  readonly pid: number;
  readonly tid: number;
  readonly args?: Readonly<Record<string, string | number>>;
}

export interface ChromeTrace {
  readonly displayTimeUnit: "ms";
  readonly traceEvents: readonly ChromeTraceEvent[];
}

export interface TracedRequest {
  readonly serial: number;
  readonly workload: number;
  readonly replica: number;
  readonly arrivalMs: number;
  readonly readyMs: number;
  readonly scheduledMs: number;
  readonly firstTokenMs: number;
  readonly finishedMs: number;
  readonly rttMs: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly preemptions: number;
}

/** Writes the stages of single requests as asynchronous spans: a process per site, a thread per engine. */
export class ChromeTraceRecorder {
  readonly #world: World;
  readonly #routes: Routes;
  readonly #window: TraceWindow;
  readonly #spans: ChromeTraceEvent[] = [];
  readonly #replicas = new Set<number>();
  #requests = 0;

  constructor(world: World, routes: Routes, window: TraceWindow) {
    this.#world = world;
    this.#routes = routes;
    this.#window = window;
  }

  wants(arrivalMs: number): boolean {
    const { fromS, toS, maxRequests } = this.#window;
    return arrivalMs >= fromS * 1000 && arrivalMs < toS * 1000 && this.#requests < maxRequests;
  }

  record(request: TracedRequest): void {
    this.#requests++;
    this.#replicas.add(request.replica);
    const { site } = this.#routes.groups[this.#routes.groupOfReplica[request.replica]!]!;
    const name = this.#world.workloads[request.workload]!.id;
    const place = { cat: "request", id: request.serial, pid: site, tid: request.replica };
    const span = (stage: string, fromMs: number, toMs: number, args?: ChromeTraceEvent["args"]) => {
      this.#spans.push({ name: stage, ph: "b", ts: fromMs * 1000, ...place, ...(args ? { args } : {}) });
      this.#spans.push({ name: stage, ph: "e", ts: toMs * 1000, ...place });
    };
    const backMs = request.rttMs / 2;
    const { inputTokens, outputTokens, preemptions } = request;
    span(name, request.arrivalMs, request.finishedMs + backMs, { inputTokens, outputTokens, preemptions });
    span("network and front end", request.arrivalMs, request.readyMs);
    span("queue", request.readyMs, request.scheduledMs);
    span("prefill", request.scheduledMs, request.firstTokenMs);
    if (outputTokens > 1) span("decode", request.firstTokenMs, request.finishedMs);
    span("network back", request.finishedMs, request.finishedMs + backMs);
  }

  /** Everything recorded, in the order of time. */
  trace(): ChromeTrace {
    const names: ChromeTraceEvent[] = [];
    const sites = new Set<number>();
    for (const replica of [...this.#replicas].toSorted((a, b) => a - b)) {
      const group = this.#routes.groups[this.#routes.groupOfReplica[replica]!]!;
      const site = this.#world.sites[group.site]!;
      if (!sites.has(group.site)) {
        sites.add(group.site);
        const label = `${site.name} (${site.tier})`;
        names.push({ name: "process_name", ph: "M", pid: group.site, tid: 0, args: { name: label } });
      }
      const label = `${this.#world.modules[group.module]!.name} engine ${replica - group.firstReplica}`;
      names.push({ name: "thread_name", ph: "M", pid: group.site, tid: replica, args: { name: label } });
    }
    return { displayTimeUnit: "ms", traceEvents: [...names, ...this.#spans.toSorted((a, b) => a.ts! - b.ts!)] };
  }
}
