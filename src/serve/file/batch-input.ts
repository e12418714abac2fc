import { textOf } from "../wire/byte-text.ts";
import type { BatchProblem } from "./file-index.ts";
import type { FileLine } from "./file-lines.ts";
import { hasMoreParts, mostParts } from "../wire/json-parts.ts";
import { memberSpans } from "../wire/json-span.ts";
import type { ByteText } from "../wire/ports.ts";

/** One request of a batch. */
export interface BatchLine {
  readonly customId: string;
  readonly model: string;
  /** The body exactly as it stands in the file, in ordinary text. */
  readonly body: string;
}

/** Endpoints that may stand in a batch: those whose answer is JSON. */
export const batchEndpoints = ["/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/responses"];

export const maxBatchLines = 50_000;
/** Problems told of one file; the rest are like them. */
const problemsTold = 100;

/** Reads one line; a sentence and the field it is about when it is no request of this batch. */
export function readLine(text: ByteText | null, endpoint: string): BatchLine | [string, string | null] {
  if (text === null) return ["The line is too long.", null];
  let line: string;
  let value: unknown;
  if (hasMoreParts(text, mostParts)) return [`The line holds more than ${mostParts} texts, lists and objects.`, null];
  try {
    line = textOf(text, "throws");
    value = JSON.parse(line);
  } catch {
    return ["The line is not valid JSON.", null];
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return ["The line is no JSON object.", null];
  const spans = memberSpans(line, ["custom_id", "method", "url", "body"]);
  if (new Set(spans.map(({ key }) => key)).size < spans.length) return ["A field of the line is given twice.", null];
  const { custom_id: customId, method, url, body } = value as Record<string, unknown>;
  if (typeof customId !== "string" || customId === "") return ["`custom_id` must be a text.", "custom_id"];
  if (method !== "POST") return ["`method` must be POST.", "method"];
  if (url !== endpoint) return [`\`url\` must be the endpoint of the batch, ${endpoint}.`, "url"];
  if (typeof body !== "object" || body === null) return ["`body` must be an object.", "body"];
  const { model, stream } = body as Record<string, unknown>;
  if (typeof model !== "string" || model === "") return ["`body.model` must be a text.", "body.model"];
  if (stream === true) return ["A batch cannot stream.", "body.stream"];
  const { span } = spans.find(({ key }) => key === "body")!;
  return { customId, model, body: line.slice(span.valueStart, span.valueEnd) };
}

/**
 * How many requests a file holds, and everything wrong with it as input of a batch; nothing when it may run. `refuses`
 * says why a model may not be used here and now: unknown, outside the key's scope, or against the law where the file is
 * kept.
 */
export async function problemsOf(
  lines: AsyncIterable<FileLine>,
  endpoint: string,
  refuses: (model: string) => { readonly code: string; readonly message: string } | null,
): Promise<{ readonly total: number; readonly problems: readonly BatchProblem[] }> {
  const problems: BatchProblem[] = [];
  const seen = new Set<string>();
  const refusals = new Map<string, ReturnType<typeof refuses>>();
  let total = 0;
  for await (const { number, text } of lines) {
    // All are counted, so that whoever sent too many learns how many.
    if (++total > maxBatchLines || problems.length >= problemsTold) continue;
    const line = readLine(text, endpoint);
    const add = (code: string, message: string, param: string | null) =>
      problems.push({ code, message, param, line: number });
    if (Array.isArray(line)) {
      add("invalid_request", line[0], line[1]);
      continue;
    }
    if (seen.has(line.customId)) add("duplicate_custom_id", `\`${line.customId}\` was used before.`, "custom_id");
    seen.add(line.customId);
    if (!refusals.has(line.model)) refusals.set(line.model, refuses(line.model));
    const refusal = refusals.get(line.model);
    if (refusal) add(refusal.code, refusal.message, "body.model");
  }
  const whole = (code: string, message: string) => ({ total, problems: [{ code, message, param: null, line: null }] });
  if (total === 0) return whole("empty_file", "The file holds no requests.");
  if (total > maxBatchLines) {
    return whole("too_many_requests", `The file holds ${total} requests; a batch may have ${maxBatchLines}.`);
  }
  return { total, problems };
}
