import type { EngineEvents, EngineRun, HttpClient, HttpPost, Peer } from "../../serve/index.ts";

export interface PeerLinkOptions {
  readonly peer: Peer;
  readonly http: HttpClient;
  /** For the question whether it lives, which must not wait behind what was asked before. */
  readonly probe: HttpClient;
  /** Reading of `Clock.monotonicMs`. */
  readonly nowMs: () => number;
}

/** Between two looks at a gateway, ms, and how long it may take to answer. */
const lookMs = 500;
const answerMs = 1_000;

/**
 * The way to another gateway. When nothing is heard of that one it is asked whether it lives, and if it does not answer, what waits
 * for it ends at once: a machine that hangs keeps its connections open, and would be waited for as long as any slow engine.
 */
export class PeerLink {
  readonly #options: PeerLinkOptions;
  readonly #runs = new Set<LinkRun>();
  readonly #timer: NodeJS.Timeout;
  #asking = false;

  constructor(options: PeerLinkOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.#look(), lookMs);
    this.#timer.unref();
  }

  post(request: HttpPost, events: EngineEvents): EngineRun {
    const { peer, http, nowMs } = this.#options;
    const run = new LinkRun(events, (failure) => {
      this.#runs.delete(run);
      if (failure?.kind === "connect") peer.unreachable(nowMs());
    });
    this.#runs.add(run);
    run.follow(http.post(request, run));
    return {
      cancel: () => {
        this.#runs.delete(run);
        run.cancel();
      },
      pause: () => run.pause(),
      resume: () => run.resume(),
    };
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all([this.#options.http.close(), this.#options.probe.close()]);
  }

  async #look(): Promise<void> {
    const { peer, probe, nowMs } = this.#options;
    if (this.#asking || this.#runs.size === 0 || peer.standing(nowMs()) === "fresh") return;
    this.#asking = true;
    const asked = [...this.#runs];
    const answer = await probe.getText("/healthz", answerMs);
    this.#asking = false;
    if (answer !== null) return;
    peer.unreachable(nowMs());
    for (const run of asked) run.giveUp();
  }
}

/** A request at another gateway; ended by it, by whoever sent it, or because the gateway is silent. */
class LinkRun implements EngineEvents {
  readonly #events: EngineEvents;
  readonly #over: (failure: Parameters<EngineEvents["end"]>[0]) => void;
  #run: EngineRun | null = null;
  #ended = false;

  constructor(events: EngineEvents, over: (failure: Parameters<EngineEvents["end"]>[0]) => void) {
    this.#events = events;
    this.#over = over;
  }

  follow(run: EngineRun): void {
    this.#run = run;
  }

  head(head: Parameters<EngineEvents["head"]>[0]): void {
    if (!this.#ended) this.#events.head(head);
  }

  data(bytes: string): void {
    if (!this.#ended) this.#events.data(bytes);
  }

  end(failure: Parameters<EngineEvents["end"]>[0]): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#over(failure);
    this.#events.end(failure);
  }

  giveUp(): void {
    if (this.#ended) return;
    this.#run?.cancel();
    this.end({ kind: "reset", message: "the gateway that holds the engine does not answer any more" });
  }

  cancel(): void {
    this.#ended = true;
    this.#run?.cancel();
  }

  pause(): void {
    this.#run?.pause();
  }

  resume(): void {
    this.#run?.resume();
  }
}
