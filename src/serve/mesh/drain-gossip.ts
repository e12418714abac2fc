import type { Seal } from "../wire/ports.ts";
import type { DrainChange, Drains } from "./drains.ts";

/** The latest word on one place: whether it is taken out, and how late that word is. */
export interface DrainEntry {
  readonly site: string;
  /** Null = every engine of the site. */
  readonly workload: string | null;
  /** The larger one holds; of two that are the same, that of the later name. */
  readonly version: number;
  /** Gateway whose operator said it, and its seal: others pass the word on, and it comes back to who was started anew. */
  readonly by: string;
  readonly seal: string;
  /** Null = put back in. */
  readonly out: { readonly sinceEpochMs: number; readonly reason: string | null } | null;
}

export interface DrainGossipParts {
  readonly drains: Drains;
  readonly self: string;
  readonly epochMs: () => number;
  readonly seal: Pick<Seal, "seal" | "holds">;
  /** Whether a gateway speaks for a site: one of the same owner as it. */
  readonly speaksFor: (gateway: string, site: string) => boolean;
  /** Whether the plan has such a place: words on others would be kept and told for ever. */
  readonly knows: (site: string, workload: string | null) => boolean;
}

/** Stands before what is sealed, so that no seal on one kind of message holds on another. */
const kind = "disperse drain v1\n";

/**
 * Makes what an operator told one gateway known to all. Each tells all it knows with every report, so that who was cut off or
 * started anew knows it a moment later; the latest word on a place holds, whatever order words come in.
 */
export class DrainGossip {
  readonly #parts: DrainGossipParts;
  readonly #entries = new Map<string, DrainEntry>();
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
    const { self, seal, epochMs } = this.#parts;
    const { site, workload } = change.kind === "add" ? change.drain : change;
    // A clock that is behind must not make a later word count less than the one it answers. That of another place is no measure: it
    // may be somebody else's, who counts as he likes.
    const version = Math.max((this.#entries.get(keyOf({ site, workload }))?.version ?? 0) + 1, epochMs());
    const out = change.kind === "add" ? { sinceEpochMs: change.drain.sinceEpochMs, reason: change.drain.reason } : null;
    const word = { site, workload, version, by: self, out };
    this.#keep({ ...word, seal: seal.seal(textOf(word)) });
    return true;
  }

  /** Takes over what another gateway knows and this one does not, whoever said it first. */
  merge(entries: readonly DrainEntry[]): void {
    for (const entry of entries) {
      const known = this.#entries.get(keyOf(entry));
      if ((known && !isLater(entry, known)) || !this.#counts(entry)) continue;
      this.#keep(entry);
      this.#follow(entry);
    }
  }

  #counts(entry: DrainEntry): boolean {
    const { seal, speaksFor, knows } = this.#parts;
    const { site, workload, by } = entry;
    return knows(site, workload) && speaksFor(by, site) && seal.holds(by, textOf(entry), entry.seal);
  }

  #follow({ site, workload, out }: DrainEntry): void {
    const { drains } = this.#parts;
    this.#merging = true;
    try {
      // Since when and why may be others than before.
      drains.remove(site, workload);
      if (out !== null) drains.add({ site, workload, ...out });
    } finally {
      this.#merging = false;
    }
  }

  #keep(entry: DrainEntry): void {
    this.#entries.set(keyOf(entry), entry);
  }
}

/** What is sealed of a word. */
function textOf({ site, workload, version, by, out }: Omit<DrainEntry, "seal">): string {
  return kind + JSON.stringify([site, workload, version, by, out?.sinceEpochMs, out?.reason]);
}

function keyOf({ site, workload }: Pick<DrainEntry, "site" | "workload">): string {
  return JSON.stringify([site, workload]);
}

function isLater(one: DrainEntry, other: DrainEntry): boolean {
  return one.version === other.version ? one.by > other.by : one.version > other.version;
}
