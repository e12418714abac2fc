/** From here on a body is large: who sends it is asked about, and the memory it takes is counted, bytes. */
export const largeBodyBytes = 64 * 1024;

/**
 * The memory that large bodies take while they arrive, of all connections together. No account gets more than it leaves free, so that
 * there is room for the next however many it sends (dynamic thresholds; Choudhury and Hahne, 1998).
 */
export class BodyRoom {
  readonly #most: number;
  #taken = 0;
  readonly #takenBy = new Map<string, number>();

  constructor(mostBytes: number) {
    this.#most = mostBytes;
  }

  /**
   * False when there is no room for these bytes, which are then not taken.
   *
   * @param account Null where accounts are not told apart.
   */
  take(bytes: number, account: string | null): boolean {
    if (this.#taken + bytes > this.#most) return false;
    if (account !== null) {
      const own = (this.#takenBy.get(account) ?? 0) + bytes;
      if (own > this.#most - this.#taken - bytes) return false;
      this.#takenBy.set(account, own);
    }
    this.#taken += bytes;
    return true;
  }

  giveBack(bytes: number, account: string | null): void {
    this.#taken -= bytes;
    if (account === null || bytes === 0) return;
    const left = this.#takenBy.get(account)! - bytes;
    if (left === 0) this.#takenBy.delete(account);
    else this.#takenBy.set(account, left);
  }
}
