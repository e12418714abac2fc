/** From here on a body is large: who sends it is asked about, and the memory it takes is counted, bytes. */
export const largeBodyBytes = 64 * 1024;

/** The memory that large bodies take while they arrive, of all connections together. */
export class BodyRoom {
  readonly #most: number;
  #taken = 0;

  constructor(mostBytes: number) {
    this.#most = mostBytes;
  }

  /** False when there is no room for these bytes, which are then not taken. */
  take(bytes: number): boolean {
    if (this.#taken + bytes > this.#most) return false;
    this.#taken += bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.#taken -= bytes;
  }
}
