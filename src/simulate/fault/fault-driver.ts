import type { World } from "../../catalog/index.ts";
import type { Routes } from "../../route/index.ts";
import type { EventQueue } from "../chance/event-queue.ts";
import { poolsWithin, type Fault } from "./fault.ts";
import type { Fleet } from "../engine/fleet.ts";
import type { Isolation } from "./isolation.ts";
import type { SiteLinks } from "./site-links.ts";

/** Kinds of events in the simulation's queue; the subject is in the comment. */
export const eventKinds = {
  /** A request is sent again: its slot. */
  retry: 0,
  /** A fault begins or ends: its position. */
  faultBegins: 1,
  faultEnds: 2,
  /** The mesh learns of a crash or a return: the fault's position. */
  faultNoticed: 3,
  /** Those who wait for room at an engine are looked at. */
  lookAtLine: 4,
} as const;

/** Faults come before the requests of the same instant. */
const faultPriority = 0;

type SiteFault = Exclude<Fault, { kind: "crowd" }>;

/**
 * Carries out a schedule of faults on a fleet. Faults may overlap: an engine is up when no fault holds it down, and as
 * slow as the product of all factors says.
 */
export class FaultDriver {
  readonly #faults: readonly SiteFault[];
  readonly #replicasOfFault: readonly (readonly number[])[];
  readonly #sitesOfFault: readonly (readonly number[])[];
  readonly #replicasOfSite: readonly (readonly number[])[];
  readonly #isolation: Isolation;
  readonly #links: SiteLinks;
  readonly #routes: Routes;
  readonly #fleet: Fleet;
  readonly #queue: EventQueue;
  readonly #noticeMs: number;
  readonly #active: boolean[];
  /** How many active faults hold each engine down, drained or silent. */
  readonly #downs: Uint16Array;
  readonly #drains: Uint16Array;
  readonly #silences: Uint16Array;

  constructor(
    world: World,
    routes: Routes,
    { fleet, isolation, links }: { readonly fleet: Fleet; readonly isolation: Isolation; readonly links: SiteLinks },
    queue: EventQueue,
    schedule: { readonly faults: readonly Fault[]; readonly durationMs: number; readonly noticeMs: number },
  ) {
    this.#routes = routes;
    this.#fleet = fleet;
    this.#isolation = isolation;
    this.#links = links;
    this.#queue = queue;
    this.#noticeMs = schedule.noticeMs;
    this.#faults = schedule.faults.filter((fault) => fault.kind !== "crowd");
    this.#active = this.#faults.map(() => false);
    const replicasOfPool: number[][] = routes.deployment.pools.map(() => []);
    const replicasOfSite: number[][] = world.sites.map(() => []);
    for (const group of routes.groups) {
      for (let replica = group.firstReplica; replica < group.firstReplica + group.replicas; replica++) {
        replicasOfPool[group.pool]!.push(replica);
        replicasOfSite[group.site]!.push(replica);
      }
    }
    this.#replicasOfSite = replicasOfSite;
    const poolsOfFault = this.#faults.map((fault) => poolsWithin(world, routes.deployment, fault.where));
    this.#replicasOfFault = this.#faults.map(({ where: { engine } }, position) =>
      poolsOfFault[position]!.flatMap((pool) => {
        const replicas = replicasOfPool[pool]!;
        return engine === undefined ? replicas : replicas.slice(engine, engine + 1);
      }),
    );
    this.#sitesOfFault = poolsOfFault.map((pools) => [
      ...new Set(pools.map((pool) => routes.deployment.pools[pool]!.site)),
    ]);
    this.#downs = new Uint16Array(routes.replicaCount);
    this.#drains = new Uint16Array(routes.replicaCount);
    this.#silences = new Uint16Array(routes.replicaCount);
    for (const [position, fault] of this.#faults.entries()) {
      if (fault.fromS * 1000 >= schedule.durationMs) continue;
      queue.push(fault.fromS * 1000, faultPriority, eventKinds.faultBegins, position);
      if (fault.toS !== undefined) queue.push(fault.toS * 1000, faultPriority, eventKinds.faultEnds, position);
    }
  }

  /** Sites that a fault takes down as a whole, and not an engine or a pool of them. */
  sitesCrashedBy(position: number): readonly number[] {
    const { kind, where } = this.#faults[position]!;
    return kind === "down" && where.pool === undefined && where.module === undefined && where.engine === undefined
      ? this.#sitesOfFault[position]!
      : [];
  }

  /** `lost` hears of every request that dies with its engine. */
  begin(position: number, nowMs: number, lost: (request: number) => void): void {
    this.#active[position] = true;
    const fault = this.#faults[position]!;
    for (const site of this.#sitesOfFault[position]!) {
      if (fault.kind === "cut" || fault.kind === "control") this.#isolation.cut(site, fault.kind, nowMs);
      else if (fault.kind === "link") this.#links.stretch(site, this.#factorOf("link", site), nowMs);
    }
    for (const replica of this.#replicasOfFault[position]!) {
      switch (fault.kind) {
        case "down":
          if (this.#downs[replica]!++ === 0) this.#fleet.crash(replica, nowMs, lost);
          break;
        case "drain":
          this.#drains[replica]!++;
          this.#fleet.believe(replica, false);
          break;
        case "slow":
          this.#fleet.slow(replica, this.#factorOf("slow", replica), nowMs);
          break;
        case "stale":
          if (this.#silences[replica]!++ === 0) this.#fleet.silence(replica, nowMs);
          break;
      }
    }
    if (fault.kind === "down") {
      this.#queue.push(nowMs + this.#noticeMs, faultPriority, eventKinds.faultNoticed, position);
    }
  }

  end(position: number, nowMs: number): void {
    this.#active[position] = false;
    const fault = this.#faults[position]!;
    for (const site of this.#sitesOfFault[position]!) {
      if (fault.kind === "cut" || fault.kind === "control") this.#isolation.heal(site, fault.kind);
      else if (fault.kind === "link") this.#links.stretch(site, this.#factorOf("link", site), nowMs);
    }
    for (const replica of this.#replicasOfFault[position]!) {
      switch (fault.kind) {
        case "down":
          if (--this.#downs[replica]! === 0) this.#fleet.restart(replica);
          break;
        case "drain":
          this.#drains[replica]!--;
          this.#tellHealth(replica);
          break;
        case "slow":
          this.#fleet.slow(replica, this.#factorOf("slow", replica), nowMs);
          break;
        case "stale":
          if (--this.#silences[replica]! > 0) break;
          this.#fleet.unsilence(replica);
          this.#tellHealth(replica);
          break;
      }
    }
    if (fault.kind === "down") {
      this.#queue.push(nowMs + this.#noticeMs, faultPriority, eventKinds.faultNoticed, position);
    }
  }

  /** Heartbeats have stopped or come again; a silent engine sends none, so nothing is learnt of it. */
  notice(position: number): void {
    for (const replica of this.#replicasOfFault[position]!) {
      if (this.#silences[replica] === 0) this.#tellHealth(replica);
    }
  }

  /** A request found an engine dead: its whole site is avoided until it reports again. */
  noticeByRequest(replica: number): void {
    const { site } = this.#routes.groups[this.#routes.groupOfReplica[replica]!]!;
    for (const other of this.#replicasOfSite[site]!) {
      if (!this.#fleet.isUp(other)) this.#fleet.believe(other, false);
    }
  }

  #tellHealth(replica: number): void {
    this.#fleet.believe(replica, this.#fleet.isUp(replica) && this.#drains[replica] === 0);
  }

  /** The product of all active factors of one kind: of an engine's steps, or of a site's lines. */
  #factorOf(kind: "slow" | "link", subject: number): number {
    const covered = kind === "slow" ? this.#replicasOfFault : this.#sitesOfFault;
    let factor = 1;
    for (const [position, fault] of this.#faults.entries()) {
      if (fault.kind !== kind || !this.#active[position]) continue;
      if (covered[position]!.includes(subject)) factor *= fault.factor;
    }
    return factor;
  }
}
