import type { Shelf, ShelfEntry } from "../../serve/index.ts";

/** Bytes counted for an entry besides its text: names, dates and the maps around them. */
const entryBytes = 200;

/** Keeps texts as long as the process lives, at most `maxBytes` of them (two bytes a character). */
export function createMemoryShelf(maxBytes: number): Shelf {
  /** Entries by owner, oldest first. */
  const owners = new Map<string, { bytes: number; readonly entries: Map<string, ShelfEntry> }>();
  let bytes = 0;

  const take = (owner: string, name: string): boolean => {
    const held = owners.get(owner);
    const entry = held?.entries.get(name);
    if (!held || !entry) return false;
    held.entries.delete(name);
    held.bytes -= sizeOf(entry);
    bytes -= sizeOf(entry);
    if (held.entries.size === 0) owners.delete(owner);
    return true;
  };
  const makeRoom = () => {
    while (bytes > maxBytes) {
      const [owner, { entries }] = [...owners].reduce((most, other) => (other[1].bytes > most[1].bytes ? other : most));
      take(owner, entries.keys().next().value!);
    }
  };
  return {
    async put({ behind, ...entry }, epochMs) {
      const before = owners.get(entry.owner)?.entries.get(entry.name);
      if (behind) {
        if (before === undefined || before.expiresEpochMs <= epochMs) return false;
        entry = { ...entry, text: before.text + entry.text };
      }
      take(entry.owner, entry.name);
      if (sizeOf(entry) > maxBytes) return true;
      let held = owners.get(entry.owner);
      if (!held) owners.set(entry.owner, (held = { bytes: 0, entries: new Map() }));
      held.entries.set(entry.name, entry);
      held.bytes += sizeOf(entry);
      bytes += sizeOf(entry);
      makeRoom();
      return true;
    },
    async get(owner, name, epochMs) {
      const entry = owners.get(owner)?.entries.get(name);
      if (entry === undefined) return null;
      if (entry.expiresEpochMs > epochMs) return entry.text;
      take(owner, name);
      return null;
    },
    remove: async (owner, name) => take(owner, name),
  } satisfies Shelf;
}

function sizeOf({ owner, name, text }: ShelfEntry): number {
  return 2 * (owner.length + name.length + text.length) + entryBytes;
}
