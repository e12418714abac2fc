import { createReadStream, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { createGunzip } from "node:zlib";
import {
  CsvTraceParser,
  JsonlTraceParser,
  MemoryTraceStore,
  type Trace,
  type TraceStore,
} from "../../simulate/index.ts";
import { lineSplitter } from "./line-splitter.ts";
import { SpoolStore } from "./spool-store.ts";

/** A trace read from a file; `close` gives its temporary file back. */
export interface TraceFile {
  readonly trace: Trace;
  close(): void;
}

/** The file cannot be opened or read at all; `code` is the system's word for it. */
export class TraceFileError extends Error {
  readonly code: string;

  constructor(path: string, error: unknown) {
    const code = (error as NodeJS.ErrnoException).code ?? "unknown error";
    super(`${path} cannot be read: ${code}.`);
    this.code = code;
  }
}

/** What a file is that no trace is read from, by its first bytes. */
const foreignForms: readonly (readonly [form: string, start: string, at: number])[] = [
  ["a zip archive", "PK\u0003\u0004", 0],
  ["compressed with zstd", "\u0028\u00b5\u002f\u00fd", 0],
  ["compressed with xz", "\u00fd7zXZ\u0000", 0],
  ["compressed with bzip2", "BZh", 0],
  ["a Parquet file", "PAR1", 0],
  ["an Arrow file", "ARROW1", 0],
  ["a tar archive", "ustar", 257],
];

/** The file holds no lines of text; the message says what it is. */
export class TraceFormError extends Error {}

function refuseForeign(path: string, first: Buffer): void {
  const found = foreignForms.find(([, start, at]) => first.toString("latin1", at, at + start.length) === start);
  if (found) throw new TraceFormError(`${path} is ${found[0]}, and traces are read from CSV or JSON lines.`);
}

export interface TraceFileOptions {
  /** Traces of files smaller than this stay in memory; larger ones go through a temporary file. 64 MB when left out. */
  readonly spoolFromBytes?: number;
  /** Bytes of the file read so far, and its size. */
  readonly onProgress?: (readBytes: number, sizeBytes: number) => void;
}

/**
 * Reads a trace as CSV or JSON lines, compressed with gzip or not; what it is, is seen from its first bytes and not from
 * its name. Rows pass through one at a time, and of a large file no more than a few chunks are in memory.
 *
 * @throws TraceFileError when the file cannot be opened. Damage inside is counted in the trace's report.
 * @throws TraceFormError when it is of a known other form, such as an archive.
 */
export async function readTraceFile(path: string, options: TraceFileOptions = {}): Promise<TraceFile> {
  const { spoolFromBytes = 64e6 } = options;
  const stores: SpoolStore[] = [];
  try {
    const { size } = statSync(path);
    const isGzip = await startsWithGzip(path);
    // Compressed traces of numbers are about five times as long when unpacked.
    const isLarge = size * (isGzip ? 5 : 1) > spoolFromBytes;
    const makeStore = (): TraceStore => {
      if (!isLarge) return new MemoryTraceStore();
      const store = new SpoolStore();
      stores.push(store);
      return store;
    };
    const trace = await parse(path, isGzip, makeStore, (bytes) => options.onProgress?.(bytes, size));
    return { trace, close: () => stores.forEach((store) => store.close()) };
  } catch (error) {
    for (const store of stores) store.close();
    throw (error as NodeJS.ErrnoException).code === undefined ? error : new TraceFileError(path, error);
  }
}

async function parse(
  path: string,
  isGzip: boolean,
  makeStore: () => TraceStore,
  onBytes: (bytes: number) => void,
): Promise<Trace> {
  let parser: CsvTraceParser | JsonlTraceParser | null = null;
  let isFirst = true;
  const take = (bytes: Buffer): void => {
    if (isFirst) refuseForeign(path, bytes);
    isFirst = false;
    lines.push(bytes);
    onBytes(file.bytesRead);
  };
  const lines = lineSplitter((line, isCut) => {
    // The first line that holds something tells the format.
    if (parser === null && line.trim() !== "") {
      parser = /^\uFEFF?\s*[{[]/.test(line) ? new JsonlTraceParser(makeStore) : new CsvTraceParser(makeStore);
    }
    parser?.push(line, isCut);
  });
  const file = createReadStream(path, { highWaterMark: 1 << 18 });
  let damage: Error | null = null;
  if (isGzip) {
    const unpacked = createGunzip();
    file.on("error", (error) => unpacked.destroy(error));
    file.pipe(unpacked);
    try {
      for await (const bytes of unpacked) take(bytes as Buffer);
    } catch (error) {
      // Node names what is wrong with an archive Z_…; anything else is the disk's.
      if (!String((error as NodeJS.ErrnoException).code).startsWith("Z_")) throw error;
      damage = error as Error;
      file.destroy();
    }
  } else {
    for await (const bytes of file) take(bytes as Buffer);
  }
  lines.end();
  // What the splitter handed over is beyond what the compiler sees.
  const used = (parser as CsvTraceParser | JsonlTraceParser | null) ?? new CsvTraceParser(makeStore);
  if (damage !== null) {
    const isCut = (damage as NodeJS.ErrnoException).code === "Z_BUF_ERROR";
    used.reject(isCut ? "truncated" : "malformed", `the compressed file is damaged from here on: ${damage.message}`);
  }
  return used.finish();
}

async function startsWithGzip(path: string): Promise<boolean> {
  const file = await open(path, "r");
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await file.close();
  }
}
