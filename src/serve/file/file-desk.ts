import { problemsOf } from "./batch-input.ts";
import { BatchWork, workFile, type BatchWorkParts } from "./batch-work.ts";
import { FileIndex, type BatchStatus, type StoredBatch, type StoredFile } from "./file-index.ts";
import { fileLines } from "./file-lines.ts";
import { FileWriter } from "./file-writer.ts";
import type { ByteText, Clock, FileStore } from "../wire/ports.ts";
import { newId } from "../wire/request-id.ts";

export interface FileDeskOptions {
  /** Country where the files lie: data of a workload is taken only if the law lets it be held there; null = not asked. */
  readonly country: string | null;
  /** Lines of one batch that run at once, and batches that do. */
  readonly linesAtOnce: number;
  readonly batchesAtOnce: number;
  /** Hours of the day (UTC) in which batches run, for example 22 to 6; null = whenever engines have room. */
  readonly hours: { readonly from: number; readonly to: number } | null;
  /** Bytes one account may keep. */
  readonly maxAccountBytes: number;
}

export const defaultFileOptions: FileDeskOptions = {
  country: null,
  linesAtOnce: 4,
  batchesAtOnce: 2,
  hours: null,
  maxAccountBytes: 1024 ** 3,
};

export interface FileDeskParts {
  readonly store: FileStore;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly rng: () => number;
  /** Serves a line of a batch as the gateway serves any request. */
  readonly send: BatchWorkParts["send"];
  /** See `BatchWorkParts`; left out where nothing is charged. */
  readonly charged?: BatchWorkParts["charged"];
  readonly options?: Partial<FileDeskOptions>;
}

/** What a caller wants done with a file. */
export interface BatchOrder extends Pick<
  StoredBatch,
  "account" | "keyId" | "area" | "access" | "endpoint" | "inputFileId" | "window" | "metadata" | "outputExpiresAfterS"
> {
  readonly windowS: number;
}

/** What a file is to be known by. */
type FileAbout = Pick<StoredFile, "account" | "fileName" | "purpose"> & { readonly expiresAfterS: number | null };

/** How often files and batches are looked at for their time. */
const sweepMs = 1_000;
/** A batch that has so little of its window left runs at any hour. */
const pressingRatio = 0.5;

/**
 * Files and batches: what callers upload, and requests that may wait for a quiet hour. Outlives the gateways it sends
 * lines to, so that a change of configuration does not touch a batch.
 */
export class FileDesk {
  readonly options: FileDeskOptions;
  readonly index: FileIndex;
  readonly #parts: FileDeskParts;
  readonly #work = new Map<string, BatchWork>();
  readonly #ends = new Set<Promise<void>>();
  /** Bytes of uploads under way, by account. */
  readonly #held = new Map<string, number>();
  #forget: () => void = () => {};
  #stopping = false;

  constructor(parts: FileDeskParts) {
    this.#parts = parts;
    this.options = { ...defaultFileOptions, ...parts.options };
    this.index = new FileIndex(parts.store);
  }

  /** Reads what was there before. */
  async open(): Promise<void> {
    await this.index.load();
  }

  /** Begins to work on batches, those of before included; call it once `send` can be used. */
  start(): void {
    this.#sweep();
  }

  /** Stops lines that run; they run again after the next start. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#forget();
    for (const work of this.#work.values()) work.stop("stopped");
    await Promise.all(this.#ends);
  }

  get nowS(): number {
    return Math.floor(this.#parts.clock.epochMs() / 1_000);
  }

  /**
   * Holds room for bytes that are about to be kept; null when the account would have more than it may keep. What is
   * returned gives the room back, once the file counts by itself or came to nothing.
   */
  hold(account: string, bytes: number): (() => void) | null {
    const held = this.#held.get(account) ?? 0;
    if (this.#bytesOf(account) + held + bytes > this.options.maxAccountBytes) return null;
    this.#held.set(account, held + bytes);
    return () => {
      const left = this.#held.get(account)! - bytes;
      if (left > 0) this.#held.set(account, left);
      else this.#held.delete(account);
    };
  }

  #bytesOf(account: string): number {
    let bytes = 0;
    for (const file of this.index.files.values()) if (file.account === account) bytes += file.bytes;
    return bytes;
  }

  async keep(pieces: Iterable<ByteText>, about: FileAbout): Promise<StoredFile> {
    const id = newId("file-", this.#parts.rng);
    const name = `${id}.data`;
    let bytes = 0;
    try {
      for (const piece of pieces) {
        await this.#parts.store.append(name, piece);
        bytes += piece.length;
      }
      if (bytes === 0) await this.#parts.store.append(name, "");
    } catch (error) {
      // Nobody will ever ask for what was written of it.
      await this.#parts.store.remove(name).catch(() => {});
      throw error;
    }
    return this.#enlist(id, bytes, about);
  }

  async #enlist(id: string, bytes: number, { expiresAfterS, ...named }: FileAbout): Promise<StoredFile> {
    const createdS = this.nowS;
    const expiresS = expiresAfterS === null ? null : createdS + expiresAfterS;
    const file = { id, ...named, bytes, createdS, expiresS };
    await this.index.save({ file });
    return file;
  }

  /** A piece of a file from position `from` on; null when it is gone. */
  contentOf({ id }: StoredFile, from: number, bytes: number): Promise<ByteText | null> {
    return this.#parts.store.read(`${id}.data`, from, bytes);
  }

  async remove({ id }: StoredFile): Promise<void> {
    await this.index.save({ gone: id });
    await this.#parts.store.remove(`${id}.data`);
  }

  /** Takes a batch; `refuses` says why a model may not be used. What is wrong with the file shows in the batch itself. */
  async order(
    { windowS, ...order }: BatchOrder,
    refuses: (model: string) => { readonly code: string; readonly message: string } | null,
  ): Promise<StoredBatch> {
    const createdS = this.nowS;
    const lines = fileLines(this.#parts.store, `${order.inputFileId}.data`);
    const { total, problems } = await problemsOf(lines, order.endpoint, refuses);
    const status: BatchStatus = problems.length > 0 ? "failed" : "validating";
    const batch: StoredBatch = {
      ...order,
      id: newId("batch_", this.#parts.rng),
      status,
      problems,
      outputFileId: null,
      errorFileId: null,
      createdS,
      expiresS: createdS + windowS,
      sinceS: { [status]: createdS },
      total: problems.length > 0 ? 0 : total,
      completed: 0,
      failed: 0,
    };
    await this.index.save({ batch });
    this.#beginWaiting();
    return this.index.batches.get(batch.id)!;
  }

  /** Stops a batch; what is done stays done. A batch that has ended is left as it is. */
  async cancel(batch: StoredBatch): Promise<StoredBatch> {
    if (batch.status !== "validating" && batch.status !== "in_progress") return this.#latest(batch);
    const work = this.#work.get(batch.id);
    await this.#enter(batch, "cancelling");
    if (work) work.stop("cancelled");
    else await this.#finish(this.#latest(batch), await BatchWork.open(this.#workParts(batch), batch), "cancelled");
    return this.#latest(batch);
  }

  #sweep(): void {
    if (this.#stopping) return;
    const nowS = this.nowS;
    for (const file of this.index.files.values()) {
      if (file.expiresS !== null && nowS >= file.expiresS) void this.remove(file).catch(() => {});
    }
    this.#beginWaiting();
    this.#forget = this.#parts.clock.schedule(sweepMs, () => this.#sweep());
  }

  /** Begins the batches that wait, oldest first, as far as there is room. */
  #beginWaiting(): void {
    if (this.#stopping) return;
    for (const batch of this.index.batches.values()) {
      if (this.#work.size + this.#opening.size >= this.options.batchesAtOnce) return;
      const waits = ["validating", "in_progress", "finalizing", "cancelling"].includes(batch.status);
      if (!waits || this.#work.has(batch.id) || this.#opening.has(batch.id)) continue;
      this.#opening.add(batch.id);
      const end = this.#run(batch)
        // The disk fails: the batch stays as it is, and is begun again at the next look.
        .catch(() => {})
        .finally(() => {
          this.#opening.delete(batch.id);
          this.#work.delete(batch.id);
          this.#ends.delete(end);
        });
      this.#ends.add(end);
    }
  }

  readonly #opening = new Set<string>();

  async #run(batch: StoredBatch): Promise<void> {
    const work = await BatchWork.open(this.#workParts(batch), batch);
    this.#work.set(batch.id, work);
    this.#opening.delete(batch.id);
    // Stopped or cancelled while its file was being read.
    if (this.#stopping) work.stop("stopped");
    const { status } = this.#latest(batch);
    if (status === "cancelling" || status === "cancelled") work.stop("cancelled");
    else if (status === "validating") await this.#enter(batch, "in_progress");
    const end = await work.run();
    if (end !== "stopped" && this.#latest(batch).status !== "cancelled") await this.#finish(batch, work, end);
  }

  async #finish(batch: StoredBatch, work: BatchWork, end: "complete" | "expired" | "cancelled"): Promise<void> {
    if (end !== "cancelled") await this.#enter(batch, "finalizing");
    const { account, outputExpiresAfterS: expiresAfterS } = batch;
    const begin = () => {
      const id = newId("file-", this.#parts.rng);
      return { id, writer: new FileWriter(this.#parts.store, `${id}.data`) };
    };
    const [output, errors] = [begin(), begin()];
    for await (const { ok, line } of work.outcome(end === "expired")) await (ok ? output : errors).writer.add(line);
    const save = async ({ id, writer }: ReturnType<typeof begin>, kind: string) => {
      const bytes = await writer.done();
      const about = { account, fileName: `${batch.id}_${kind}.jsonl`, purpose: "batch_output", expiresAfterS };
      return bytes === 0 ? null : (await this.#enlist(id, bytes, about)).id;
    };
    const files = { outputFileId: await save(output, "output"), errorFileId: await save(errors, "error") };
    await this.#enter(batch, end === "complete" ? "completed" : end, files);
    await this.#parts.store.remove(workFile(batch));
  }

  async #enter(batch: StoredBatch, status: BatchStatus, changes: Partial<StoredBatch> = {}): Promise<void> {
    const now = this.#latest(batch);
    const sinceS = { ...now.sinceS, [status]: this.nowS };
    await this.index.save({ batch: { ...now, ...changes, status, sinceS } });
  }

  #latest({ id }: StoredBatch): StoredBatch {
    return this.index.batches.get(id)!;
  }

  #workParts({ id }: StoredBatch): BatchWorkParts {
    const { store, clock, send, charged = async () => {} } = this.#parts;
    return {
      store,
      clock,
      send,
      charged,
      concurrency: this.options.linesAtOnce,
      mayRun: (batch) => this.#mayRun(batch),
      progress: (completed, failed) => {
        // Counts are known again from the work file after a restart, so they need no journal.
        const batch = this.index.batches.get(id);
        if (batch) this.index.batches.set(id, { ...batch, completed, failed });
      },
    };
  }

  #mayRun({ createdS, expiresS }: StoredBatch): boolean {
    const { hours } = this.options;
    const nowS = this.nowS;
    if (hours === null || expiresS - nowS < (expiresS - createdS) * pressingRatio) return true;
    const hour = (nowS / 3_600) % 24;
    return hours.from <= hours.to ? hour >= hours.from && hour < hours.to : hour >= hours.from || hour < hours.to;
  }
}
