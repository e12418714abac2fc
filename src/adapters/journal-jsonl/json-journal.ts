import { createWriteStream, openSync } from "node:fs";
import type { Writable } from "node:stream";
import type { Journal, RequestRecord } from "../../serve/index.ts";

export interface JsonJournalOptions {
  /** File that lines are added to; `-` = standard output. */
  readonly path: string;
  /** Lines that may wait for a slow disk, bytes; beyond, they are dropped and counted. */
  readonly maxWaitingBytes?: number;
}

/**
 * An access log: one JSON object a line for every request that is over. No prompt, no answer, no key, no address of the
 * caller. Throws when the file cannot be opened.
 */
export function createJsonJournal({ path, maxWaitingBytes = 16 * 1024 * 1024 }: JsonJournalOptions): Journal {
  // Opened at once, so that a wrong path is told at the start and not in the middle of the night.
  const stream: Writable = path === "-" ? process.stdout : createWriteStream(path, { fd: openSync(path, "a") });
  let dropped = 0;
  // A log that cannot be written must not take the service down; what is missing is counted in the next line.
  stream.on("error", () => void dropped++);
  return {
    note(record) {
      if (stream.writableLength > maxWaitingBytes) {
        dropped++;
        return;
      }
      stream.write(`${JSON.stringify(lineOf(record, dropped))}\n`);
      dropped = 0;
    },
    async close() {
      if (stream === process.stdout) return;
      await new Promise<void>((resolve) => stream.end(resolve));
    },
  } satisfies Journal;
}

function lineOf(record: RequestRecord, droppedLines: number) {
  const { epochMs, traceparent, durationMs, ttftMs, attempts, ...rest } = record;
  const last = attempts.at(-1);
  return {
    time: new Date(epochMs).toISOString(),
    ...rest,
    traceId: traceparent?.split("-")[1] ?? null,
    status: last?.status ?? null,
    durationMs: rounded(durationMs),
    ttftMs: rounded(ttftMs),
    inputTokens: last?.inputTokens ?? 0,
    cachedTokens: last?.cachedTokens ?? 0,
    outputTokens: last?.outputTokens ?? 0,
    responseBytes: attempts.reduce((sum, { responseBytes }) => sum + responseBytes, 0),
    attempts: attempts.map(({ number, site, outcome, status, ttftMs: firstMs, durationMs: tookMs }) => ({
      number,
      site,
      outcome,
      status,
      ttftMs: rounded(firstMs),
      durationMs: rounded(tookMs),
    })),
    ...(droppedLines > 0 && { droppedLines }),
  };
}

/** Microseconds are enough for a person to read. */
function rounded(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms * 1_000) / 1_000;
}
