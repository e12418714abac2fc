import type { DrainEntry } from "./drain-gossip.ts";

/** One planned group of engines, as the gateway tells of it that holds it. Null stands for unknown. */
export interface EngineReport {
  readonly site: string;
  readonly pool: string;
  /** Which group of its pool it is, from 0 on. */
  readonly position: number;
  /** Requests there, from whatever gateway they came in. */
  readonly running: number;
  /** Requests the engine says are waiting. */
  readonly waiting: number | null;
  /** Requests it takes at once; null = no limit known. */
  readonly places: number | null;
  /** Wait before prefill. */
  readonly drainMs: number | null;
  /** How old that was when it was told. */
  readonly ageMs: number | null;
  readonly kvUsageRatio: number | null;
  /** 0 while it is out or drained; that it is full is no matter of health. */
  readonly healthRatio: number;
  readonly emulated: boolean;
  readonly continues: boolean;
}

/** What a gateway tells the others, again and again. Holds no key, no account and nothing of a request. */
export interface PeerReport {
  readonly gateway: string;
  /** When this run of it began, ms since 1970 UTC on its clock: a later run is another one. */
  readonly startedEpochMs: number;
  /** Rises by one with every report of a run. */
  readonly number: number;
  /** When it was told: ms since 1970 UTC, and on the gateway's monotonic clock. */
  readonly epochMs: number;
  readonly atMs: number;
  /** Mark of the plan it serves, the same for the same plan; null = it has none. */
  readonly plan: string | null;
  readonly engines: readonly EngineReport[];
  /** What operators have taken out and put back in, as far as it knows. */
  readonly drains: readonly DrainEntry[];
}

/** Stands before what is sealed, so that no seal on one kind of message holds on another. */
const kind = "disperse mesh report v1\n";

/** As long as any may be that NATS takes, in characters; a longer one is not worth being read. */
const longestReport = 1024 * 1024;

export function writeReport(report: PeerReport, seal: (text: string) => string): string {
  const text = JSON.stringify(report);
  return `${seal(kind + text)} ${text}`;
}

/** Reads a report; null when it is none, or not sealed by the gateway that it says it is from. */
export function readReport(
  message: string,
  holds: (gateway: string, text: string, seal: string) => boolean,
): PeerReport | null {
  const at = message.indexOf(" ");
  if (at < 1 || message.length > longestReport) return null;
  const text = message.slice(at + 1);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const report = value as PeerReport | null;
  // The seal is looked at first: of what a gateway of the mesh has sealed it is enough to know that its shape is right.
  if (typeof report?.gateway !== "string" || !holds(report.gateway, kind + text, message.slice(0, at))) return null;
  const numbers = [report.startedEpochMs, report.number, report.epochMs, report.atMs];
  if (!numbers.every((number) => Number.isFinite(number))) return null;
  if (report.plan !== null && typeof report.plan !== "string") return null;
  if (!Array.isArray(report.engines) || !report.engines.every(isEngine)) return null;
  return Array.isArray(report.drains) && report.drains.every(isEntry) ? report : null;
}

function isEngine(value: unknown): boolean {
  const engine = value as EngineReport | null;
  // What lies below zero would draw requests from everywhere.
  const isAmount = (entry: unknown) => Number.isFinite(entry) && (entry as number) >= 0;
  const maybe = (entry: unknown) => entry === null || isAmount(entry);
  return (
    typeof engine?.site === "string" &&
    typeof engine.pool === "string" &&
    Number.isSafeInteger(engine.position) &&
    isAmount(engine.running) &&
    isAmount(engine.healthRatio) &&
    engine.healthRatio <= 1 &&
    [engine.waiting, engine.places, engine.drainMs, engine.ageMs, engine.kvUsageRatio].every(maybe) &&
    typeof engine.emulated === "boolean" &&
    typeof engine.continues === "boolean"
  );
}

function isEntry(value: unknown): boolean {
  const entry = value as Partial<DrainEntry> | null;
  const isWord = (word: unknown) => typeof word === "string" && word.length <= 300;
  if (typeof entry !== "object" || entry === null) return false;
  const { site, workload, by, seal, version, out } = entry;
  if (!isWord(site) || !isWord(by) || !isWord(seal) || !Number.isFinite(version)) return false;
  if (workload !== null && !isWord(workload)) return false;
  return out === null || (Number.isFinite(out?.sinceEpochMs) && (out?.reason === null || isWord(out?.reason)));
}
