import { asciiJson } from "../wire/byte-text.ts";
import { readLine, type BatchLine } from "./batch-input.ts";
import { BatchResults } from "./batch-results.ts";
import type { StoredBatch } from "./file-index.ts";
import { fileLines, type LineSpan } from "./file-lines.ts";
import { LineReply, type LineAnswer } from "./line-reply.ts";
import type { ByteText, Clock, FileStore } from "../wire/ports.ts";
import type { Call, Exchange, Reply } from "../wire/transport.ts";

export interface BatchWorkParts {
  readonly store: FileStore;
  readonly clock: Clock;
  /** Serves a line as the gateway serves any request. */
  readonly send: (call: Call, reply: Reply) => Exchange;
  /** Resolves once the ledger has everything that was charged until now. */
  readonly charged: () => Promise<void>;
  readonly concurrency: number;
  /** Whether lines may run at this moment: off-peak, or because time presses. */
  readonly mayRun: (batch: StoredBatch) => boolean;
  /** A line is done; counts are of the whole batch. */
  readonly progress: (completed: number, failed: number) => void;
}

/** How the work on a batch ended for now. `stopped`: it goes on after the next start. */
export type WorkEnd = "complete" | "expired" | "cancelled" | "stopped";

/** Begun anew after failures that may pass, at most. Waits for room are not counted: a batch has time. */
const maxTries = 4;
/** Results that wait for the ledger at most; no further line runs until it has some of theirs. */
const maxUncharged = 64;
/** Pause before a line is begun anew, and between two looks at whether lines may run, ms. */
const pauseMs = { retry: 1_000, longestRetry: 60_000, look: 250 } as const;

/**
 * Works through the lines of one batch. Every result goes to a work file before it counts, so after a crash only lines
 * without a result run again; they do so under the ids they had, under which the ledger takes an attempt only once. A result is
 * kept once the ledger has what it was charged: killed in between, the line runs again, and nothing is given away.
 */
export class BatchWork {
  readonly #parts: BatchWorkParts;
  readonly #batch: StoredBatch;
  readonly #lines: readonly LineSpan[];
  readonly #results: BatchResults;
  readonly #running = new Set<Exchange>();
  /** Results that wait for the ledger, and what ends that wait when the work is to go on another time. */
  readonly #uncharged = new Set<Promise<void>>();
  readonly #giveUps = new Set<() => void>();
  #givenUp = false;
  readonly #failures: unknown[] = [];
  #next = 0;
  #end: WorkEnd | null = null;
  readonly #wake = new Set<() => void>();

  private constructor(parts: BatchWorkParts, batch: StoredBatch, lines: readonly LineSpan[], results: BatchResults) {
    this.#parts = parts;
    this.#batch = batch;
    this.#lines = lines;
    this.#results = results;
  }

  static async open(parts: BatchWorkParts, batch: StoredBatch): Promise<BatchWork> {
    const lines: LineSpan[] = [];
    for await (const { number, start, end } of fileLines(parts.store, inputFile(batch)))
      lines.push({ number, start, end });
    const work = new BatchWork(parts, batch, lines, await BatchResults.open(parts.store, workFile(batch)));
    work.#tell();
    return work;
  }

  /** Runs until there is nothing left to do or `stop` is called. */
  async run(): Promise<WorkEnd> {
    await Promise.all(Array.from({ length: this.#parts.concurrency }, () => this.#work()));
    await Promise.all(this.#uncharged);
    if (this.#failures.length > 0) throw this.#failures[0];
    return this.#end ?? "complete";
  }

  stop(end: "cancelled" | "stopped"): void {
    this.#end ??= end;
    for (const exchange of this.#running) exchange.clientLeft();
    for (const wake of this.#wake) wake();
    if (end === "cancelled") return;
    this.#givenUp = true;
    for (const giveUp of this.#giveUps) giveUp();
  }

  /**
   * Lines of the output and the error file, in the order of the input, each read when it is asked for. Lines that were not
   * run are `expired` errors if asked.
   */
  async *outcome(withExpired: boolean): AsyncGenerator<{ readonly ok: boolean; readonly line: ByteText }> {
    for (const [index, span] of this.#lines.entries()) {
      const found = await this.#results.read(index);
      if (found !== null) yield { ok: found.ok, line: `${found.result}\n` };
      else if (withExpired) {
        const line = await this.#read(span);
        const error = { code: "batch_expired", message: "This request could not be run before the batch expired." };
        const told = asciiJson({ id: this.#lineId(index), custom_id: customIdOf(line), response: null, error });
        yield { ok: false, line: `${told}\n` };
      }
    }
  }

  async #read({ start, end }: LineSpan): Promise<ReturnType<typeof readLine>> {
    return readLine(await this.#parts.store.read(inputFile(this.#batch), start, end - start), this.#batch.endpoint);
  }

  async #work(): Promise<void> {
    while (this.#end === null) {
      while (this.#next < this.#lines.length && this.#results.has(this.#next)) this.#next++;
      if (this.#next >= this.#lines.length) return;
      if (this.#parts.clock.epochMs() / 1_000 >= this.#batch.expiresS) {
        this.#end = "expired";
        return;
      }
      if (!this.#parts.mayRun(this.#batch)) {
        await this.#pause(pauseMs.look);
        continue;
      }
      await this.#serve(this.#next++);
      if (this.#uncharged.size >= maxUncharged) await Promise.race(this.#uncharged);
    }
  }

  /** Keeps a result once its charge is in the ledger. Meanwhile the next line may run; a disk that fails ends the work. */
  #onceCharged(keep: () => Promise<void>): void {
    const kept = this.#charged()
      .then((isCharged) => (isCharged ? keep() : undefined))
      .catch((error: unknown) => {
        this.#failures.push(error);
        this.stop("stopped");
      })
      .finally(() => this.#uncharged.delete(kept));
    this.#uncharged.add(kept);
  }

  /**
   * False when the work was stopped before and the line will run again. Of a batch that has ended for good none will: its results
   * are given without that certainty, for what was charged would be lost otherwise.
   */
  #charged(): Promise<boolean> {
    return new Promise((resolve) => {
      const giveUp = () => resolve(this.#end !== "stopped");
      if (this.#givenUp) return giveUp();
      this.#giveUps.add(giveUp);
      void this.#parts.charged().then(() => {
        this.#giveUps.delete(giveUp);
        resolve(true);
      });
    });
  }

  async #serve(index: number): Promise<void> {
    const line = await this.#read(this.#lines[index]!);
    // It was valid when the batch was accepted; a file that changed since is a fault of the disk.
    if (Array.isArray(line)) return this.#keep(index, false, null, { code: "invalid_request", message: line[0] });
    for (let failures = 0; ;) {
      const answer = await this.#ask(index, line);
      const busy = isBusy(answer);
      if (this.#end === null && !busy) failures++;
      const mayPass = busy || answer.status >= 500 || answer.status === 0;
      if (!mayPass) return this.#onceCharged(() => this.#keep(index, answer.status === 200, { line, answer }, null));
      // What was metered under this id stays; begun anew it is another request, also after a crash.
      if (answer.attempts > 0) await this.#results.begunAnew(index);
      if (this.#end !== null) return;
      if (failures >= maxTries) {
        const broken = { code: "broken_off", message: "The answer broke off." };
        const isBroken = answer.status === 0;
        const about = { line, answer: isBroken ? null : answer };
        return this.#onceCharged(() => this.#keep(index, false, about, isBroken ? broken : null));
      }
      await this.#pause(Math.min(answer.retryAfterMs ?? pauseMs.retry * 2 ** failures, pauseMs.longestRetry));
      if (this.#end !== null || this.#parts.clock.epochMs() / 1_000 >= this.#batch.expiresS) return;
    }
  }

  async #ask(index: number, line: BatchLine): Promise<LineAnswer> {
    const { endpoint, keyId, area, access } = this.#batch;
    const tried = this.#results.triesOf(index);
    const requestId = `${this.#lineId(index)}${tried === 0 ? "" : `_${tried}`}`;
    const headers: Readonly<Record<string, string>> = {
      "x-disperse-area": area,
      "x-disperse-access": access,
      "x-disperse-slo": "batch",
      "x-disperse-priority": "low",
      "content-type": "application/json",
    };
    const reply = new LineReply();
    const exchange = this.#parts.send(
      {
        method: "POST",
        path: endpoint,
        body: line.body,
        bodyBytes: line.body.length,
        onBehalfOf: { keyId, requestId },
        header: (name) => headers[name] || undefined,
      },
      reply,
    );
    this.#running.add(exchange);
    const left = { status: 0, requestId: null, retryAfterMs: null, attempts: 1, body: "" };
    // A request that is given up is never answered, so giving up must end the wait as well.
    const answer = await new Promise<LineAnswer>((resolve) => {
      const giveUp = () => resolve(left);
      this.#wake.add(giveUp);
      void reply.answered.then((given) => {
        this.#wake.delete(giveUp);
        resolve(given);
      });
    });
    this.#running.delete(exchange);
    return answer;
  }

  async #keep(
    index: number,
    ok: boolean,
    about: { readonly line: BatchLine; readonly answer: LineAnswer | null } | null,
    error: { readonly code: string; readonly message: string } | null,
  ): Promise<void> {
    const head = asciiJson({ id: this.#lineId(index), custom_id: about?.line.customId ?? null }).slice(0, -1);
    const answer = about?.answer ?? null;
    // The answer's own bytes: nothing an engine said is lost by writing it anew.
    const response = answer
      ? `{"status_code":${answer.status},"request_id":${asciiJson(answer.requestId)},"body":${oneLine(answer.body)}}`
      : "null";
    const result = `${head},"response":${response},"error":${asciiJson(error)}}`;
    await this.#results.keep(index, ok, result);
    this.#tell();
  }

  #tell(): void {
    this.#parts.progress(this.#results.completed, this.#results.failed);
  }

  #lineId(index: number): string {
    return `req_${this.#batch.id}_${this.#lines[index]!.number}`;
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        forget();
        this.#wake.delete(wake);
        resolve();
      };
      const forget = this.#parts.clock.schedule(ms, wake);
      this.#wake.add(wake);
    });
  }
}

export function workFile({ id }: StoredBatch): string {
  return `${id}.work`;
}

function inputFile({ inputFileId }: StoredBatch): string {
  return `${inputFileId}.data`;
}

/** Answers that say "not now" rather than "no": nothing was tried, so waiting costs nothing. */
function isBusy({ status, body }: LineAnswer): boolean {
  return (
    (status === 429 || status === 503) &&
    /"code":"(?:overloaded|rate_limit_exceeded|shutting_down|ledger_unavailable)"/.test(body)
  );
}

function customIdOf(line: BatchLine | readonly unknown[]): string | null {
  return "customId" in line ? line.customId : null;
}

/** JSON without line ends between its parts, which would end the line it stands in. */
function oneLine(body: ByteText): ByteText {
  return body.replace(/[\r\n]+/g, " ");
}
