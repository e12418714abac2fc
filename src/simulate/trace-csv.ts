import { TraceBuilder, type Trace } from "./trace.ts";

/**
 * Reads a CSV trace with a header: the Azure format (`TIMESTAMP,ContextTokens,GeneratedTokens`) and anything that names
 * its columns alike. Times are ISO-like dates (UTC) or plain numbers in seconds.
 */
export function parseCsvTrace(text: string): Trace {
  const builder = new TraceBuilder();
  const lines = text.split(/\r?\n/);
  const endsWhole = text.endsWith("\n");
  let header: string[] | null = null;
  let columns = { time: 0, input: 1, output: 2 };
  for (const [index, raw] of lines.entries()) {
    const line = index + 1;
    const row = index === 0 ? raw.replace(/^\uFEFF/, "") : raw;
    if (row.trim() === "") continue;
    const fields = row.split(",").map((field) => field.trim().replace(/^"(.*)"$/, "$1"));
    if (header === null) {
      header = fields;
      const found = findColumns(fields);
      if (found) {
        columns = found;
        continue;
      }
    }
    builder.countRow();
    if (fields.length !== header.length) {
      const isCut = index === lines.length - 1 && !endsWhole && fields.length < header.length;
      builder.reject(isCut ? "truncated" : "malformed", line, row);
      continue;
    }
    builder.add(
      {
        timeMs: parseTimeMs(fields[columns.time] ?? ""),
        inputTokens: parseCount(fields[columns.input] ?? ""),
        outputTokens: parseCount(fields[columns.output] ?? ""),
      },
      line,
      row,
    );
  }
  return builder.finish();
}

const names = {
  time: ["timestamp", "time", "arrival_time", "arrived_at", "arrival_s"],
  input: ["contexttokens", "input_tokens", "input_length", "num_prefill_tokens", "prompt_tokens", "inputtokens"],
  output: [
    "generatedtokens",
    "output_tokens",
    "output_length",
    "num_decode_tokens",
    "completion_tokens",
    "outputtokens",
  ],
};

function findColumns(header: readonly string[]): { time: number; input: number; output: number } | null {
  const lower = header.map((field) => field.toLowerCase());
  const position = (candidates: readonly string[]) => lower.findIndex((field) => candidates.includes(field));
  const found = { time: position(names.time), input: position(names.input), output: position(names.output) };
  return found.time < 0 || found.input < 0 || found.output < 0 ? null : found;
}

const datePattern = /^(\d{4})-(\d{2})-(\d{2})[ T](\d{2}):(\d{2}):(\d{2})(\.\d+)?(Z|\+00:00)?$/;

function parseTimeMs(field: string): number {
  if (/^\d+(\.\d+)?$/.test(field)) return Number(field) * 1000;
  const match = datePattern.exec(field);
  if (!match) return Number.NaN;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number);
  const isDate = month! >= 1 && month! <= 12 && day! >= 1 && day! <= daysInMonth(year!, month!);
  if (!isDate || hour! > 23 || minute! > 59 || second! > 60) return Number.NaN;
  // Fractions beyond a millisecond count: Azure's stamps have seven digits, and bursts live in them.
  const fraction = match[7] ? Number(match[7]) : 0;
  const seconds = ((daysSince1970(year!, month!, day!) * 24 + hour!) * 60 + minute!) * 60 + second!;
  return seconds * 1000 + fraction * 1000;
}

function daysInMonth(year: number, month: number): number {
  return daysSince1970(month === 12 ? year + 1 : year, (month % 12) + 1, 1) - daysSince1970(year, month, 1);
}

/** Days of the proleptic Gregorian calendar, counted in years that begin in March so that leap days come last. */
function daysSince1970(year: number, month: number, day: number): number {
  const y = month > 2 ? year : year - 1;
  const monthFromMarch = (month + 9) % 12;
  const leapDays = Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400);
  return y * 365 + leapDays + Math.floor((153 * monthFromMarch + 2) / 5) + day - 1 - 719468;
}

function parseCount(field: string): number {
  return /^\d+(\.0+)?$/.test(field) ? Number(field) : Number.NaN;
}
