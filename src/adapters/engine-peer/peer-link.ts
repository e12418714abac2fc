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
 * The way to another gateway. Where nothing comes of it, the gateway is asked whether it lives, and if it does not answer, what waits
 * for it ends at once: a machine that hangs, or a way that is cut, keeps connections open, and would be waited for as long as any slow
 * engine. That it is heard in the control network says nothing of this way.
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
    const { peer, http } = this.#options;
    const run = new LinkRun(events, (failure) => {
      this.#runs.delete(run);
      if (failure?.kind === "connect") peer.isReachable = false;
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
    const quiet = [...this.#runs].filter((run) => run.isQuiet()).map((run) => ({ run, pieces: run.pieces }));
    const isSought = !peer.isReachable && peer.standing(nowMs()) !== "gone";
    if (this.#asking || (quiet.length === 0 && !isSought)) return;
    this.#asking = true;
    const askedAtMs = nowMs();
    const answer = await probe.getText("/healthz", answerMs);
    this.#asking = false;
    if (answer !== null) return void (peer.isReachable = true);
    // One that is heard and refuses at once is there, and may finish what runs: it stops, or has all the connections that it takes.
    if (peer.isHeard(nowMs()) && nowMs() - askedAtMs < answerMs / 2) return;
    peer.isReachable = false;
    for (const { run, pieces } of quiet) if (run.pieces === pieces) run.giveUp();
  }
}

/** A request at another gateway; ended by it, by whoever sent it, or because the gateway is silent. */
class LinkRun implements EngineEvents {
  readonly #events: EngineEvents;
  readonly #over: (failure: Parameters<EngineEvents["end"]>[0]) => void;
  #run: EngineRun | null = null;
  #ended = false;
  /** How often something has come, and how often it had at the last look. */
  pieces = 0;
  #piecesThen = 0;
  #quietLooks = 0;

  constructor(events: EngineEvents, over: (failure: Parameters<EngineEvents["end"]>[0]) => void) {
    this.#events = events;
    this.#over = over;
  }

  follow(run: EngineRun): void {
    this.#run = run;
  }

  /** Whether nothing has come for longer than from one look to the next; to be asked once with every look. */
  isQuiet(): boolean {
    this.#quietLooks = this.pieces === this.#piecesThen ? this.#quietLooks + 1 : 0;
    this.#piecesThen = this.pieces;
    return this.#quietLooks > 1;
  }

  head(head: Parameters<EngineEvents["head"]>[0]): void {
    this.pieces++;
    if (!this.#ended) this.#events.head(head);
  }

  data(bytes: string): void {
    this.pieces++;
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
