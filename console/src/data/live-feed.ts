/** The gateway's decisions as they happen: a ring of the latest, kept outside React so that a busy feed stays cheap. */
import type { LiveEvent } from "../../../src/serve/index.ts";

export type LiveRequest = LiveEvent;

export type LiveState = "connecting" | "open" | "closed";

export interface LiveSnapshot {
  readonly state: LiveState;
  readonly paused: boolean;
  /** Newest first. */
  readonly requests: readonly LiveRequest[];
  /** Since the page was opened. */
  readonly total: number;
  readonly perS: number;
}

export interface LiveFeed {
  readonly subscribe: (listener: () => void) => () => void;
  readonly snapshot: () => LiveSnapshot;
  /** Every request as it arrives, paused or not. */
  readonly onRequest: (listener: (request: LiveRequest) => void) => () => void;
  readonly setPaused: (paused: boolean) => void;
  readonly close: () => void;
}

const ringSize = 500;
/** Views are told at most this often; the eye does not read faster. */
const notifyMs = 250;
const rateWindowMs = 5000;

export function openLiveFeed(path: string): LiveFeed {
  const listeners = new Set<() => void>();
  const requestListeners = new Set<(request: LiveRequest) => void>();
  const ring: LiveRequest[] = [];
  const arrivals: number[] = [];
  let snapshot: LiveSnapshot = { state: "connecting", paused: false, requests: [], total: 0, perS: 0 };
  let total = 0;
  let refreshedMs = Number.NEGATIVE_INFINITY;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const publish = (patch: Partial<LiveSnapshot>): void => {
    snapshot = { ...snapshot, ...patch };
    for (const listener of listeners) listener();
  };
  const refresh = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const now = performance.now();
    refreshedMs = now;
    while (arrivals.length > 0 && arrivals[0]! < now - rateWindowMs) arrivals.shift();
    publish({
      total,
      perS: arrivals.length / (rateWindowMs / 1000),
      requests: snapshot.paused ? snapshot.requests : ring.toReversed(),
    });
    // The rate falls back to zero when nothing more arrives.
    if (arrivals.length > 0) timer = setTimeout(refresh, notifyMs * 2);
  };

  const source = new EventSource(path);
  source.addEventListener("open", () => publish({ state: "open" }));
  source.addEventListener("error", () =>
    publish({ state: source.readyState === EventSource.CLOSED ? "closed" : "connecting" }),
  );
  source.addEventListener("message", (event: MessageEvent<string>) => {
    const batch = parseBatch(event.data);
    total += batch.requests.length + batch.skipped;
    for (const request of batch.requests) {
      arrivals.push(performance.now());
      ring.push(request);
      if (ring.length > ringSize) ring.shift();
      for (const listener of requestListeners) listener(request);
    }
    if (performance.now() - refreshedMs >= notifyMs) refresh();
    else timer ??= setTimeout(refresh, notifyMs);
  });

  return {
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    snapshot: () => snapshot,
    onRequest: (listener) => {
      requestListeners.add(listener);
      return () => requestListeners.delete(listener);
    },
    setPaused: (paused) => publish({ paused, requests: paused ? snapshot.requests : ring.toReversed() }),
    close: () => {
      clearTimeout(timer);
      source.close();
    },
  };
}

/** Requests of one message; anything that is not a batch is empty. */
function parseBatch(text: string): { readonly requests: readonly LiveRequest[]; readonly skipped: number } {
  try {
    const value: { requests?: readonly LiveRequest[]; skipped?: number } | null = JSON.parse(text);
    return { requests: value?.requests ?? [], skipped: value?.skipped ?? 0 };
  } catch {
    return { requests: [], skipped: 0 };
  }
}

/** First token as the user sees it: measured at the gateway plus the modelled round trip; null when none came. */
export function userTtftMs(request: LiveRequest): number | null {
  return request.ttftMs === null ? null : request.ttftMs + (request.networkMs ?? 0);
}
