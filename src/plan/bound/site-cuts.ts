/** What is known of every site's cost as cuts, and what bounding a site tells; see `site-bound.ts`. */

/** Price vectors kept per site. More cuts tighten small sites with several kinds of modules; each costs a pass. */
export const cutsPerSite = 16;

export interface SiteCuts {
  /**
   * Prices of cut k of site s from `(s * cutsPerSite + k) * width`: one per pool, at `portAt` that of the ports, and behind it one per
   * place for the room of its accelerators, where `places` says how many the site has.
   */
  readonly prices: Float64Array;
  readonly portAt: number;
  readonly places: Uint8Array;
  readonly count: Uint8Array;
  readonly width: number;
  /** Passes since a cut last mattered. */
  readonly idle: Uint16Array;
}

export interface SiteOutcome {
  /** Least cost of the site, opening not included; at most 0 when nothing is forced. */
  value: number;
  /** The cut that decides; its prices say what the site takes. */
  cut: number;
  /** Cuts that, mixed by their weights, take just what the modules carry. */
  readonly mixCut: Int32Array;
  readonly mixWeight: Float64Array;
  mixCount: number;
  /** Modules per pool of the site. */
  readonly modules: Float64Array;
}

export interface SiteBounder {
  readonly cuts: SiteCuts;
  /** 1 where whole counts are listed, of some of the site's modules at least. */
  readonly listed: Uint8Array;
  /** Keeps the cuts as they are now; `recall` brings them back. */
  remember(): void;
  recall(): void;
  /**
   * Bounds site `site` when rows offer `rowPrice`, modules cost `poolUsd` and being open costs `siteUsd`; tightens the
   * cuts of a site that would open up to `refinements` times.
   */
  evaluate(
    site: number,
    rowPrice: Float64Array,
    poolUsd: Float64Array,
    siteUsd: number,
    refinements: number,
    into: SiteOutcome,
  ): void;
  /**
   * Writes the position in the view of every arc the site uses under cut `cut` into `into`, from `at` on; returns where it
   * ended.
   */
  takes(site: number, rowPrice: Float64Array, cut: number, into: Int32Array, at: number): number;
}
