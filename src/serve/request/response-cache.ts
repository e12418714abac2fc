import type { Target } from "../../route/index.ts";
import type { LedgerRow } from "../ledger/ledger.ts";
import type { ByteText } from "../wire/ports.ts";

/** An answer as it went to its first caller. */
export interface CachedAnswer {
  readonly contentType: string;
  readonly body: ByteText;
  /** How it was metered when it was made. */
  readonly row: LedgerRow;
  readonly target: Target;
  readonly budgetMs: number;
  readonly storedMs: number;
}

export interface ResponseCacheOptions {
  /** What all answers and their requests may take, bytes; 0 = nothing is kept. */
  readonly cacheBytes: number;
  readonly cacheTtlMs: number;
}

/** Share of the cache one answer may take. */
const largestShare = 1 / 16;
/** Bytes an entry takes besides its texts, roughly. */
const entryBytes = 1_000;

/**
 * Answers to requests that were asked before, byte for byte the same, by the same account, for the same workload and
 * from the same country: so neither another tenant nor another law ever meets them. The one not used longest goes first.
 */
export class ResponseCache {
  readonly #options: ResponseCacheOptions;
  readonly #entries = new Map<string, CachedAnswer>();
  #bytes = 0;

  constructor(options: ResponseCacheOptions) {
    this.#options = options;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The longest answer worth collecting, bytes. */
  get largestBytes(): number {
    return this.#options.cacheBytes * largestShare;
  }

  /** Whether a request takes part: what always has the same answer does, everything else when it asks for it. */
  takes(asked: string | undefined, deterministic: boolean): boolean {
    if (this.#options.cacheBytes <= 0) return false;
    if (asked === "use") return true;
    return deterministic && asked === undefined;
  }

  get(key: string, nowMs: number): CachedAnswer | null {
    const found = this.#entries.get(key);
    if (found === undefined) return null;
    this.#entries.delete(key);
    if (nowMs - found.storedMs > this.#options.cacheTtlMs) {
      this.#bytes -= sizeOf(key, found);
      return null;
    }
    this.#entries.set(key, found);
    return found;
  }

  put(key: string, answer: CachedAnswer): void {
    const size = sizeOf(key, answer);
    if (size > this.largestBytes) return;
    const before = this.#entries.get(key);
    if (before !== undefined) this.#bytes -= sizeOf(key, before);
    this.#entries.delete(key);
    this.#entries.set(key, answer);
    this.#bytes += size;
    for (const [oldest, entry] of this.#entries) {
      if (this.#bytes <= this.#options.cacheBytes) break;
      this.#entries.delete(oldest);
      this.#bytes -= sizeOf(oldest, entry);
    }
  }
}

/** Everything an answer may depend on or must not be seen beyond. The body is the last part, so nothing in it can look like another. */
export function cacheKey(account: string, workload: string, country: string, path: string, body: string): string {
  return JSON.stringify([account, workload, country, path]) + body;
}

function sizeOf(key: string, { body }: CachedAnswer): number {
  return 2 * key.length + body.length + entryBytes;
}
