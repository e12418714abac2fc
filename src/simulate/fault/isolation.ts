import { areaSiteKm, type LoadView, type Routes } from "../../route/index.ts";

/**
 * Users within this distance of a site reach it over the networks of their town, whatever happens to the lines out of
 * it. Assumed: about the size of a metropolitan area.
 */
const localKm = 100;

/**
 * Sites that are cut off: from the control network alone, or from the world altogether.
 *
 * Every user enters the mesh at the nearest open site within `localKm`, where there is one. That site knows its own
 * engines whatever is cut. What lies beyond a cut is seen as the mesh sees it: reports grow old and count as unknown,
 * heartbeats are missed and the site counts as down.
 */
export class Isolation {
  readonly #routes: Routes;
  readonly #fleet: LoadView;
  readonly #noticeMs: number;
  readonly #maxAgeMs: number;
  readonly #openSites: readonly number[];
  /** Site at which the users of an area enter; -1 = none near by, -2 = not asked yet. */
  readonly #gateways: Int32Array;
  /** How many faults cut each site off, in control and in data, and since when. */
  readonly #controlCuts: Uint16Array;
  readonly #dataCuts: Uint16Array;
  readonly #sinceMs: Float64Array;
  /** 1 where a request has met the cut before the heartbeats told. */
  readonly #met: Uint8Array;
  /** When cuts of each site's lines began, for streams that were under way. */
  readonly #cutStartsMs: (number[] | undefined)[] = [];
  #active = 0;
  #gateway = -1;
  readonly #view: LoadView = {
    drainMs: (replica, nowMs) => this.#drainMs(replica, nowMs),
    health: (replica, nowMs) => this.#health(replica, nowMs),
    isOut: (replica, nowMs) => this.#isOut(replica, nowMs),
  };

  constructor(routes: Routes, fleet: LoadView, timing: { readonly noticeMs: number; readonly maxAgeMs: number }) {
    const { world } = routes.policy;
    this.#routes = routes;
    this.#fleet = fleet;
    this.#noticeMs = timing.noticeMs;
    this.#maxAgeMs = timing.maxAgeMs;
    this.#openSites = [...new Set(routes.groups.map((group) => group.site))];
    this.#gateways = new Int32Array(world.areas.length).fill(-2);
    this.#controlCuts = new Uint16Array(world.sites.length);
    this.#dataCuts = new Uint16Array(world.sites.length);
    this.#sinceMs = new Float64Array(world.sites.length);
    this.#met = new Uint8Array(world.sites.length);
  }

  /** Whether anything is cut off now. */
  get isActive(): boolean {
    return this.#active > 0;
  }

  cut(site: number, kind: "cut" | "control", nowMs: number): void {
    this.#active++;
    if (this.#controlCuts[site]!++ === 0) this.#sinceMs[site] = nowMs;
    if (kind === "cut" && this.#dataCuts[site]!++ === 0) (this.#cutStartsMs[site] ??= []).push(nowMs);
  }

  /** Heartbeats and reports pass again. */
  heal(site: number, kind: "cut" | "control"): void {
    this.#active--;
    if (--this.#controlCuts[site]! === 0) this.#met[site] = 0;
    if (kind === "cut") this.#dataCuts[site]!--;
  }

  /** The engines as the gateway of an area knows them; valid until the next call. */
  viewFor(area: number): LoadView {
    this.#gateway = this.gatewayOf(area);
    return this.#view;
  }

  /** Whether a request of the area gets through to the site. */
  isReachable(area: number, site: number): boolean {
    const gateway = this.gatewayOf(area);
    if (gateway === site) return true;
    return this.#dataCuts[site] === 0 && (gateway < 0 || this.#dataCuts[gateway] === 0);
  }

  /** A request found the site out of reach. */
  noticeByRequest(area: number, site: number): void {
    // Whoever sits behind the cut learns about his own lines, not about the site.
    const cutOff = this.#dataCuts[site]! > 0 ? site : this.gatewayOf(area);
    if (cutOff >= 0) this.#met[cutOff] = 1;
  }

  /** Whether a stream between area and site that lasted from one time to the other was cut. */
  broke(area: number, site: number, fromMs: number, toMs: number): boolean {
    const gateway = this.gatewayOf(area);
    if (gateway === site) return false;
    const within = (startMs: number): boolean => startMs > fromMs && startMs < toMs;
    return (
      (this.#cutStartsMs[site]?.some(within) ?? false) ||
      (gateway >= 0 && (this.#cutStartsMs[gateway]?.some(within) ?? false))
    );
  }

  /** Whether any line was ever cut, so that `broke` need not be asked. */
  get hasCut(): boolean {
    return this.#cutStartsMs.length > 0;
  }

  gatewayOf(area: number): number {
    const known = this.#gateways[area]!;
    if (known !== -2) return known;
    let nearest = -1;
    let nearestKm = localKm;
    for (const site of this.#openSites) {
      const km = areaSiteKm(this.#routes.policy, area, site);
      if (km > nearestKm || (km === nearestKm && nearest >= 0)) continue;
      nearest = site;
      nearestKm = km;
    }
    return (this.#gateways[area] = nearest);
  }

  #siteOf(replica: number): number {
    return this.#routes.groups[this.#routes.groupOfReplica[replica]!]!.site;
  }

  #drainMs(replica: number, nowMs: number): number {
    const site = this.#siteOf(replica);
    const gateway = this.#gateway;
    if (site !== gateway) {
      for (const end of [site, gateway]) {
        if (end >= 0 && this.#controlCuts[end]! > 0 && nowMs - this.#sinceMs[end]! > this.#maxAgeMs) return Number.NaN;
      }
    }
    return this.#fleet.drainMs(replica, nowMs);
  }

  #health(replica: number, nowMs: number): number {
    const site = this.#siteOf(replica);
    const gateway = this.#gateway;
    const health = this.#fleet.health(replica, nowMs);
    if (site === gateway) return health;
    if (this.#isMissed(site, nowMs)) return 0;
    if (gateway < 0 || !this.#isMissed(gateway, nowMs)) return health;
    // Behind a cut of the control network the others are unknown but may answer; behind a cut of the lines they are gone.
    return this.#dataCuts[gateway]! > 0 || health === 0 ? 0 : Number.NaN;
  }

  #isOut(replica: number, nowMs: number): boolean {
    if (this.#fleet.isOut(replica, nowMs)) return true;
    const site = this.#siteOf(replica);
    const gateway = this.#gateway;
    if (site === gateway) return false;
    return (
      this.#isMissed(site, nowMs) || (gateway >= 0 && this.#isMissed(gateway, nowMs) && this.#dataCuts[gateway]! > 0)
    );
  }

  #isMissed(site: number, nowMs: number): boolean {
    if (this.#controlCuts[site] === 0) return false;
    return this.#met[site] === 1 || nowMs - this.#sinceMs[site]! >= this.#noticeMs;
  }
}
