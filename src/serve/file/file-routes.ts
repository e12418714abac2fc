import { apiError, type ApiError } from "../wire/api-error.ts";
import { batchEndpoints } from "./batch-input.ts";
import { asciiJson, textOf } from "../wire/byte-text.ts";
import type { BatchOrder, FileDesk } from "./file-desk.ts";
import type { StoredBatch, StoredFile } from "./file-index.ts";
import { pieceBytes } from "./file-lines.ts";
import { formBoundary, formParts } from "../wire/form-parts.ts";
import type { ByteText } from "../wire/ports.ts";
import type { ByteSource, Call } from "../wire/transport.ts";

/** Who asks for files and batches, and what a model would be refused for, as the gateway judges it. */
export interface FileCaller {
  readonly account: string;
  readonly keyId: string | null;
  readonly area: string;
  readonly access: string;
  readonly refuses: (model: string) => ApiError | null;
}

export interface FileAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: ByteText;
  /** More of the body from position `from` on, empty at its end; null when it is gone. Absent = `body` is all. */
  readonly more?: (from: number) => Promise<ByteText | null>;
}

/** What a file may be uploaded for. Source: OpenAI's API reference, Files, seen 2026-11; only `batch` leads to anything here. */
const purposes = ["batch", "assistants", "fine-tune", "vision", "user_data", "evals"];
const windowPattern = /^(\d{1,3})([hd])$/;
const longestWindowS = 30 * 86_400;
/**
 * What of an upload is looked through and written at a time. Below a mebibyte V8 keeps a text among its own objects, and
 * what was used is collected before much of it has come together.
 */
const uploadPieceBytes = 512 * 1024;
/** What is read of a field of a form, bytes: more than any of them needs. */
const longestField = 1_000;
const pageLength = { usual: 20, most: 10_000 } as const;
const idPattern = /^[A-Za-z0-9_-]{1,80}$/;

/** Whether a path is one of these endpoints. */
export function isFilePath(path: string): boolean {
  return /^\/v1\/(?:files|batches)(?:\/|$)/.test(path);
}

/** Answers everything below `/v1/files` and `/v1/batches`. */
export async function answerFileCall(desk: FileDesk, caller: FileCaller, call: Call): Promise<FileAnswer | ApiError> {
  const [, , collection, id, verb, ...rest] = call.path.split("/");
  if (rest.length > 0 || (id !== undefined && !idPattern.test(id))) return apiError("not_found");
  const route = `${call.method === "HEAD" ? "GET" : call.method} ${collection}${id === undefined ? "" : "/id"}${verb === undefined ? "" : `/${verb}`}`;
  if (route === "POST files") return upload(desk, caller, call);
  if (route === "GET files") {
    const purpose = new URLSearchParams(call.query).get("purpose");
    const mine = ownOf(desk.index.files, caller).filter((file) => purpose === null || file.purpose === purpose);
    return page(mine, fileObject, call);
  }
  if (route === "POST batches") return order(desk, caller, call);
  if (route === "GET batches") return page(ownOf(desk.index.batches, caller), batchObject, call);
  const file = collection === "files" ? own(desk.index.files.get(id ?? ""), caller) : null;
  const batch = collection === "batches" ? own(desk.index.batches.get(id ?? ""), caller) : null;
  if (
    !/^(?:GET files\/id|DELETE files\/id|GET files\/id\/content|GET batches\/id|POST batches\/id\/cancel)$/.test(route)
  ) {
    return apiError("method_not_allowed");
  }
  if (file && route === "GET files/id") return json(fileObject(file));
  if (file && route === "GET files/id/content") {
    const piece = (from: number) => desk.contentOf(file, from, pieceBytes);
    const body = await piece(0);
    const more = file.bytes > pieceBytes && { more: piece };
    if (body !== null) return { status: 200, contentType: "application/octet-stream", body, ...more };
  }
  if (file && route === "DELETE files/id") {
    await desk.remove(file);
    return json({ id: file.id, object: "file", deleted: true });
  }
  if (batch && route === "GET batches/id") return json(batchObject(batch));
  if (batch && route === "POST batches/id/cancel") return json(batchObject(await desk.cancel(batch)));
  return apiError("not_found", {
    detail: `There is no ${collection === "files" ? "file" : "batch"} \`${id}\`.`,
    hint: `GET /v1/${collection} lists those of this key's account.`,
    param: "id",
  });
}

async function upload(desk: FileDesk, caller: FileCaller, call: Call): Promise<FileAnswer | ApiError> {
  const body: ByteSource = call.bytes ?? call.body;
  const boundary = formBoundary(call.header("content-type") ?? "");
  const parts = boundary === null ? null : formParts(body, boundary);
  if (parts === null) return wrong("Send the file as multipart/form-data.");
  const text = (name: string) => {
    const part = parts.find((entry) => entry.name === name && entry.fileName === null);
    return part ? body.slice(part.start, Math.min(part.end, part.start + longestField)) : null;
  };
  const file = parts.find((entry) => entry.name === "file" && entry.fileName !== null);
  const purpose = text("purpose");
  if (!file) return wrong("`file` is missing.", "file");
  if (purpose === null || !purposes.includes(purpose))
    return wrong(`\`purpose\` must be one of ${purposes.join(", ")}.`, "purpose");
  const seconds = text("expires_after[seconds]");
  if (seconds !== null && !(Number(seconds) >= 60 && Number(seconds) <= longestWindowS)) {
    return wrong("`expires_after[seconds]` must lie between 60 and 2592000.", "expires_after");
  }
  // Before anything is written: data the law keeps elsewhere must not come to rest here.
  if (purpose === "batch") {
    const refusal = modelsIn(body, file.start, file.end)
      .map((model) => caller.refuses(model))
      .find((error) => error?.code === "residency_refused");
    if (refusal) return refusal;
  }
  const fileName = nameText(file.fileName!);
  const expiresAfterS = seconds === null ? null : Number(seconds);
  const about = { account: caller.account, fileName, purpose, expiresAfterS };
  const release = desk.hold(caller.account, file.end - file.start);
  if (release === null)
    return apiError("request_too_large", { detail: "The files of this account would exceed what it may keep." });
  try {
    return json(fileObject(await desk.keep(piecesOf(body, file.start, file.end), about)));
  } finally {
    release();
  }
}

/** Longest name a file keeps, in characters. */
const longestName = 200;

/** A file's name as it was written, without what a terminal or a listing would obey. */
function nameText(bytes: ByteText): string {
  const [...characters] = textOf(bytes).replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, "?");
  return characters.slice(0, longestName).join("");
}

/** The bytes between two positions, piece by piece. */
function* piecesOf(body: ByteSource, start: number, end: number): Generator<ByteText> {
  for (let from = start; from < end; from += uploadPieceBytes)
    yield body.slice(from, Math.min(end, from + uploadPieceBytes));
}

/** Names of models anywhere in a file of requests; a quick look that may find too many. */
function modelsIn(body: ByteSource, start: number, end: number): string[] {
  const found = new Set<string>();
  for (let from = start; from < end;) {
    // Whole lines at a time: no name lies across two of them.
    const lineEnd = from + uploadPieceBytes < end ? body.indexOf("\n", from + uploadPieceBytes) : -1;
    const to = lineEnd < 0 ? end : Math.min(end, lineEnd + 1);
    for (const match of body.slice(from, to).matchAll(/"model"\s*:\s*("(?:[^"\\]|\\.){1,300}")/g)) {
      try {
        found.add(JSON.parse(match[1]!) as string);
      } catch {
        continue;
      }
    }
    from = to;
  }
  return [...found];
}

async function order(desk: FileDesk, caller: FileCaller, call: Call): Promise<FileAnswer | ApiError> {
  let fields: Record<string, unknown>;
  try {
    fields = JSON.parse(call.body) as Record<string, unknown>;
    if (typeof fields !== "object" || fields === null) return apiError("invalid_json");
  } catch {
    return apiError("invalid_json");
  }
  const {
    input_file_id: inputFileId,
    endpoint,
    completion_window: window,
    metadata,
    output_expires_after: after,
  } = fields;
  const input = typeof inputFileId === "string" ? own(desk.index.files.get(inputFileId), caller) : null;
  if (!input) return wrong("`input_file_id` names no file of yours.", "input_file_id");
  if (input.purpose !== "batch") return wrong("The file was not uploaded with the purpose batch.", "input_file_id");
  if (typeof endpoint !== "string" || !batchEndpoints.includes(endpoint)) {
    return wrong(`\`endpoint\` must be one of ${batchEndpoints.join(", ")}.`, "endpoint");
  }
  const parsed = windowPattern.exec(typeof window === "string" ? window : "");
  const windowS = parsed ? Number(parsed[1]) * (parsed[2] === "h" ? 3_600 : 86_400) : 0;
  if (windowS <= 0 || windowS > longestWindowS) {
    return wrong(
      "`completion_window` must be a number of hours or days such as 24h, at most 30d.",
      "completion_window",
    );
  }
  if (metadata !== undefined && metadata !== null && !isMetadata(metadata)) {
    return wrong("`metadata` must be an object of at most 16 short texts.", "metadata");
  }
  const seconds = (after as { seconds?: unknown } | null | undefined)?.seconds;
  if (seconds !== undefined && !(typeof seconds === "number" && seconds >= 60 && seconds <= longestWindowS)) {
    return wrong("`output_expires_after.seconds` must lie between 60 and 2592000.", "output_expires_after");
  }
  const { account, keyId, area, access } = caller;
  const wish: BatchOrder = {
    account,
    keyId,
    area,
    access,
    endpoint,
    inputFileId: input.id,
    window: window as string,
    windowS,
    metadata: (metadata as Record<string, string> | undefined) ?? null,
    outputExpiresAfterS: seconds ?? null,
  };
  return json(batchObject(await desk.order(wish, caller.refuses)));
}

function isMetadata(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const entries = Object.entries(value);
  return (
    entries.length <= 16 &&
    entries.every(([key, text]) => key.length <= 64 && typeof text === "string" && text.length <= 512)
  );
}

function own<T extends { readonly account: string }>(entry: T | undefined, { account }: FileCaller): T | null {
  return entry && entry.account === account ? entry : null;
}

/** Newest first. */
function ownOf<T extends { readonly account: string }>(entries: ReadonlyMap<string, T>, caller: FileCaller): T[] {
  return [...entries.values()].filter((entry) => entry.account === caller.account).toReversed();
}

function page<T extends { readonly id: string }>(
  all: readonly T[],
  show: (entry: T) => object,
  { query }: Call,
): FileAnswer | ApiError {
  const asked = new URLSearchParams(query);
  const limit = Number(asked.get("limit") ?? pageLength.usual);
  if (!Number.isInteger(limit) || limit < 1 || limit > pageLength.most) {
    return wrong(`\`limit\` must be a whole number from 1 to ${pageLength.most}.`, "limit");
  }
  const after = asked.get("after");
  const ordered = asked.get("order") === "asc" ? all.toReversed() : all;
  const from = after === null ? 0 : ordered.findIndex((entry) => entry.id === after) + 1;
  const data = ordered.slice(from, from + limit);
  return json({
    object: "list",
    data: data.map(show),
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: from + limit < ordered.length,
  });
}

function fileObject(file: StoredFile): object {
  return {
    id: file.id,
    object: "file",
    bytes: file.bytes,
    created_at: file.createdS,
    ...(file.expiresS !== null && { expires_at: file.expiresS }),
    filename: file.fileName,
    purpose: file.purpose,
    status: "processed",
  };
}

/** As the published schema has it: what does not exist (yet) is left out, not null. */
function batchObject(batch: StoredBatch): object {
  const { sinceS, outputFileId, errorFileId, problems } = batch;
  const times = Object.entries(sinceS).filter(([status]) => status !== "validating");
  return {
    id: batch.id,
    object: "batch",
    endpoint: batch.endpoint,
    ...(problems.length > 0 && { errors: { object: "list", data: problems } }),
    input_file_id: batch.inputFileId,
    completion_window: batch.window,
    status: batch.status,
    ...(outputFileId !== null && { output_file_id: outputFileId }),
    ...(errorFileId !== null && { error_file_id: errorFileId }),
    created_at: batch.createdS,
    expires_at: batch.expiresS,
    ...Object.fromEntries(times.map(([status, seconds]) => [`${status}_at`, seconds])),
    request_counts: { total: batch.total, completed: batch.completed, failed: batch.failed },
    metadata: batch.metadata,
  };
}

function json(value: object): FileAnswer {
  return { status: 200, contentType: "application/json", body: asciiJson(value) };
}

function wrong(detail: string, param?: string): ApiError {
  return apiError("invalid_request", { detail, ...(param && { param }) });
}
