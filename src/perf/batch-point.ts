/**
 * The engine at `batch` decoding sequences on average. Everything is a function of the batch, not of the rate: the rate
 * follows from it (Little's law), so nothing has to be iterated, and every quantity rises with the batch.
 */
export interface BatchPoint {
  readonly perS: number;
  readonly tpotMs: number;
  readonly ttftMeanMs: number;
  /** Time that a share `p` of first tokens stays within; `atLeastMs` where that is known to be no more than it. */
  readonly ttftQuantileMs: (p: number, atLeastMs?: number) => number;
  /** How far a share `p` of first tokens is from coming within `ms`: 0 or less where they do; finite. */
  readonly ttftExcess: (p: number, ms: number) => number;
  /** Time per output token that a share `p` (0.5 <= p < 1) of requests stay within. */
  readonly tpotQuantileMs: (p: number) => number;
}
