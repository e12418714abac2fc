import { asciiJson } from "./byte-text.ts";
import { linesOf, readLine, type BatchLine, type LineSpan } from "./batch-input.ts";
import type { StoredBatch } from "./file-index.ts";
import { LineReply, type LineAnswer } from "./line-reply.ts";
import type { ByteText, Clock, FileStore } from "./ports.ts";
import type { Call, Exchange, Reply } from "./transport.ts";

export interface BatchWorkParts {
  readonly store: FileStore;
  readonly clock: Clock;
  /** Serves a line as the gateway serves any request. */
  readonly send: (call: Call, reply: Reply) => Exchange;
  readonly concurrency: number;
  /** Whether lines may run at this moment: off-peak, or because time presses. */
  readonly mayRun: (batch: StoredBatch) => boolean;
  /** A line is done; counts are of the whole batch. */
  readonly progress: (completed: number, failed: number) => void;
}

/** How the work on a batch ended for now. `stopped`: it goes on after the next start. */
export type WorkEnd = "complete" | "expired" | "cancelled" | "stopped";

/** What the work file says of a line: how often it was begun anew, or its result. */
type WorkEntry =
  | { readonly index: number; readonly tried: number }
  | { readonly index: number; readonly ok: boolean; readonly result: string };

/** Begun anew after failures that may pass, at most. Waits for room are not counted: a batch has time. */
const maxTries = 4;
/** Pause before a line is begun anew, and between two looks at whether lines may run, ms. */
const pauseMs = { retry: 1_000, longestRetry: 60_000, look: 250 } as const;

/**
 * Works through the lines of one batch. Every result goes to a work file before it counts, so after a crash only lines
 * without a result run again; they do so under the ids they had, under which the ledger takes an attempt only once.
 */
export class BatchWork {
  readonly #parts: BatchWorkParts;
  readonly #batch: StoredBatch;
  readonly #text: ByteText;
  readonly #lines: readonly LineSpan[];
  readonly #running = new Set<Exchange>();
  readonly #results = new Map<number, { ok: boolean; result: string }>();
  readonly #tried = new Map<number, number>();
  #next = 0;
  #end: WorkEnd | null = null;
  readonly #wake = new Set<() => void>();
  #failed = 0;

  private constructor(parts: BatchWorkParts, batch: StoredBatch, text: ByteText) {
    this.#parts = parts;
    this.#batch = batch;
    this.#text = text;
    this.#lines = linesOf(text);
  }

  static async open(parts: BatchWorkParts, batch: StoredBatch): Promise<BatchWork> {
    const work = new BatchWork(parts, batch, (await parts.store.read(`${batch.inputFileId}.data`)) ?? "");
    const before = (await parts.store.read(workFile(batch))) ?? "";
    for (const line of before.split("\n")) work.#recall(line);
    if (before !== "" && !before.endsWith("\n")) await parts.store.append(workFile(batch), "\n");
    work.#tell();
    return work;
  }

  /** Runs until there is nothing left to do or `stop` is called. */
  async run(): Promise<WorkEnd> {
    await Promise.all(Array.from({ length: this.#parts.concurrency }, () => this.#work()));
    return this.#end ?? "complete";
  }

  stop(end: "cancelled" | "stopped"): void {
    this.#end ??= end;
    for (const exchange of this.#running) exchange.clientLeft();
    for (const wake of this.#wake) wake();
  }

  /** Lines of the output and the error file, in the order of the input. Lines that were not run are `expired` errors if asked. */
  outcome(withExpired: boolean): { readonly output: ByteText; readonly errors: ByteText } {
    let output = "";
    let errors = "";
    for (const [index, span] of this.#lines.entries()) {
      const found = this.#results.get(index);
      if (found?.ok) output += `${found.result}\n`;
      else if (found) errors += `${found.result}\n`;
      else if (withExpired) {
        const line = readLine(this.#text, span, this.#batch.endpoint);
        const error = { code: "batch_expired", message: "This request could not be run before the batch expired." };
        errors += `${asciiJson({ id: this.#lineId(index), custom_id: customIdOf(line), response: null, error })}\n`;
      }
    }
    return { output, errors };
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
    }
  }

  async #serve(index: number): Promise<void> {
    const line = readLine(this.#text, this.#lines[index]!, this.#batch.endpoint);
    // It was valid when the batch was accepted; a file that changed since is a fault of the disk.
    if (Array.isArray(line)) return this.#keep(index, false, null, { code: "invalid_request", message: line[0] });
    for (let failures = 0; ;) {
      const answer = await this.#ask(index, line);
      const busy = isBusy(answer);
      if (this.#end === null && !busy) failures++;
      const mayPass = busy || answer.status >= 500 || answer.status === 0;
      if (!mayPass) return this.#keep(index, answer.status === 200, { line, answer }, null);
      // What was metered under this id stays; begun anew it is another request, also after a crash.
      if (answer.attempts > 0) await this.#beginAnew(index);
      if (this.#end !== null) return;
      if (failures >= maxTries) {
        const broken = { code: "broken_off", message: "The answer broke off." };
        return this.#keep(
          index,
          false,
          { line, answer: answer.status === 0 ? null : answer },
          answer.status === 0 ? broken : null,
        );
      }
      await this.#pause(Math.min(answer.retryAfterMs ?? pauseMs.retry * 2 ** failures, pauseMs.longestRetry));
      if (this.#end !== null || this.#parts.clock.epochMs() / 1_000 >= this.#batch.expiresS) return;
    }
  }

  async #beginAnew(index: number): Promise<void> {
    const tried = (this.#tried.get(index) ?? 0) + 1;
    this.#tried.set(index, tried);
    await this.#write({ index, tried });
  }

  async #ask(index: number, line: BatchLine): Promise<LineAnswer> {
    const { endpoint, keyId, area, access } = this.#batch;
    const tried = this.#tried.get(index) ?? 0;
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
    await this.#write({ index, ok, result });
    this.#results.set(index, { ok, result });
    if (!ok) this.#failed++;
    this.#tell();
  }

  #write(entry: WorkEntry): Promise<void> {
    return this.#parts.store.append(workFile(this.#batch), `${asciiSafe(JSON.stringify(entry))}\n`);
  }

  #recall(line: string): void {
    let entry: WorkEntry;
    try {
      entry = JSON.parse(line) as WorkEntry;
    } catch {
      return;
    }
    if ("tried" in entry) return void this.#tried.set(entry.index, entry.tried);
    this.#results.set(entry.index, { ok: entry.ok, result: entry.result });
    if (!entry.ok) this.#failed++;
  }

  #tell(): void {
    this.#parts.progress(this.#results.size - this.#failed, this.#failed);
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

/** Answers that say "not now" rather than "no": nothing was tried, so waiting costs nothing. */
function isBusy({ status, body }: LineAnswer): boolean {
  return (status === 429 || status === 503) && /"code":"(?:overloaded|rate_limit_exceeded|shutting_down)"/.test(body);
}

function customIdOf(line: BatchLine | readonly unknown[]): string | null {
  return "customId" in line ? line.customId : null;
}

/** JSON without line ends between its parts, which would end the line it stands in. */
function oneLine(body: ByteText): ByteText {
  return body.replace(/[\r\n]+/g, " ");
}

/** `ByteText` inside JSON: its characters beyond ASCII are bytes of UTF-8 and stay as they are. */
function asciiSafe(json: string): ByteText {
  return json.replace(/[\u0100-\uffff]/g, "?");
}
