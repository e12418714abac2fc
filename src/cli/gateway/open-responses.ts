import { createMemoryShelf } from "../../adapters/shelf-memory/index.ts";
import { createSqliteShelf } from "../../adapters/shelf-sqlite/index.ts";
import { ResponseDesk, type Clock } from "../../serve/index.ts";
import { CommandFailure, exitCodes } from "../terminal/exit-codes.ts";
import { tellingLost } from "./telling-trouble.ts";

export interface ResponseSettings {
  /** `memory`, or an SQLite file. */
  readonly place: string;
  /** Country where that is, ISO 3166-1 alpha-2; null = the law on keeping data is not asked. */
  readonly country: string | null;
  readonly ttlS: number;
  readonly maxBytes: number;
}

/** Word for responses that live as long as the process. */
export const inMemory = "memory";

/** Opens the place where responses are kept; ends the command when it cannot be used. */
export async function openResponses(
  { place, country, ttlS, maxBytes }: ResponseSettings,
  clock: Clock,
  say: (line: string) => void,
): Promise<{ readonly desk: ResponseDesk; readonly close: () => Promise<void> }> {
  if (country !== null && !/^[A-Z]{2}$/.test(country)) {
    throw new CommandFailure(exitCodes.invalid, `--responses-country: "${country}" is no country code such as DE.`);
  }
  const options = { country, ttlS };
  if (place === inMemory) {
    const desk = new ResponseDesk({ shelf: createMemoryShelf(maxBytes), clock, options });
    return { desk, close: async () => {} };
  }
  const shelf = createSqliteShelf(place, maxBytes);
  try {
    await shelf.opened;
  } catch (error) {
    await shelf.close();
    const why = error instanceof Error ? error.message : "unknown error";
    throw new CommandFailure(
      exitCodes.invalid,
      `--responses: ${place} cannot be used (${why}). Name a file this user may write, or "${inMemory}".`,
    );
  }
  return { desk: new ResponseDesk({ shelf: tellingLost(shelf, say), clock, options }), close: () => shelf.close() };
}
