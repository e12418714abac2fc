import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TraceChunk, TraceStore } from "../../simulate/index.ts";

/** Chunks kept in memory beside those that cursors hold. */
const cachedChunks = 4;

interface Place {
  readonly offset: number;
  readonly count: number;
  readonly hashes: number;
}

/**
 * Chunks of a trace in a temporary file. The file's name is removed as soon as it is open, so nothing of it is left
 * behind however the process ends.
 */
export class SpoolStore implements TraceStore {
  readonly #file: number;
  readonly #places: Place[] = [];
  readonly #cache = new Map<number, TraceChunk>();
  #end = 0;

  constructor() {
    const folder = mkdtempSync(join(tmpdir(), "disperse-trace-"));
    const path = join(folder, "chunks");
    this.#file = openSync(path, "wx+", 0o600);
    rmSync(folder, { recursive: true });
  }

  append(chunk: TraceChunk): void {
    this.#places.push({ offset: this.#end, count: chunk.count, hashes: chunk.hashes.length });
    for (const column of [chunk.atMs, chunk.hashes, chunk.inputTokens, chunk.outputTokens, chunk.hashStart]) {
      let written = 0;
      while (written < column.byteLength) {
        written += writeSync(this.#file, column, written, column.byteLength - written, this.#end + written);
      }
      this.#end += column.byteLength;
    }
  }

  read(position: number): TraceChunk {
    const known = this.#cache.get(position);
    if (known !== undefined) return known;
    const { offset, count, hashes } = this.#places[position]!;
    let at = offset;
    const take = <T extends Float64Array | Int32Array>(column: T): T => {
      let got = 0;
      while (got < column.byteLength) {
        const more = readSync(this.#file, column, got, column.byteLength - got, at + got);
        if (more === 0) throw new Error("the temporary file of the trace is shorter than what was written to it");
        got += more;
      }
      at += column.byteLength;
      return column;
    };
    const chunk: TraceChunk = {
      count,
      atMs: take(new Float64Array(count)),
      hashes: take(new Float64Array(hashes)),
      inputTokens: take(new Int32Array(count)),
      outputTokens: take(new Int32Array(count)),
      hashStart: take(new Int32Array(count + 1)),
    };
    if (this.#cache.size >= cachedChunks) this.#cache.delete(this.#cache.keys().next().value!);
    this.#cache.set(position, chunk);
    return chunk;
  }

  close(): void {
    closeSync(this.#file);
    this.#cache.clear();
  }
}
