import { asciiJson } from "../wire/byte-text.ts";
import type { Clock } from "../wire/ports.ts";
import type { Exchange, Reply } from "../wire/transport.ts";

/** One finished request as the console draws it. Carries no text of user or model. */
export interface LiveEvent {
  readonly epochMs: number;
  readonly requestId: string;
  readonly workload: string;
  readonly area: string;
  readonly site: string | null;
  readonly tier: "core" | "regional" | "edge" | null;
  /** Measured at the gateway; null when no content came. */
  readonly ttftMs: number | null;
  /** Modelled median round trip between area and site, which is not part of `ttftMs`. */
  readonly networkMs: number | null;
  readonly budgetMs: number;
  readonly outcome: string;
  readonly attempts: number;
}

/** Events are sent in batches this far apart, so that a busy gateway does not drown a browser. */
const batchMs = 100;
/** Events kept for one batch; more are counted, not sent. */
const batchEvents = 200;
/** Longest silence on the feed; proxies close connections that say nothing. */
const keepAliveMs = 15_000;

/** Server-sent events for consoles. Costs next to nothing while nobody watches; a slow watcher misses events. */
export class LiveFeed {
  readonly #clock: Clock;
  readonly #watchers = new Set<Watcher>();
  #batch: LiveEvent[] = [];
  #skipped = 0;
  #scheduled = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether an event has anyone to go to. */
  get isWatched(): boolean {
    return this.#watchers.size > 0;
  }

  publish(event: LiveEvent): void {
    if (!this.isWatched) return;
    if (this.#batch.length < batchEvents) this.#batch.push(event);
    else this.#skipped++;
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#clock.schedule(batchMs, () => this.#send());
  }

  watch(reply: Reply): Exchange {
    const watcher: Watcher = { reply, ready: true, forget: () => {} };
    const headers = ["content-type", "text/event-stream; charset=utf-8", "cache-control", "no-store"];
    watcher.ready = reply.send(200, headers, "retry: 1000\n\n", false);
    const beat = () => {
      if (watcher.ready) watcher.ready = reply.write(": still here\n\n", false);
      watcher.forget = this.#clock.schedule(keepAliveMs, beat);
    };
    watcher.forget = this.#clock.schedule(keepAliveMs, beat);
    this.#watchers.add(watcher);
    return {
      clientLeft: () => {
        watcher.forget();
        this.#watchers.delete(watcher);
      },
      drained: () => {
        watcher.ready = true;
      },
    };
  }

  close(): void {
    for (const watcher of this.#watchers) {
      watcher.forget();
      watcher.reply.write("", true);
    }
    this.#watchers.clear();
  }

  #send(): void {
    this.#scheduled = false;
    const text = `data: ${asciiJson({ requests: this.#batch, skipped: this.#skipped })}\n\n`;
    this.#batch = [];
    this.#skipped = 0;
    for (const watcher of this.#watchers) {
      if (watcher.ready) watcher.ready = watcher.reply.write(text, false);
    }
  }
}

interface Watcher {
  readonly reply: Reply;
  ready: boolean;
  forget: () => void;
}
