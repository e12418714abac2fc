import type { DrainChange, Drains } from "./drains.ts";

/** The latest word on one place: whether it is taken out, and how late that word is. */
export interface DrainEntry {
  readonly site: string;
  /** Null = every engine of the site. */
  readonly workload: string | null;
  /** The larger one holds; of two that are the same, that of the later name. */
  readonly version: number;
  /** Gateway whose operator said it. */
  readonly by: string;
  /** Null = put back in. */
  readonly out: { readonly sinceEpochMs: number; readonly reason: string | null } | null;
}

export interface DrainGossipParts {
  readonly drains: Drains;
  readonly self: string;
  readonly epochMs: () => number;
  /** Whether a gateway speaks for a site: one of the same owner as it. */
  readonly speaksFor: (gateway: string, site: string) => boolean;
}

/**
 * Makes what an operator told one gateway known to all. Each tells all it knows with every report, so that who was cut off or
 * started anew knows it a moment later; the latest word on a place holds, whatever order words come in.
 */
export class DrainGossip {
  readonly #parts: DrainGossipParts;
  readonly #entries = new Map<string, DrainEntry>();
  #latest = 0;
  #merging = false;

  constructor(parts: DrainGossipParts) {
    this.#parts = parts;
  }

  get entries(): DrainEntry[] {
    return [...this.#entries.values()];
  }

  /** An operator told this gateway; false for changes that came from another one. */
  changed(change: DrainChange): boolean {
    if (this.#merging) return false;
    const { site, workload } = change.kind === "add" ? change.drain : change;
    // A clock that is behind must not make a later word count less than the one it answers.
    this.#latest = Math.max(this.#latest + 1, this.#parts.epochMs());
    const out = change.kind === "add" ? { sinceEpochMs: change.drain.sinceEpochMs, reason: change.drain.reason } : null;
    this.#keep({ site, workload, version: this.#latest, by: this.#parts.self, out });
    return true;
  }

  /** Takes over what another gateway knows and this one does not. */
  merge(from: string, entries: readonly DrainEntry[]): void {
    const { drains, speaksFor } = this.#parts;
    for (const entry of entries) {
      const known = this.#entries.get(keyOf(entry));
      if ((known && !isLater(entry, known)) || !speaksFor(from, entry.site)) continue;
      this.#keep(entry);
      this.#latest = Math.max(this.#latest, entry.version);
      const { site, workload, out } = entry;
      this.#merging = true;
      try {
        // Since when and why may be others than before.
        drains.remove(site, workload);
        if (out !== null) drains.add({ site, workload, ...out });
      } finally {
        this.#merging = false;
      }
    }
  }

  #keep(entry: DrainEntry): void {
    this.#entries.set(keyOf(entry), entry);
  }
}

function keyOf({ site, workload }: DrainEntry): string {
  return JSON.stringify([site, workload]);
}

function isLater(one: DrainEntry, other: DrainEntry): boolean {
  return one.version === other.version ? one.by > other.by : one.version > other.version;
}
