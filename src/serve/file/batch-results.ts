import { fileLines, pieceBytes } from "./file-lines.ts";
import type { ByteText, FileStore } from "../wire/ports.ts";

/** What the work file says of a line: how often it was begun anew, or its result. */
type WorkEntry =
  | { readonly index: number; readonly tried: number }
  | { readonly index: number; readonly ok: boolean; readonly result: string };

/** Where a result lies in the work file. */
interface Place {
  readonly ok: boolean;
  readonly start: number;
  readonly bytes: number;
}

/**
 * Results of a batch on disk: every one is in the work file before it counts, and only where it lies is remembered.
 * Entries that are handed over while others are being written go into the next write together.
 */
export class BatchResults {
  readonly #store: FileStore;
  readonly #name: string;
  readonly #places = new Map<number, Place>();
  readonly #tried = new Map<number, number>();
  #bytes = 0;
  #failed = 0;
  #waiting: {
    readonly line: ByteText;
    readonly done: (start: number) => void;
    readonly fail: (error: unknown) => void;
  }[] = [];
  #writing = false;
  #broken: unknown = null;

  private constructor(store: FileStore, name: string) {
    this.#store = store;
    this.#name = name;
  }

  /** Reads what a crash left. A last entry that was cut short is passed over: its line runs again. */
  static async open(store: FileStore, name: string): Promise<BatchResults> {
    const results = new BatchResults(store, name);
    let end = 0;
    for await (const { start, end: after, text } of fileLines(store, name)) {
      end = after;
      if (text !== null) results.#recall(text, start);
    }
    const rest = (await store.read(name, end, pieceBytes)) ?? "";
    results.#bytes = end + rest.length;
    // So that the next entry does not become part of a line that was cut.
    if (results.#bytes > 0 && !rest.endsWith("\n")) await results.#write("");
    return results;
  }

  get completed(): number {
    return this.#places.size - this.#failed;
  }

  get failed(): number {
    return this.#failed;
  }

  has(index: number): boolean {
    return this.#places.has(index);
  }

  triesOf(index: number): number {
    return this.#tried.get(index) ?? 0;
  }

  /** The line is begun anew: what it was metered with stays under the old count. */
  async begunAnew(index: number): Promise<void> {
    const tried = this.triesOf(index) + 1;
    this.#tried.set(index, tried);
    await this.#write(lineOf({ index, tried }));
  }

  async keep(index: number, ok: boolean, result: ByteText): Promise<void> {
    const line = lineOf({ index, ok, result });
    const start = await this.#write(line);
    this.#place(index, { ok, start, bytes: line.length });
  }

  /** The result of a line; null when it has none. */
  async read(index: number): Promise<{ readonly ok: boolean; readonly result: ByteText } | null> {
    const place = this.#places.get(index);
    if (place === undefined) return null;
    const text = (await this.#store.read(this.#name, place.start, place.bytes)) ?? "";
    const { ok, result } = JSON.parse(text) as Extract<WorkEntry, { ok: boolean }>;
    return { ok, result };
  }

  #recall(text: ByteText, start: number): void {
    let entry: WorkEntry;
    try {
      entry = JSON.parse(text) as WorkEntry;
    } catch {
      return;
    }
    if ("tried" in entry) this.#tried.set(entry.index, entry.tried);
    else this.#place(entry.index, { ok: entry.ok, start, bytes: text.length });
  }

  #place(index: number, place: Place): void {
    const before = this.#places.get(index);
    if (before?.ok === false) this.#failed--;
    this.#places.set(index, place);
    if (!place.ok) this.#failed++;
  }

  /** Adds a line; resolves with where it begins. After a failure nobody knows where the file ends: it must be opened anew. */
  #write(line: ByteText): Promise<number> {
    if (this.#broken !== null) return Promise.reject(this.#broken);
    return new Promise((done, fail) => {
      this.#waiting.push({ line: `${line}\n`, done, fail });
      if (!this.#writing) void this.#writeAll();
    });
  }

  async #writeAll(): Promise<void> {
    this.#writing = true;
    while (this.#waiting.length > 0) {
      const together = this.#waiting;
      this.#waiting = [];
      try {
        await this.#store.append(this.#name, together.map(({ line }) => line).join(""));
      } catch (error) {
        this.#broken = error;
        for (const { fail } of [...together, ...this.#waiting]) fail(error);
        this.#waiting = [];
        break;
      }
      for (const { line, done } of together) {
        done(this.#bytes);
        this.#bytes += line.length;
      }
    }
    this.#writing = false;
  }
}

/** Characters beyond Latin-1 never stand in a result: it is made of bytes. */
function lineOf(entry: WorkEntry): ByteText {
  return JSON.stringify(entry).replace(/[\u0100-\uffff]/g, "?");
}
