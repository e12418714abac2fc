import type { Store } from "../../serve/index.ts";
import { fileFault } from "../terminal/file-errors.ts";

/**
 * The same store, which says when it begins to refuse rows and when it takes them again: metrics tell how often, but whoever
 * has to free a disk reads words. Once per outage, however many rows are refused.
 */
export function tellingTrouble<Kept extends Store>(store: Kept, say: (line: string) => void): Kept {
  let away = false;
  return {
    ...store,
    async append(rows) {
      try {
        await store.append(rows);
      } catch (error) {
        if (!away) {
          const why = fileFault(error).replace("the ledger could not be written: ", "");
          say(`the ledger cannot be written (${why}): rows wait in memory; requests are refused when too many do`);
        }
        away = true;
        throw error;
      }
      if (away) say("the ledger is written again");
      away = false;
    },
  };
}
