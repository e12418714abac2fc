/** A measurement with everything needed to doubt it. */
export interface Signal {
  readonly value: number;
  readonly unit: "ms" | "ratio";
  /** When it was measured, on the caller's clock. */
  readonly atMs: number;
  /** Who measured it, for example `vllm:num_requests_waiting` or `emulated`. */
  readonly source: string;
}

/** What is known of one engine. A missing signal is unknown, which is never taken for good. */
export interface EngineSignals {
  /** Expected wait of a new request before its prefill starts, ms. */
  readonly drain?: Signal;
  /** 1 = takes requests, 0 = does not, ratio in between = degraded. */
  readonly health?: Signal;
  /** It takes none for now, for it has all that it takes and nothing else is the matter: it is not out of service. */
  readonly isBusy?: boolean;
  /** It takes none because whoever decides here has no such engine, and never had: nothing is lost. */
  readonly isAbsent?: boolean;
}

/** A lightweight view of the engines, by replica number of the routes; plain data, so decisions can be replayed. */
export interface Snapshot {
  /** Signals older than this are unknown. */
  readonly maxAgeMs: number;
  readonly engines: readonly (EngineSignals | undefined)[];
}

/** How `choose` asks about load. NaN means unknown. Called for few engines per decision, so it may compute lazily. */
export interface LoadView {
  drainMs(replica: number, nowMs: number): number;
  health(replica: number, nowMs: number): number;
  /** Whether an engine that takes no requests is out of service, and neither at the limit of what it takes nor absent. */
  isOut(replica: number, nowMs: number): boolean;
}

/** Reads a snapshot as a load view: stale, missing and non-finite signals become NaN. */
export function loadViewOf(snapshot: Snapshot): LoadView {
  return new SnapshotView(snapshot);
}

/** A class, because one is made for every decision. */
class SnapshotView implements LoadView {
  readonly #engines: Snapshot["engines"];
  readonly #maxAgeMs: number;

  constructor({ engines, maxAgeMs }: Snapshot) {
    this.#engines = engines;
    this.#maxAgeMs = maxAgeMs;
  }

  drainMs(replica: number, nowMs: number): number {
    return this.#read(this.#engines[replica]?.drain, nowMs);
  }

  health(replica: number, nowMs: number): number {
    return this.#read(this.#engines[replica]?.health, nowMs);
  }

  isOut(replica: number, nowMs: number): boolean {
    const engine = this.#engines[replica];
    return this.health(replica, nowMs) === 0 && engine?.isBusy !== true && engine?.isAbsent !== true;
  }

  #read(signal: Signal | undefined, nowMs: number): number {
    return signal !== undefined && nowMs - signal.atMs <= this.#maxAgeMs && Number.isFinite(signal.value)
      ? signal.value
      : Number.NaN;
  }
}
