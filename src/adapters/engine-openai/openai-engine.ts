import { unknownSignals, type Engine, type HttpClient } from "../../serve/index.ts";
import { Scraper } from "./scraper.ts";

export interface OpenAiEngineOptions {
  /** Root of the server without `/v1`, for example `http://10.0.0.7:8000`. Comes from the configuration only. */
  readonly url: string;
  /** Sent as `Authorization: Bearer …`; never logged. */
  readonly apiKey?: string;
  /** Where the server shows its load, polled every `scrapeMs`; null = it does not; `auto` = look where engines do. */
  readonly metricsPath?: string | null;
  readonly scrapeMs?: number;
  /** How the server is reached. */
  readonly client: (origin: string) => HttpClient;
}

/** An engine behind HTTP. Redirects are not followed: they would lead data to a place nobody has judged. */
export function createOpenAiEngine(options: OpenAiEngineOptions): Engine {
  const { url, apiKey, client, metricsPath = null, scrapeMs = 1_000 } = options;
  const root = new URL(url);
  const http = client(root.origin);
  const base = root.pathname.replace(/\/$/, "");
  const authorization = apiKey === undefined ? [] : ["authorization", `Bearer ${apiKey}`];
  const fixed = ["content-type", "application/json", ...authorization];
  const scraper = metricsPath === null ? null : new Scraper(http, base, metricsPath, scrapeMs);

  return {
    start({ requestId, path, body, contentType }, events) {
      const bytes = contentType !== undefined;
      const headers = bytes ? ["content-type", contentType, ...authorization] : [...fixed];
      headers.push("x-request-id", requestId);
      return http.post({ path: base + path, headers, body, bytes }, events);
    },
    signals: () => scraper?.signals ?? unknownSignals,
    async close() {
      scraper?.stop();
      await http.close();
    },
  } satisfies Engine;
}
