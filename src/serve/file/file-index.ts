import { asciiJson } from "../wire/byte-text.ts";
import type { FileStore } from "../wire/ports.ts";

/** A file as it is kept. Times in seconds since 1970 UTC, as OpenAI's API has them. */
export interface StoredFile {
  readonly id: string;
  /** Account it belongs to; empty when the gateway runs without keys. Nobody else ever sees it. */
  readonly account: string;
  readonly bytes: number;
  readonly createdS: number;
  readonly expiresS: number | null;
  readonly fileName: string;
  readonly purpose: string;
}

export type BatchStatus =
  | "validating"
  | "failed"
  | "in_progress"
  | "finalizing"
  | "completed"
  | "expired"
  | "cancelling"
  | "cancelled";

/** What is wrong with a line of a batch's input. */
export interface BatchProblem {
  readonly code: string;
  readonly message: string;
  readonly param: string | null;
  /** From 1 on; null when it is about the whole file. */
  readonly line: number | null;
}

export interface StoredBatch {
  readonly id: string;
  readonly account: string;
  /** Key it was sent with: its lines are let in as if they came with it. */
  readonly keyId: string | null;
  /** Where the caller was: the law and the decision go by it, whenever the lines run. */
  readonly area: string;
  readonly access: string;
  readonly endpoint: string;
  readonly inputFileId: string;
  readonly window: string;
  readonly metadata: Readonly<Record<string, string>> | null;
  readonly outputExpiresAfterS: number | null;
  readonly status: BatchStatus;
  readonly problems: readonly BatchProblem[];
  readonly outputFileId: string | null;
  readonly errorFileId: string | null;
  readonly createdS: number;
  readonly expiresS: number;
  /** When each status began. */
  readonly sinceS: Readonly<Partial<Record<BatchStatus, number>>>;
  readonly total: number;
  readonly completed: number;
  readonly failed: number;
}

type Entry = { readonly file: StoredFile } | { readonly batch: StoredBatch } | { readonly gone: string };

const journal = "index.jsonl";

/** What files and batches there are: kept in memory, and in a journal from which it comes back after a restart. */
export class FileIndex {
  readonly files = new Map<string, StoredFile>();
  readonly batches = new Map<string, StoredBatch>();
  readonly #store: FileStore;
  #written: Promise<void> = Promise.resolve();

  constructor(store: FileStore) {
    this.#store = store;
  }

  /** Reads the journal. A last line that was cut short by a crash is passed over: what it told was not yet promised. */
  async load(): Promise<void> {
    const text = (await this.#store.read(journal)) ?? "";
    for (const line of text.split("\n")) {
      try {
        if (line !== "") this.#take(JSON.parse(line) as Entry);
      } catch {
        continue;
      }
    }
    // So that the next entry does not become part of a line that was cut.
    if (text !== "" && !text.endsWith("\n")) await this.#store.append(journal, "\n");
  }

  /** Takes an entry over; settles when it is safe. Entries are written in the order they were given. */
  save(entry: Entry): Promise<void> {
    this.#take(entry);
    const line = `${asciiJson(entry)}\n`;
    const written = this.#written.then(() => this.#store.append(journal, line));
    this.#written = written.catch(() => {});
    return written;
  }

  #take(entry: Entry): void {
    if ("file" in entry) this.files.set(entry.file.id, entry.file);
    else if ("batch" in entry) this.batches.set(entry.batch.id, entry.batch);
    else {
      this.files.delete(entry.gone);
      this.batches.delete(entry.gone);
    }
  }
}
