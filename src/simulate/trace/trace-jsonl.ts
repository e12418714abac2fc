import { TraceBuilder } from "./trace-builder.ts";
import { pushLines } from "./trace-csv.ts";
import type { Trace } from "./trace.ts";
import type { TraceStore } from "./trace-store.ts";
import { parseTimeMs } from "./trace-times.ts";

/**
 * Reads a trace of one JSON object per line: the Mooncake format (`timestamp` in ms or a date, `input_length`, `output_length`,
 * `hash_ids`), or that of Qwen-Bailian, which has the same names and a `parent_chat_id`, but seconds.
 */
export class JsonlTraceParser {
  readonly #builder: TraceBuilder;
  #line = 0;

  constructor(makeStore?: () => TraceStore) {
    this.#builder = new TraceBuilder(makeStore);
  }

  /** One line without its end. `isCut` when the file ended before the line did. */
  push(text: string, isCut = false): void {
    this.#line++;
    const row = this.#line === 1 ? text.replace(/^\uFEFF/, "") : text;
    if (row.trim() === "") return;
    const builder = this.#builder;
    builder.countRow();
    let value: unknown;
    try {
      value = JSON.parse(row);
    } catch {
      builder.reject(isCut ? "truncated" : "malformed", this.#line, row);
      return;
    }
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      builder.reject("malformed", this.#line, row);
      return;
    }
    const record = value as Record<string, unknown>;
    const hashes = record["hash_ids"];
    if (hashes !== undefined && !(Array.isArray(hashes) && hashes.every((hash) => Number.isSafeInteger(hash)))) {
      builder.reject("malformed", this.#line, row);
      return;
    }
    builder.add(
      {
        timeMs: timeOf(record["timestamp"], "parent_chat_id" in record ? 1000 : 1),
        inputTokens: numberOf(record["input_length"]),
        outputTokens: numberOf(record["output_length"]),
        ...(hashes ? { prefixHashes: hashes as number[] } : {}),
      },
      this.#line,
      row,
    );
  }

  /** Something other than a line that stands in the way, for example the end of a damaged archive. */
  reject(rule: "truncated" | "malformed", text: string): void {
    this.#builder.countRow();
    this.#builder.reject(rule, this.#line + 1, text);
  }

  finish(): Trace {
    return this.#builder.finish();
  }
}

/** Reads a JSON-lines trace that is in memory. */
export function parseJsonlTrace(text: string): Trace {
  const parser = new JsonlTraceParser();
  pushLines(text, parser);
  return parser.finish();
}

/** Logs that became JSON lines often carry dates, and some programs write every number as a text. */
function timeOf(value: unknown, unitMs: number): number {
  return typeof value === "string" ? parseTimeMs(value.trim(), unitMs) : numberOf(value) * unitMs;
}

function numberOf(value: unknown): number {
  return typeof value === "number" ? value : Number.NaN;
}
