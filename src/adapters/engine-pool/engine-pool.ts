import {
  unknownSignals,
  type Engine,
  type EngineEvents,
  type EngineRequest,
  type EngineRun,
  type EngineSignals,
} from "../../serve/index.ts";
import { PoolMember } from "./pool-member.ts";

export interface EnginePoolOptions {
  /** Addresses of the servers now: listed, or looked up. An empty answer or a failure changes nothing. */
  readonly addresses: () => readonly string[] | Promise<readonly string[]>;
  /** Looks again this often, ms; null = the list never changes. */
  readonly refreshMs: number | null;
  readonly open: (address: string) => Engine;
  readonly rng: () => number;
}

/** A prefix stays with its server until that has this many times the mean of requests (Mirrokni et al., 2018). */
const loadBound = 1.25;

/**
 * Several servers as one engine. Requests with the same `affinityKey` go to the same server, whose cache knows the
 * prefix, as long as it is not much busier than the others; all others go to the less busy of two drawn by lot.
 */
export function createEnginePool(options: EnginePoolOptions): Engine {
  let members: PoolMember[] = [];
  let timer: NodeJS.Timeout | null = null;
  let closed = false;
  /** Requests that came before the first look at the addresses was over. */
  let early: (() => void)[] | null = [];

  function take(addresses: readonly string[]): void {
    if (closed || addresses.length === 0) return;
    const wanted = new Set(addresses);
    for (const member of members) {
      if (wanted.has(member.address)) continue;
      member.retired = true;
      if (member.inFlight === 0) void member.engine.close();
    }
    const kept = members.filter(({ address }) => wanted.has(address));
    const known = new Set(kept.map(({ address }) => address));
    const fresh = [...wanted].filter((address) => !known.has(address));
    members = [...kept, ...fresh.map((address) => new PoolMember(address, options.open(address)))];
  }

  async function look(): Promise<void> {
    try {
      take(await options.addresses());
    } catch {
      // The servers known so far are still the best there is.
    }
    const waiting = early ?? [];
    early = null;
    for (const start of waiting) start();
    if (closed || options.refreshMs === null) return;
    timer = setTimeout(() => void look(), options.refreshMs);
    timer.unref();
  }

  const first = options.addresses();
  if (Array.isArray(first)) {
    take(first as readonly string[]);
    early = null;
  } else void look();

  function pick(request: EngineRequest, tried: ReadonlySet<PoolMember>): PoolMember | null {
    const nowMs = performance.now();
    const untried = members.filter((member) => !tried.has(member));
    const awake = untried.filter((member) => member.restMs(nowMs) === 0);
    const choice = awake.length > 0 ? awake : untried;
    if (choice.length <= 1) return choice[0] ?? null;
    const busy = choice.reduce((sum, { inFlight }) => sum + inFlight, 0);
    if (request.affinityKey !== undefined) {
      const most = Math.ceil((loadBound * (busy + 1)) / choice.length);
      const ranked = choice
        .map((member) => ({ member, rank: rankOf(request.affinityKey!, member.address) }))
        .sort((one, other) => other.rank - one.rank);
      const home = ranked.find(({ member }) => member.inFlight < most);
      if (home) return home.member;
    }
    const one = Math.floor(options.rng() * choice.length);
    const other = (one + 1 + Math.floor(options.rng() * (choice.length - 1))) % choice.length;
    return lessBusy(choice[one]!, choice[other]!);
  }

  return {
    start(request, events) {
      const restMs = () => Math.min(...members.map((member) => member.restMs(performance.now())));
      const run = new PoolRun(request, events, pick, restMs);
      if (early) early.push(() => run.begin());
      else run.begin();
      return run;
    },
    signals: () => summed(members.map(({ engine }) => engine.signals())),
    async close() {
      closed = true;
      if (timer) clearTimeout(timer);
      await Promise.all(members.map(({ engine }) => engine.close()));
    },
  } satisfies Engine;
}

/** A generation in a pool: at the first server that can be reached. */
class PoolRun implements EngineRun {
  readonly #request: EngineRequest;
  readonly #events: EngineEvents;
  readonly #pick: (request: EngineRequest, tried: ReadonlySet<PoolMember>) => PoolMember | null;
  readonly #restMs: () => number;
  readonly #tried = new Set<PoolMember>();
  #run: EngineRun | null = null;
  #cancelled = false;

  constructor(
    request: EngineRequest,
    events: EngineEvents,
    pick: (request: EngineRequest, tried: ReadonlySet<PoolMember>) => PoolMember | null,
    restMs: () => number,
  ) {
    this.#restMs = restMs;
    this.#request = request;
    this.#events = events;
    this.#pick = pick;
  }

  begin(): void {
    if (this.#cancelled) return;
    const member = this.#pick(this.#request, this.#tried);
    if (member === null) {
      const failure = { kind: "connect", message: "no server of the pool can be reached" } as const;
      // Never before `start` has returned.
      queueMicrotask(() => this.#cancelled || this.#events.end(failure));
      return;
    }
    this.#tried.add(member);
    this.#run = member.start(this.#request, this.#events, () => this.begin(), this.#restMs);
  }

  cancel(inVain = false): void {
    this.#cancelled = true;
    this.#run?.cancel(inVain);
  }

  pause(): void {
    this.#run?.pause();
  }

  resume(): void {
    this.#run?.resume();
  }
}

/** By what the servers say of their queues where both say something, else by requests sent there. */
function lessBusy(one: PoolMember, other: PoolMember): PoolMember {
  const [a, b] = [one.engine.signals().drainMs, other.engine.signals().drainMs];
  if (Number.isFinite(a) && Number.isFinite(b) && a !== b) return a < b ? one : other;
  return one.inFlight <= other.inFlight ? one : other;
}

/** Rendezvous hashing: each key ranks all servers, and a server that leaves moves its own keys only. FNV-1a, 32 bits. */
function rankOf(key: string | number, address: string): number {
  let hash = 0x811c9dc5;
  const text = `${key}\n${address}`;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  // The last characters of an address differ most; they are mixed into the high bits as well.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}

/** The pool as one engine: its queues added up, its wait the shortest, its age the oldest. What one hides is unknown. */
function summed(signals: readonly EngineSignals[]): EngineSignals {
  const known = signals.filter(({ source }) => source !== "none");
  if (known.length === 0 || known.length < signals.length) return unknownSignals;
  const sum = (of: (entry: EngineSignals) => number) => known.reduce((total, entry) => total + of(entry), 0);
  const least = (of: (entry: EngineSignals) => number) => Math.min(...known.map(of));
  return {
    source: known[0]!.source,
    atMs: least((entry) => entry.atMs),
    heardMs: Math.max(...known.map(({ atMs, heardMs = atMs }) => heardMs)),
    runningRequests: sum((entry) => entry.runningRequests),
    waitingRequests: sum((entry) => entry.waitingRequests),
    drainMs: least((entry) => entry.drainMs),
    kvUsageRatio: least((entry) => entry.kvUsageRatio),
  };
}
