/** Room made at first for a body that comes in several pieces. */
const firstBytes = 64 * 1024;
/** A larger body is kept in pieces of this size: nothing of it is copied when more comes, and no room stands empty. */
const usualPieceBytes = 1024 * 1024;
/**
 * Once this part of a known length has come, room is made for all of a piece: what is left behind by growing waits for the
 * collector. Not before, because a sender may promise much and send little.
 */
const seriousRatio = 1 / 16;

const nothing: Buffer = Buffer.alloc(0);

/**
 * The body of one message as it comes in. Most come whole with one read and are never copied; any other is put together
 * in buffers of one size, so that a body sent byte by byte takes no more memory than one sent at once.
 */
export class BodyBytes {
  /** The only piece so far, in a buffer that is not ours: good until `keep`. */
  #piece = nothing;
  #from = 0;
  #to = 0;
  /** Full pieces, the one that is being filled, and how far it is. */
  #full: Buffer[] = [];
  #kept = nothing;
  #length = 0;
  #declared = 0;
  readonly #pieceBytes: number;

  constructor(pieceBytes = usualPieceBytes) {
    this.#pieceBytes = pieceBytes;
  }

  /** The sender says how long it is. */
  expect(bytes: number): void {
    this.#declared = bytes;
  }

  add(bytes: Buffer, start: number, end: number): void {
    if (this.#length === 0 && this.#full.length === 0 && this.#piece === nothing) {
      this.#piece = bytes;
      this.#from = start;
      this.#to = end;
      return;
    }
    this.keep();
    this.#append(bytes, start, end);
  }

  /** The buffers given so far will be used for something else. */
  keep(): void {
    if (this.#piece === nothing) return;
    this.#append(this.#piece, this.#from, this.#to);
    this.#piece = nothing;
  }

  /** What `take` will give is a buffer of its own, which nobody writes to again. */
  get isOwn(): boolean {
    return this.#piece === nothing;
  }

  /**
   * All of it, good until anything else is done here, or for ever when it `isOwn`; then the next body begins. At least one
   * piece, all but the last of the same length.
   */
  take(): [Buffer, ...Buffer[]] {
    const last =
      this.#piece === nothing ? this.#kept.subarray(0, this.#length) : this.#piece.subarray(this.#from, this.#to);
    const pieces: [Buffer, ...Buffer[]] = [last];
    if (this.#full.length > 0) pieces.unshift(...this.#full);
    this.clear();
    return pieces;
  }

  clear(): void {
    this.#piece = nothing;
    this.#full = [];
    this.#kept = nothing;
    this.#length = 0;
    this.#declared = 0;
  }

  #append(bytes: Buffer, start: number, end: number): void {
    for (let from = start; from < end;) {
      if (this.#length === this.#pieceBytes) {
        this.#full.push(this.#kept);
        this.#kept = nothing;
        this.#length = 0;
      }
      const length = Math.min(this.#pieceBytes, this.#length + end - from);
      if (length > this.#kept.length) this.#grow(length);
      from += bytes.copy(this.#kept, this.#length, from, from + length - this.#length);
      this.#length = length;
    }
  }

  #grow(length: number): void {
    const before = this.#full.length * this.#pieceBytes;
    const expected = Math.min(this.#declared - before, this.#pieceBytes);
    const room = Math.max(this.#kept.length * 2, firstBytes);
    const serious = before + length >= this.#declared * seriousRatio;
    const wanted = this.#full.length > 0 ? this.#pieceBytes : room;
    const larger = Buffer.allocUnsafeSlow(
      Math.min(this.#pieceBytes, Math.max(length, serious && expected > 0 ? expected : wanted)),
    );
    this.#kept.copy(larger, 0, 0, this.#length);
    this.#kept = larger;
  }
}

/** Pieces that are nobody else's as one, each given back as soon as it is copied. */
export function joined(pieces: readonly [Buffer, ...Buffer[]]): Buffer {
  if (pieces.length === 1) return pieces[0];
  const whole = Buffer.allocUnsafeSlow(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    at += piece.copy(whole, at);
    giveBack(piece);
  }
  return whole;
}

/** The memory of a large buffer that nobody will read any more need not wait for the collector. */
export function giveBack(own: Buffer): void {
  if (own.length > 0) (own.buffer as ArrayBuffer).transfer(0);
}
