import type { Engine, HttpClient } from "../../serve/index.ts";
import { createUndiciClient } from "./undici-client.ts";

export interface OpenAiEngineOptions {
  /** Root of the server without `/v1`, for example `http://10.0.0.7:8000`. Comes from the configuration only. */
  readonly url: string;
  /** Sent as `Authorization: Bearer …`; never logged. */
  readonly apiKey?: string;
  /** How the server is reached; undici when absent. */
  readonly client?: (origin: string) => HttpClient;
}

/** An engine behind HTTP. Redirects are not followed: they would lead data to a place nobody has judged. */
export function createOpenAiEngine({ url, apiKey, client = createUndiciClient }: OpenAiEngineOptions): Engine {
  const root = new URL(url);
  const http = client(root.origin);
  const base = root.pathname.replace(/\/$/, "");
  const fixed = ["content-type", "application/json"];
  if (apiKey !== undefined) fixed.push("authorization", `Bearer ${apiKey}`);

  return {
    start({ requestId, path, body }, events) {
      return http.post({ path: base + path, headers: [...fixed, "x-request-id", requestId], body }, events);
    },
    signals: () => unknown,
    close: () => http.close(),
  } satisfies Engine;
}

const unknown = {
  source: "none",
  atMs: Number.NaN,
  runningRequests: Number.NaN,
  waitingRequests: Number.NaN,
  drainMs: Number.NaN,
  kvUsageRatio: Number.NaN,
} as const;
