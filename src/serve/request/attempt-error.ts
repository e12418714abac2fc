import { apiError, errorBody, type ApiError } from "../wire/api-error.ts";
import { textOf } from "../wire/byte-text.ts";
import type { ByteText, EngineFailure } from "../wire/ports.ts";

/** Why an attempt came to nothing. */
export interface AttemptFailure {
  readonly cause: EngineFailure["kind"] | "malformed" | "engine-error" | "too-long" | "timeout" | "status";
  readonly message: string;
  /** Status of the engine's answer when `cause` is `status`. */
  readonly status: number;
  readonly retryAfterMs: number | null;
  /** Body of an answer other than 200. */
  readonly body: ByteText;
  readonly contentType: string;
  /** It says nothing of the engine: the request had no time left, or its answer is longer than any that is kept here. */
  readonly blameless: boolean;
}

/** Refusals of the request itself. Credentials and rate limits are the gateway's affair. */
export function isCallersFault({ cause, status }: AttemptFailure): boolean {
  return cause === "status" && isRefusal(status) && ![401, 403, 408, 425, 429].includes(status);
}

/**
 * Whether a status speaks of the request and not of the engine's health: 4xx, and 501 for what an engine was not started
 * for (llama.cpp says it of embeddings).
 */
export function isRefusal(status: number): boolean {
  return (status >= 400 && status < 500) || status === 501;
}

/** The engine knows no such model, endpoint or stored response, which says nothing of the others. */
export function isMissing({ cause, status }: AttemptFailure): boolean {
  return cause === "status" && (status === 404 || status === 501);
}

/** Longest text of an engine that is put into an error of our own, in characters. */
const longestReason = 2_000;

/**
 * The body that tells a caller what the engine had against the request: its own where that has OpenAI's shape, else what it
 * said put into that shape. Older vLLM, SGLang and TensorRT-LLM leave out the wrapping (`{"object": "error", "message": …}`),
 * FastAPI says `detail`, others `{"error": "…"}`.
 */
export function refusalBody({ status, body }: AttemptFailure): ByteText {
  const said = parsed(body);
  if (typeof said?.error === "object" && typeof said.error?.message === "string") return body;
  const reason = reasonOf(said)?.slice(0, longestReason);
  const plain = apiError("invalid_request", { detail: `The engine refused the request with status ${status}.` });
  return errorBody(reason ? { ...plain, message: `The engine refused the request: ${reason}` } : plain);
}

interface Said {
  readonly error?: { readonly message?: unknown } | string | null;
  readonly message?: unknown;
  readonly detail?: unknown;
}

function parsed(body: ByteText): Said | null {
  try {
    return JSON.parse(textOf(body)) as Said | null;
  } catch {
    return null;
  }
}

function reasonOf(said: Said | null): string | null {
  const told = said?.error ?? said?.message ?? said?.detail;
  if (typeof told === "string") return told;
  // FastAPI names the fields it could not read: `[{"loc": ["body", "n"], "msg": "…"}]`.
  if (!Array.isArray(told)) return null;
  const fields = told as readonly ({ readonly loc?: unknown; readonly msg?: unknown } | null)[];
  const texts = fields.flatMap((field) => {
    if (typeof field?.msg !== "string") return [];
    return Array.isArray(field.loc) ? `${field.loc.join(".")}: ${field.msg}` : field.msg;
  });
  return texts.length > 0 ? texts.join("; ") : null;
}

/** The error that tells a caller of a failed attempt; says nothing of addresses or keys. */
export function errorOf(failure: AttemptFailure): ApiError {
  if (failure.cause === "timeout") return apiError("upstream_timeout", { detail: sentence(failure.message) });
  if (failure.cause === "status" && (failure.status === 429 || failure.status === 503)) {
    return apiError("overloaded", { retryAfterMs: failure.retryAfterMs ?? 1_000 });
  }
  return apiError("upstream_failed", { detail: sentence(failure.message) });
}

function sentence(text: string): string {
  return `${text[0]?.toUpperCase() ?? ""}${text.slice(1)}.`;
}
