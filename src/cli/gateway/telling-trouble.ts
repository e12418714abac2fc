import type { Shelf, Store } from "../../serve/index.ts";
import { fileFault } from "../terminal/file-errors.ts";

/**
 * The same store, which says when it begins to refuse rows and when it takes them again: metrics tell how often, but whoever
 * has to free a disk reads words. Once per outage, however many rows are refused.
 */
export function tellingTrouble<Kept extends Store>(store: Kept, say: (line: string) => void): Kept {
  const told = oncePerOutage((why) =>
    say(
      why === null
        ? "the ledger is written again"
        : `the ledger cannot be written (${why.replace("the ledger could not be written: ", "")}): rows wait in memory; requests are refused when too many do`,
    ),
  );
  return { ...store, append: (rows) => told(() => store.append(rows)) };
}

/** The same shelf, which says when it begins to refuse responses and when it takes them again: their callers learn it only later. */
export function tellingLost<Kept extends Shelf>(shelf: Kept, say: (line: string) => void): Kept {
  const told = oncePerOutage((why) =>
    say(
      why === null
        ? "responses are kept again"
        : `responses cannot be kept (${why}): they are answered all the same, and nobody can go on from them`,
    ),
  );
  return { ...shelf, put: (entry, epochMs) => told(() => shelf.put(entry, epochMs)) };
}

/** Does what it is given; `say` hears why when that begins to fail, and null when it succeeds again. */
function oncePerOutage(say: (why: string | null) => void): <T>(task: () => Promise<T>) => Promise<T> {
  let away = false;
  return async (task) => {
    let done: Awaited<ReturnType<typeof task>>;
    try {
      done = await task();
    } catch (error) {
      if (!away) say(fileFault(error));
      away = true;
      throw error;
    }
    if (away) say(null);
    away = false;
    return done;
  };
}
