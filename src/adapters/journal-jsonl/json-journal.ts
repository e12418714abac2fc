import { closeSync, createWriteStream, fstatSync, openSync, readSync, stat, statSync, type Stats } from "node:fs";
import { performance } from "node:perf_hooks";
import type { Writable } from "node:stream";
import type { Journal, RequestRecord } from "../../serve/index.ts";

export interface JsonJournalOptions {
  /** File that lines are added to; `-` = standard output. */
  readonly path: string;
  /** Lines that may wait for a slow disk, bytes; beyond, they are dropped and counted. */
  readonly maxWaitingBytes?: number;
  /** How long a file that could not be written is left alone before it is opened again, ms. */
  readonly retryMs?: number;
  /** How often is looked whether the file is still the one at its path, ms. */
  readonly lookMs?: number;
  /** Called once whenever lines begin to be lost. */
  readonly onTrouble?: (error: Error) => void;
}

/** How long a file that could not be written is left alone, ms. */
const usualRetryMs = 1_000;
const usualLookMs = 1_000;

/**
 * An access log: one JSON object a line for every request that is over. No prompt, no answer, no key, no address of the
 * caller. A file that cannot be written (a full disk) is opened again after a while; lines that are missing are counted in
 * the next one. One that was moved or removed, as log rotation does, is followed by a new one at its path. Throws when the file cannot
 * be opened at the start.
 */
export function createJsonJournal(options: JsonJournalOptions): Journal {
  const { path, maxWaitingBytes = 16 * 1024 * 1024, retryMs = usualRetryMs, lookMs = usualLookMs, onTrouble } = options;
  let dropped = 0;
  let brokeAtMs = Number.NEGATIVE_INFINITY;
  let isTold = false;
  /** A piece that was not written whole: its lines, and those they had told of, are missing still. */
  const written = (lines: number) => (error?: Error | null) => {
    if (error) dropped += lines;
    else isTold = false;
  };
  let opened: Stats | null = null;
  let lookedAtMs = performance.now();
  let isLooking = false;
  /** Files that were moved away, with their last lines on the way. */
  const leaving = new Set<Promise<void>>();
  // Opened at once, so that a wrong path is told at the start and not in the middle of the night.
  let stream: Writable | null = openStream();

  function openStream(): Writable {
    const made: Writable = path === "-" ? process.stdout : openFile();
    // What the file ends in the middle of is no line, and must not spoil the next.
    if (path !== "-" && isCut(path)) made.write("\n");
    // A log that cannot be written must not take the service down.
    made.on("error", (error) => {
      if (stream === made) stream = null;
      brokeAtMs = performance.now();
      if (!isTold) onTrouble?.(error);
      isTold = true;
    });
    return made;
  }

  function openFile(): Writable {
    const fd = openSync(path, "a");
    opened = fstatSync(fd);
    return createWriteStream(path, { fd });
  }

  /** Asks whether the file is still the one at its path; a disk that takes its time over it, or a network's, keeps nobody waiting. */
  function look(): void {
    lookedAtMs = performance.now();
    if (isLooking) return;
    isLooking = true;
    stat(path, (error, now?: Stats) => {
      isLooking = false;
      // What cannot be looked at goes on being written.
      if (stream === null || (error && error.code !== "ENOENT")) return;
      if (now?.ino === opened?.ino && now?.dev === opened?.dev) return;
      const gone = ended(stream).then(() => void leaving.delete(gone));
      leaving.add(gone);
      stream = null;
      brokeAtMs = Number.NEGATIVE_INFINITY;
    });
  }

  function streamNow(): Writable | null {
    if (path === "-") return stream;
    if (stream !== null && performance.now() - lookedAtMs >= lookMs) look();
    if (stream !== null || performance.now() - brokeAtMs < retryMs) return stream;
    try {
      stream = openStream();
    } catch {
      brokeAtMs = performance.now();
    }
    return stream;
  }

  return {
    note(record) {
      const open = streamNow();
      if (open === null || open.writableLength > maxWaitingBytes) {
        dropped++;
        return;
      }
      const line = `${JSON.stringify(lineOf(record, dropped))}\n`;
      const lines = dropped + 1;
      dropped = 0;
      open.write(line, written(lines));
    },
    async close() {
      // Begun at once: what is found out meanwhile of where the file is must not part it from those that are waited for.
      const last = stream === null || stream === process.stdout ? null : ended(stream);
      await Promise.all([...leaving, last]);
    },
  } satisfies Journal;
}

function ended(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    stream.once("error", () => resolve());
    stream.end(resolve);
  });
}

/** Whether a file ends within a line, which a full disk or a kill leaves behind. */
function isCut(path: string): boolean {
  try {
    const { size } = statSync(path);
    if (size === 0) return false;
    const file = openSync(path, "r");
    try {
      const last = Buffer.alloc(1);
      return readSync(file, last, 0, 1, size - 1) === 1 && last.toString() !== "\n";
    } finally {
      closeSync(file);
    }
  } catch {
    // One that may only be written is taken as it is.
    return false;
  }
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
