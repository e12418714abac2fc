import { reportTimes } from "../../route/index.ts";
import type { Clock, Mesh, Seal } from "../wire/ports.ts";
import { DrainGossip } from "./drain-gossip.ts";
import type { DrainChange, Drains } from "./drains.ts";
import { Handovers } from "./handovers.ts";
import { Peer } from "./peer.ts";
import { readReport, writeReport, type EngineReport } from "./peer-report.ts";

/** A gateway as the mesh's configuration names it. */
export interface MeshMember {
  readonly name: string;
  /** Sites whose engines it holds; no two gateways have one in common. */
  readonly sites: readonly string[];
}

export interface PeersParts {
  /** Which of the members this is. */
  readonly self: string;
  readonly members: readonly MeshMember[];
  /** Owner of a site. */
  readonly ownerOf: (site: string) => string;
  /** Whether there is such a site, and such a workload (null = any), in the plan that is served. */
  readonly knows: (site: string, workload: string | null) => boolean;
  /** Mark of the plan that is served; null = it has none. */
  readonly planMark: () => string | null;
  readonly mesh: Mesh;
  readonly seal: Seal;
  readonly clock: Clock;
  readonly drains: Drains;
}

/** Reports that were refused, by reason. */
export interface RefusedReports {
  forged: number;
  old: number;
  twin: number;
}

/** How long a process of the same name counts as there that is heard no more, ms. */
const twinForgottenMs = 5_000;
/** Clocks of gateways may be so far apart, and a report so old, ms. */
const mostSkewMs = 30_000;

/**
 * The gateways of one mesh as this one sees them. Each tells all others four times a second what it knows of its own
 * engines, signed; nothing here waits for the network that carries it. Outlives a gateway's configuration.
 */
export class Peers {
  readonly handovers: Handovers;
  readonly others: readonly Peer[];
  readonly self: string;
  readonly #parts: PeersParts;
  readonly #gossip: DrainGossip;
  readonly #startedEpochMs: number;
  readonly #own: ReadonlySet<string>;
  readonly #stopListening: () => void;
  #refused: RefusedReports = { forged: 0, old: 0, twin: 0 };
  #number = 0;
  #twinHeardMs = Number.NEGATIVE_INFINITY;
  #ownHeardMs = Number.NEGATIVE_INFINITY;
  #tell: (() => readonly EngineReport[]) | null = null;
  #cancel: () => void = () => {};

  constructor(parts: PeersParts) {
    const { self, members, mesh, seal, clock, drains, planMark } = parts;
    this.#parts = parts;
    this.self = self;
    this.#startedEpochMs = clock.epochMs();
    this.handovers = new Handovers({
      self,
      startedEpochMs: this.#startedEpochMs,
      seal,
      clock,
      runOf: (name) => this.#peer(name)?.startedEpochMs ?? null,
    });
    this.#own = new Set(members.find(({ name }) => name === self)?.sites);
    this.others = members
      .filter(({ name }) => name !== self)
      .map(({ name, sites }) => new Peer(name, sites, { networkWorks: (nowMs) => this.networkWorks(nowMs), planMark }));
    this.#gossip = new DrainGossip({
      drains,
      self,
      epochMs: () => clock.epochMs(),
      seal,
      knows: parts.knows,
      speaksFor: (gateway, site) => this.#speaksFor(gateway, site),
    });
    this.#stopListening = mesh.listen((text) => this.#hear(text));
  }

  /** Whether this gateway holds the engines of a site. */
  holds(site: string): boolean {
    return this.#own.has(site);
  }

  /** The gateway that holds the engines of a site; null when it is this one, or none. */
  holderOf(site: string): Peer | null {
    return this.others.find(({ sites }) => sites.has(site)) ?? null;
  }

  /** Whether texts go round: this gateway hears itself. */
  networkWorks(nowMs: number): boolean {
    return nowMs - this.#ownHeardMs <= reportTimes.suspectAfterMs;
  }

  /** What was refused since this was asked last: a gateway's configurations come and go, and each counts only what is new. */
  takeRefused(): RefusedReports {
    const refused = this.#refused;
    this.#refused = { forged: 0, old: 0, twin: 0 };
    return refused;
  }

  /** Another process goes by this gateway's name, and was started after it. */
  get hasTwin(): boolean {
    return this.#parts.clock.monotonicMs() - this.#twinHeardMs <= twinForgottenMs;
  }

  /** Begins to tell the others of the engines here. */
  start(tell: () => readonly EngineReport[]): void {
    this.#tell = tell;
    this.#beat();
  }

  /** An operator told this gateway what is out now: everyone knows a moment later. */
  drainChanged(change: DrainChange): void {
    if (this.#gossip.changed(change)) this.#publish();
  }

  close(): void {
    this.#cancel();
    this.#tell = null;
    this.#stopListening();
  }

  #beat(): void {
    this.#publish();
    this.#cancel = this.#parts.clock.schedule(reportTimes.reportMs, () => this.#beat());
  }

  #publish(): void {
    if (this.#tell === null) return;
    const { clock, mesh, seal, self } = this.#parts;
    const report = {
      gateway: self,
      startedEpochMs: this.#startedEpochMs,
      number: this.#number++,
      epochMs: clock.epochMs(),
      atMs: clock.monotonicMs(),
      plan: this.#parts.planMark(),
      engines: this.#tell(),
      drains: this.#gossip.entries,
    };
    mesh.publish(writeReport(report, (text) => seal.seal(text)));
  }

  #hear(text: string): void {
    const { clock, seal, self } = this.#parts;
    const report = readReport(text, (gateway, said, given) => seal.holds(gateway, said, given));
    if (report === null) return void this.#refused.forged++;
    const nowMs = clock.monotonicMs();
    if (report.gateway === self) {
      if (report.startedEpochMs > this.#startedEpochMs) {
        this.#refused.twin++;
        this.#twinHeardMs = nowMs;
      }
      // An echo that lay in a network that hung does not say that the network works.
      const isNew = report.startedEpochMs === this.#startedEpochMs && nowMs - report.atMs < reportTimes.suspectAfterMs;
      if (isNew) this.#ownHeardMs = Math.max(this.#ownHeardMs, report.atMs);
      return;
    }
    const peer = this.#peer(report.gateway);
    const isRecent = Math.abs(clock.epochMs() - report.epochMs) <= mostSkewMs;
    if (!peer || !isRecent || !peer.hear(report, nowMs)) return void this.#refused.old++;
    this.#gossip.merge(report.drains);
  }

  #peer(gateway: string): Peer | null {
    return this.others.find(({ name }) => name === gateway) ?? null;
  }

  /** Owners decide for their own sites: a word on somebody else's holds only at the gateway that was told. */
  #speaksFor(gateway: string, site: string): boolean {
    const { members, ownerOf } = this.#parts;
    const owner = ownerOf(site);
    return members.some(({ name, sites }) => name === gateway && sites.some((own) => ownerOf(own) === owner));
  }
}
