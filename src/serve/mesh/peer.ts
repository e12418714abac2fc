import { reportTimes } from "../../route/index.ts";
import type { EngineReport, PeerReport } from "./peer-report.ts";
import { ReportAge } from "./report-age.ts";

/** Without a word of it for so long nothing is handed over to a gateway, ms. */
const goneAfterMs = 30_000;

/** Monotonic clock and calendar of one machine part by so much when it sleeps or is set, and otherwise not within days, ms. */
const stoodStillMs = 1_000;

/** How much a gateway can be relied on. */
export type PeerStanding =
  | "fresh"
  /** Its load is not known any more. */
  | "unknown"
  /** It cannot be reached, or says nothing while others do. */
  | "suspected"
  | "gone";

/** What a gateway knows besides, by which it judges another one. */
export interface PeerSurroundings {
  /** Whether the control network carries anything now: where it does not, silence says nothing of a gateway. */
  readonly networkWorks: (nowMs: number) => boolean;
  /** Mark of the plan that is served here; null = it has none. */
  readonly planMark: () => string | null;
}

/** Another gateway of the mesh, and what is known of it. */
export class Peer {
  readonly name: string;
  readonly sites: ReadonlySet<string>;
  /** Requests find their way to it, as far as is known: kept by who sends them. What it says comes another way. */
  isReachable = true;
  readonly #surroundings: PeerSurroundings;
  #report: PeerReport | null = null;
  #engines = new Map<string, EngineReport>();
  #age = new ReportAge();
  /** What its calendar was ahead of its monotonic clock when its age began to be told. */
  #apartMs = Number.NaN;
  #trueMs = Number.NEGATIVE_INFINITY;

  constructor(name: string, sites: readonly string[], surroundings: PeerSurroundings) {
    this.name = name;
    this.sites = new Set(sites);
    this.#surroundings = surroundings;
  }

  /** Takes a report over; false when it is not newer than the one that is known. */
  hear(report: PeerReport, heardMs: number): boolean {
    const known = this.#report;
    if (known !== null) {
      // A clock that was set back makes a later run look like an earlier one. Once the run that is known has been silent for as long
      // as reports may be old, what was recorded of others is too old to be played again.
      const wasSetBack = heardMs - this.#trueMs > goneAfterMs;
      if (report.startedEpochMs < known.startedEpochMs && !wasSetBack) return false;
      if (report.startedEpochMs === known.startedEpochMs && report.number <= known.number) return false;
    }
    // Another run counts on another clock, and that of a machine that slept has stood still: its reports would look old by as much.
    const apartMs = report.epochMs - report.atMs;
    if (report.startedEpochMs !== known?.startedEpochMs || Math.abs(apartMs - this.#apartMs) > stoodStillMs) {
      this.#age = new ReportAge();
      this.#apartMs = apartMs;
    }
    this.#report = report;
    this.#trueMs = this.#age.trueMs(report.atMs, heardMs);
    this.#engines = new Map(
      report.engines.filter(({ site }) => this.sites.has(site)).map((engine) => [engineName(engine), engine]),
    );
    return true;
  }

  /** When its last report was true, on this gateway's clock; minus infinity before the first. */
  get trueMs(): number {
    return this.#trueMs;
  }

  /** The run of it that spoke last; null when none has. */
  get startedEpochMs(): number | null {
    return this.#report?.startedEpochMs ?? null;
  }

  /** Whether it goes by another plan than this gateway; null = not known. */
  get servesOtherPlan(): boolean | null {
    const [own, other] = [this.#surroundings.planMark(), this.#report?.plan ?? null];
    return own === null || other === null ? null : own !== other;
  }

  get lastNumber(): number {
    return this.#report?.number ?? -1;
  }

  engine(name: string): EngineReport | null {
    return this.#engines.get(name) ?? null;
  }

  /** It has spoken just now, whether or not requests find their way to it. */
  isHeard(nowMs: number): boolean {
    return nowMs - this.#trueMs <= reportTimes.unknownAfterMs;
  }

  standing(nowMs: number): PeerStanding {
    const ageMs = nowMs - this.#trueMs;
    if (ageMs > goneAfterMs) return "gone";
    if (!this.isReachable) return "suspected";
    if (this.isHeard(nowMs)) return "fresh";
    return ageMs > reportTimes.suspectAfterMs && this.#surroundings.networkWorks(nowMs) ? "suspected" : "unknown";
  }
}

/** Name of a group of engines within its gateway. */
export function engineName({ pool, position }: Pick<EngineReport, "pool" | "position">): string {
  return `${position} ${pool}`;
}
