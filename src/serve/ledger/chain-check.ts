import type { LedgerRow } from "./ledger.ts";

export interface LedgerVerdict {
  readonly rows: number;
  /** Hash of the last row: written down elsewhere, it also reveals rows that were cut off at the end. */
  readonly head: string;
  /** Position of the first row that was changed, removed or moved; null when the chain is whole. */
  readonly brokenAt: number | null;
  /** Hash after the first `untilRows` rows, when asked for and there are as many. */
  readonly headThen: string | null;
}

export interface LedgerReading {
  /** Sees every row whose hash is right. */
  readonly inspect?: (row: LedgerRow, position: number) => void;
  /** Also tell the hash as it was after so many rows. */
  readonly untilRows?: number;
}

/** What the first row is chained to. */
const start = "0".repeat(64);

/**
 * Recomputes the chain of a ledger, row by row. A whole chain shows that no row was changed, removed or added in between
 * since `head` was last written down; it says nothing about who wrote them.
 */
export class ChainCheck {
  #rows = 0;
  #head = start;
  #headThen: string | null;
  #broken = false;
  readonly #sha256: (text: string) => string;
  readonly #reading: LedgerReading;

  constructor(sha256: (text: string) => string, reading: LedgerReading) {
    this.#sha256 = sha256;
    this.#reading = reading;
    this.#headThen = reading.untilRows === 0 ? start : null;
  }

  /** Takes the next row as it is stored; false when the chain breaks here and nothing after it matters. */
  take(position: number, row: string, hash: string): boolean {
    const next = this.#sha256(`${this.#head}\n${row}`);
    if (position !== this.#rows || hash !== next) {
      this.#broken = true;
      return false;
    }
    this.#head = next;
    this.#reading.inspect?.(JSON.parse(row) as LedgerRow, position);
    this.#rows++;
    if (this.#rows === this.#reading.untilRows) this.#headThen = next;
    return true;
  }

  get verdict(): LedgerVerdict {
    const brokenAt = this.#broken ? this.#rows : null;
    return { rows: this.#rows, head: this.#head, brokenAt, headThen: this.#headThen };
  }
}
