/**
 * What `serve` needs from the world outside: a few narrow ports, plain data in and out. Adapters implement them; the
 * gateway never sees a socket, a file or a clock of its own.
 */
import type { LedgerRow } from "../ledger/ledger.ts";
import type { RollUp } from "../ledger/roll-up.ts";

/**
 * Text in which every character stands for one byte (Latin-1). Response bodies travel in this form from the engine's
 * socket to the client's: it costs one copy to make, can be searched and cut like any string, and is written back
 * without decoding. Never show it to a person.
 */
export type ByteText = string;

/** A running inference server, or something that behaves like one. */
export interface Engine {
  /** Begins a generation. No event is delivered before `start` has returned. */
  start(request: EngineRequest, events: EngineEvents): EngineRun;
  /** What is known about the engine's load now. */
  signals(): EngineSignals;
  /** Lets running generations go and frees sockets and timers. */
  close(): Promise<void>;
}

/** An engine and what the gateway must know about it. */
export interface EngineBinding {
  readonly engine: Engine;
  readonly emulated: boolean;
  /** The engine's own name for the model. */
  readonly model: string;
  /** The engine can go on from the beginning of an answer (`continue_final_message`, as in vLLM and SGLang). */
  readonly continues?: boolean;
  /** Requests the engine takes at once; beyond, they wait here, in order. Absent = no limit known. */
  readonly maxInFlight?: number;
  /** Several servers stand behind the engine, so that asking it again may meet another one. */
  readonly severalServers?: boolean;
  /** Another gateway holds the engine; absent = this one does. */
  readonly told?: ToldEngines;
}

export interface EngineRequest {
  readonly requestId: string;
  /** Path below the server's root, for example `/v1/chat/completions`. */
  readonly path: string;
  /** The body for the engine: JSON in ordinary text, or `ByteText` when `contentType` is given. */
  readonly body: string;
  /** Of a body that is not JSON: a form with its boundary. */
  readonly contentType?: string | undefined;
  readonly stream: boolean;
  /** Requests with the same key begin alike and are better served by the same server; opaque, holds no text of a prompt. */
  readonly affinityKey?: string | number | undefined;
  /** Estimated from the text; the engine's own count wins later. */
  readonly inputTokens: number;
  /** Limit the caller set on output tokens; null = the engine's own. */
  readonly maxOutputTokens: number | null;
  /** What the workload is planned with. Real engines have no use for it; emulated ones answer accordingly. */
  readonly planned: { readonly outputTokens: number; readonly prefixHitRatio: number };
  /** For engines that another gateway holds. */
  readonly handover?: Handover | undefined;
}

export interface EngineEvents {
  head(head: EngineHead): void;
  data(bytes: ByteText): void;
  /** The last event of a run: null after a complete response, else what broke. Not sent after `cancel`. */
  end(failure: EngineFailure | null): void;
}

export interface EngineHead {
  readonly status: number;
  readonly contentType: string;
  /** From a `Retry-After` header, ms; null when absent or unreadable. */
  readonly retryAfterMs: number | null;
}

export interface EngineFailure {
  readonly kind: "connect" | "reset" | "early-close" | "protocol";
  /** For logs and metrics; carries no prompt, no key and no address. */
  readonly message: string;
}

/** A generation in progress. Every method may be called at any time and repeatedly. */
export interface EngineRun {
  /**
   * Stops the generation and frees what it holds. `inVain`: because the server fell silent or answered nonsense, which
   * speaks against it as a failure of its own would.
   */
  cancel(inVain?: boolean): void;
  pause(): void;
  resume(): void;
}

/** Load of an engine. NaN stands for unknown; an unknown signal is never treated as a good one. */
export interface EngineSignals {
  readonly source: "engine" | "scrape" | "none";
  /** Reading of `Clock.monotonicMs` when the values were true. */
  readonly atMs: number;
  /** When it last said anything, on the same clock: of several servers the one heard last. `atMs` when left out. */
  readonly heardMs?: number;
  readonly runningRequests: number;
  readonly waitingRequests: number;
  /** Time until a request that arrives now would begin its prefill. */
  readonly drainMs: number;
  /** Share of the KV memory in use, 0 to 1. */
  readonly kvUsageRatio: number;
}

/** Of an engine that tells nothing. */
export const unknownSignals: EngineSignals = {
  source: "none",
  atMs: Number.NaN,
  runningRequests: Number.NaN,
  waitingRequests: Number.NaN,
  drainMs: Number.NaN,
  kvUsageRatio: Number.NaN,
};

/**
 * The control network between the gateways of one mesh: short texts, at most once each and in any order. It may be away,
 * hang, or be read by others: what is said there is signed, and holds no key, no account and nothing of a request.
 */
export interface Mesh {
  /** Tells all gateways, this one among them. Never throws; what cannot be sent now is forgotten, for a newer text follows soon. */
  publish(text: string): void;
  /** `heard` gets every text from now on; the returned function ends that. */
  listen(heard: (text: string) => void): () => void;
  close(): Promise<void>;
}

/** Signs what this gateway says and checks what others say (Ed25519). */
export interface Seal {
  /** Seal of a text; printable ASCII without spaces. */
  seal(text: string): string;
  /** Whether `seal` is that of `gateway` on `text`; false for gateways nobody knows. */
  holds(gateway: string, text: string, seal: string): boolean;
  /** Digest of a body as it goes over the wire: ordinary text in UTF-8, or `ByteText` when `isBytes`. */
  digest(body: string, isBytes: boolean): string;
}

/** Engines that another gateway holds, as its reports tell of them. */
export interface ToldEngines {
  /** 1 = takes requests, 0 = does not, NaN = unknown. */
  healthRatio(nowMs: number): number;
  /** It has all that it takes, with `inFlight` requests of this gateway there. */
  isFull(inFlight: number, nowMs: number): boolean;
}

/** What the gateway that holds an engine must know of a request that is handed over to it. */
export interface Handover {
  readonly workload: string;
  readonly area: string;
  readonly access: string;
  /** The one place where it may be served: judged by law and budget where it came in. */
  readonly site: string;
  /** Who pays, where it came in; null without keys. The key itself stays there. */
  readonly account: string | null;
  readonly slo: string;
  readonly priority: string;
  /** Since it came in, ms. */
  readonly waitedMs: number;
  /** 1 for the first attempt of the request. */
  readonly attempt: number;
  /** It may be served beyond its budget, because engines within it are out of service. */
  readonly afterLoss: boolean;
  /** The caller's W3C `traceparent`; null when it sent none. */
  readonly traceparent: string | null;
}

/** Rows on their way to a store. */
export type LedgerRows = Iterable<LedgerRow> & { readonly length: number };

/** The ledger's home. Rows are small and many; `append` may group them. */
export interface Store {
  /** Takes rows over, which are there until the promise settles: when they are safe. */
  append(rows: LedgerRows): Promise<void>;
  /** Rows in the order they were taken, from position `from` on. */
  read(from: number, limit: number): Promise<readonly LedgerRow[]>;
  close(): Promise<void>;
}

/** Sums of the ledger, kept beside its rows: what reports, budgets and the console read. */
export interface RollUps {
  /** Every roll-up there is, older hours first. */
  rollUps(): Promise<readonly RollUp[]>;
}

/**
 * Where uploads and the results of batches are kept. Names are made by the gateway: letters, digits, `-`, `_` and `.`,
 * never a caller's word.
 */
export interface FileStore {
  /** Adds bytes to the end of a file, which comes into being with its first; settles when they are safe. */
  append(name: string, bytes: ByteText): Promise<void>;
  /**
   * At most `bytes` of a file from position `from` on, fewer only at its end; the whole of it when they are left out.
   * Null when there is no such file.
   */
  read(name: string, from?: number, bytes?: number): Promise<ByteText | null>;
  /** Removes a file; one that is not there is no failure. */
  remove(name: string): Promise<void>;
}

/** A text that is kept for a while. Names belong to their owner: two owners may use the same one. */
export interface ShelfEntry {
  readonly owner: string;
  readonly name: string;
  readonly text: string;
  /** Milliseconds since 1970 UTC after which it is not there any more. */
  readonly expiresEpochMs: number;
  /** The text goes behind what is there under its name, and nowhere when nothing is: a place many may write to at once. */
  readonly behind?: boolean;
}

/** Keeps texts for a while, within bounds: when it is full, whoever holds most loses what is oldest of theirs. */
export interface Shelf {
  /**
   * Takes an entry over, in place of one of the same name or behind it; settles when it can be found, with false when
   * there was nothing to go behind. `epochMs`: now.
   */
  put(entry: ShelfEntry, epochMs: number): Promise<boolean>;
  get(owner: string, name: string, epochMs: number): Promise<string | null>;
  /** False when there was none. */
  remove(owner: string, name: string): Promise<boolean>;
}

export interface Clock {
  /** Never goes back; only differences mean something. */
  monotonicMs(): number;
  /** Milliseconds since 1970 UTC, for records. */
  epochMs(): number;
  /** Calls `task` once, not before `delayMs` have passed. Returns a function that forgets it. */
  schedule(delayMs: number, task: () => void): () => void;
}

/** Where measurements go. Instruments are asked for once and kept: using one must cost nanoseconds. */
export interface Telemetry {
  counter(metric: Metric, labels: Labels): { add(amount: number): void };
  gauge(metric: Metric, labels: Labels): { set(value: number): void };
  histogram(metric: Metric, labels: Labels): { observe(value: number): void };
}

export interface Metric {
  readonly name: string;
  readonly help: string;
  /** Upper bounds of the buckets, rising; histograms only. */
  readonly buckets?: readonly number[];
}

export type Labels = Readonly<Record<string, string>>;
