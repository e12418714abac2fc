import { unknownSignals, type EngineSignals, type HttpClient } from "../../serve/index.ts";
import { readEngineMetrics, type Scrape } from "./engine-metrics.ts";

/** Where engines show their load: vLLM, SGLang and llama.cpp; TensorRT-LLM; Ollama, which tells only what it has loaded. */
const usualPaths = ["/metrics", "/prometheus/metrics", "/api/ps"];
/** After this many scrapes in vain an engine is asked more seldom. */
const triesBeforeRest = 3;
const restFactor = 10;

/** Asks a server about its load again and again, for as long as it is not stopped. */
export class Scraper {
  readonly #http: HttpClient;
  readonly #base: string;
  readonly #everyMs: number;
  /** Paths to be tried; one once it is known. */
  #paths: readonly string[];
  readonly #allPaths: readonly string[];
  #scrape: Scrape | null = null;
  #misses = 0;
  #timer: NodeJS.Timeout | null = null;
  #stopped = false;

  /** `path`: a path below `base`, or `auto`. */
  constructor(http: HttpClient, base: string, path: string, everyMs: number) {
    this.#http = http;
    this.#base = base;
    this.#everyMs = everyMs;
    this.#allPaths = path === "auto" ? usualPaths : [path];
    this.#paths = this.#allPaths;
    void this.#poll();
  }

  get signals(): EngineSignals {
    return this.#scrape?.signals ?? unknownSignals;
  }

  stop(): void {
    this.#stopped = true;
    if (this.#timer) clearTimeout(this.#timer);
  }

  async #poll(): Promise<void> {
    const read = await this.#read();
    const told = read !== null && read !== "untold";
    // A missed scrape leaves the last one in place: its age tells the policy when to stop believing it.
    if (told) this.#scrape = read;
    this.#misses = told ? 0 : this.#misses + 1;
    if (read === "untold" && this.#misses >= triesBeforeRest) {
      // It is there and does not say any more how busy it is, as one that was started anew without metrics: not silent.
      this.#scrape = null;
      this.#paths = this.#allPaths;
    }
    if (this.#stopped) return;
    const factor = this.#misses < triesBeforeRest ? 1 : restFactor;
    this.#timer = setTimeout(() => void this.#poll(), this.#everyMs * factor);
    this.#timer.unref();
  }

  /** `untold`: it answers, but not with its load; null = it does not answer. */
  async #read(): Promise<Scrape | "untold" | null> {
    let answers = false;
    for (const path of this.#paths) {
      const text = await this.#http.getText(this.#base + path, this.#everyMs);
      answers ||= text !== null;
      const read = text === null ? null : readEngineMetrics(text, performance.now(), this.#scrape);
      if (!read) continue;
      this.#paths = [path];
      return read;
    }
    return answers ? "untold" : null;
  }
}
