import { TraceBuilder, type Trace } from "./trace.ts";

/**
 * Reads a trace of one JSON object per line: the Mooncake format (`timestamp` in ms, `input_length`, `output_length`,
 * `hash_ids` of 512-token blocks).
 */
export function parseJsonlTrace(text: string): Trace {
  const builder = new TraceBuilder();
  const lines = text.split(/\r?\n/);
  const endsWhole = text.endsWith("\n");
  for (const [index, row] of lines.entries()) {
    const line = index + 1;
    if (row.trim() === "") continue;
    builder.countRow();
    let value: unknown;
    try {
      value = JSON.parse(row);
    } catch {
      builder.reject(index === lines.length - 1 && !endsWhole ? "truncated" : "malformed", line, row);
      continue;
    }
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      builder.reject("malformed", line, row);
      continue;
    }
    const record = value as Record<string, unknown>;
    const hashes = record["hash_ids"];
    if (hashes !== undefined && !(Array.isArray(hashes) && hashes.every((hash) => Number.isInteger(hash)))) {
      builder.reject("malformed", line, row);
      continue;
    }
    builder.add(
      {
        timeMs: numberOf(record["timestamp"]),
        inputTokens: numberOf(record["input_length"]),
        outputTokens: numberOf(record["output_length"]),
        ...(hashes ? { prefixHashes: hashes as number[] } : {}),
      },
      line,
      row,
    );
  }
  return builder.finish();
}

function numberOf(value: unknown): number {
  return typeof value === "number" ? value : Number.NaN;
}
