import { unknownSignals, type EngineSignals, type ToldEngines } from "../wire/ports.ts";
import type { EngineReport } from "./peer-report.ts";
import { engineName, type Peer } from "./peer.ts";

/** Health of a group whose gateway is suspected: it is used when everyone else is worse. */
const suspectedRatio = 0.05;

/** A planned group of engines that another gateway holds. */
export class ToldGroup implements ToldEngines {
  readonly peer: Peer;
  readonly #name: string;
  readonly #site: string;
  #lookedAt = -1;
  /** Requests of this gateway there when its last report came. */
  #inFlightThen = 0;
  #signals: EngineSignals = unknownSignals;
  #signalsOf: EngineReport | null = null;

  constructor(peer: Peer, place: { readonly site: string; readonly pool: string; readonly position: number }) {
    this.peer = peer;
    this.#site = place.site;
    this.#name = engineName(place);
  }

  /** What its gateway said last; null when it has said nothing of it. */
  get told(): EngineReport | null {
    const told = this.peer.engine(this.#name);
    return told?.site === this.#site ? told : null;
  }

  /** As a server's own word of its load, which does not contain what it was sent since. */
  signals(): EngineSignals {
    const { told } = this;
    if (told === null) return unknownSignals;
    if (told === this.#signalsOf) return this.#signals;
    const { trueMs } = this.peer;
    this.#signalsOf = told;
    this.#signals = {
      source: "scrape",
      atMs: trueMs - (told.ageMs ?? 0),
      heardMs: trueMs,
      runningRequests: told.running,
      waitingRequests: told.waiting ?? Number.NaN,
      drainMs: told.drainMs ?? Number.NaN,
      kvUsageRatio: told.kvUsageRatio ?? Number.NaN,
    };
    return this.#signals;
  }

  healthRatio(nowMs: number): number {
    const { told } = this;
    const standing = told === null ? "gone" : this.peer.standing(nowMs);
    if (standing === "gone") return 0;
    if (told!.healthRatio === 0) return 0;
    if (standing === "suspected") return Math.min(suspectedRatio, told!.healthRatio);
    return standing === "fresh" ? told!.healthRatio : Number.NaN;
  }

  isFull(inFlight: number, nowMs: number): boolean {
    const { told } = this;
    if (told === null || told.places === null) return false;
    if (this.peer.lastNumber !== this.#lookedAt) {
      this.#lookedAt = this.peer.lastNumber;
      this.#inFlightThen = inFlight;
    }
    // An old report says nothing of how full it is now.
    if (this.peer.standing(nowMs) !== "fresh") return inFlight >= told.places;
    // Of what runs there now the report knew all but what was sent since.
    return Math.max(inFlight, told.running + inFlight - this.#inFlightThen) >= told.places;
  }
}
