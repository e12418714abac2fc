/** The prices that bounds are proven by, as they stand in documents; see `certificate.ts`. */
import type { BranchNode } from "./branch-tree.ts";

/** Any prices give a valid bound; the better they are, the higher it is. */
export interface Prices {
  /**
   * What serving each row is worth, USD/year, up to the cost of leaving it unserved. Below 0 where limits pay for serving it (a
   * least use, the service of debt), so that it is not served twice over.
   */
  readonly rowPrices: readonly number[];
  /** What one unit of each coupling limit is worth, then of each that follows from them, USD/year; not negative. */
  readonly limitPrices: readonly number[];
  /** What taking one module away again would be worth per tie between periods, USD; not negative. */
  readonly tiePrices: readonly number[];
  /**
   * Per site, price vectors: USD/year per module and pool of the site in the order of pools, then per Gbit/s of its ports.
   * None of them may be negative.
   */
  readonly sitePrices: readonly (readonly (readonly number[])[])[];
}

export interface Certificate extends Prices {
  readonly boundUsd: number;
  /**
   * Cases that together are all plans, each bounded by prices of its own: leaf 0 by those of the certificate, leaf k by
   * `leaves[k - 1]`. The least of them is then what is proven. Absent where nothing was told apart.
   */
  readonly branches?: readonly BranchNode[];
  readonly leaves?: readonly Prices[];
}
