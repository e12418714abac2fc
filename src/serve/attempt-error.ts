import { apiError, type ApiError } from "./api-error.ts";
import type { AttemptFailure } from "./attempt.ts";
import type { ByteText } from "./ports.ts";

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

export function isErrorObject(text: ByteText): boolean {
  try {
    const { error } = JSON.parse(text) as { error?: { message?: unknown } | null };
    return typeof error?.message === "string";
  } catch {
    return false;
  }
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
