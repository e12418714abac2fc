import { TraceBuilder } from "./trace-builder.ts";
import { findColumns } from "./trace-columns.ts";
import { pushLines } from "./trace-csv.ts";
import type { Trace } from "./trace.ts";
import type { TraceStore } from "./trace-store.ts";
import { epochUnitMs, parseTimeMs } from "./trace-times.ts";

/** Where the fields of a record are, and what a plain number in the first counts, ms. */
interface Names {
  readonly time: string;
  readonly input: string;
  readonly output: string;
  readonly unitMs: number | ((value: number) => number);
}

/**
 * Reads a trace of one JSON object per line: the Mooncake format (`timestamp` in ms or a date, `input_length`, `output_length`,
 * `hash_ids`), that of Qwen-Bailian, which has the same names and a `parent_chat_id`, but seconds, and any that names its fields as
 * tables name their columns. A list of such objects is read too where each line holds whole ones.
 */
export class JsonlTraceParser {
  readonly #builder: TraceBuilder;
  #line = 0;
  #names: Names | null = null;

  constructor(makeStore?: () => TraceStore) {
    this.#builder = new TraceBuilder(makeStore);
  }

  /** One line without its end. `isCut` when the file ended before the line did. */
  push(text: string, isCut = false): void {
    this.#line++;
    const row = this.#line === 1 ? text.replace(/^\uFEFF/, "") : text;
    const json = withoutList(row);
    if (json === "") return;
    let value: unknown;
    try {
      value = JSON.parse(json);
    } catch {
      this.#builder.countRow();
      this.#builder.reject(isCut ? "truncated" : "malformed", this.#line, row);
      return;
    }
    if (!Array.isArray(value)) return this.#take(value, row);
    for (const record of value) this.#take(record, JSON.stringify(record));
  }

  #take(value: unknown, row: string): void {
    const builder = this.#builder;
    builder.countRow();
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
    // A record that lacks a field is no guide to the others.
    this.#names ??= namesOf(record);
    const { time, input, output, unitMs } = this.#names ?? mooncake;
    builder.add(
      {
        timeMs: timeOf(record[time], "parent_chat_id" in record ? 1000 : unitMs),
        inputTokens: numberOf(record[input]),
        outputTokens: numberOf(record[output]),
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

const mooncake: Names = { time: "timestamp", input: "input_length", output: "output_length", unitMs: 1 };

/** A line of a list without what parts its entries; empty where nothing else stands in it. */
function withoutList(row: string): string {
  const line = row.trim();
  if (line.startsWith("[") && line.endsWith("]")) return line;
  return line
    .replace(/^[[\]]/, "")
    .replace(/(?<=\}\s*)[,\]]$/, "")
    .trim();
}

/** What a record calls its fields; null where it lacks one. */
function namesOf(record: Readonly<Record<string, unknown>>): Names | null {
  if (Object.values(mooncake).every((name) => typeof name !== "string" || name in record)) return mooncake;
  const keys = Object.keys(record);
  const found = findColumns(keys);
  if (found === null) return null;
  const { time, input, output, unitMs } = found;
  return { time: keys[time]!, input: keys[input]!, output: keys[output]!, unitMs: unitMs ?? epochUnitMs };
}

/** Logs that became JSON lines often carry dates, and some programs write every number as a text. */
function timeOf(value: unknown, unitMs: Names["unitMs"]): number {
  if (typeof value === "string") return parseTimeMs(value.trim(), unitMs);
  const number = numberOf(value);
  return number * (typeof unitMs === "number" ? unitMs : unitMs(number));
}

function numberOf(value: unknown): number {
  return typeof value === "number" ? value : Number.NaN;
}
