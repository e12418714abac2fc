import { rollUp, type LedgerRow, type RollUp, type RollUps, type Store } from "../../serve/index.ts";

/**
 * A ledger that lives as long as the process and keeps at most `maxRows`, the newest. Positions keep counting when old
 * rows are dropped, so a reader that falls behind notices a gap instead of reading a row twice. Sums are kept of all.
 */
export function createMemoryStore(maxRows = 100_000): Store & RollUps {
  let rows: LedgerRow[] = [];
  let dropped = 0;
  const sums = new Map<string, RollUp>();
  return {
    async append(added) {
      const given = [...added];
      rows.push(...given);
      rollUp(given, sums);
      // Dropping in large steps keeps the cost per row constant.
      if (rows.length > maxRows * 1.25) {
        const excess = rows.length - maxRows;
        dropped += excess;
        rows = rows.slice(excess);
      }
    },
    async read(from, limit) {
      const start = Math.max(0, from - dropped);
      return rows.slice(start, start + limit);
    },
    async rollUps() {
      return [...sums.values()].sort((one, other) => one.hourEpochMs - other.hourEpochMs);
    },
    async close() {},
  } satisfies Store & RollUps;
}
