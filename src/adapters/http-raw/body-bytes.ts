/** Room made at first for a body that comes in several pieces. */
const firstBytes = 64 * 1024;
/**
 * Once this part of a known length has come, room is made for all of it: what is left behind by growing waits for the
 * collector. Not before, because a sender may promise much and send little.
 */
const seriousRatio = 1 / 16;

const nothing: Buffer = Buffer.alloc(0);

/**
 * The body of one message as it comes in. Most come whole with one read and are never copied; any other is put together
 * in one buffer, so that a body sent byte by byte takes no more memory than one sent at once.
 */
export class BodyBytes {
  /** The only piece so far, in a buffer that is not ours: good until `keep`. */
  #piece = nothing;
  #from = 0;
  #to = 0;
  #kept = nothing;
  #length = 0;
  #declared = 0;

  /** The sender says how long it is. */
  expect(bytes: number): void {
    this.#declared = bytes;
  }

  add(bytes: Buffer, start: number, end: number): void {
    if (this.#length === 0 && this.#piece === nothing) {
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

  /** All of it, good until anything else is done here, or for ever when it `isOwn`; then the next body begins. */
  take(): Buffer {
    const whole =
      this.#piece === nothing ? this.#kept.subarray(0, this.#length) : this.#piece.subarray(this.#from, this.#to);
    this.clear();
    return whole;
  }

  clear(): void {
    this.#piece = nothing;
    this.#kept = nothing;
    this.#length = 0;
    this.#declared = 0;
  }

  #append(bytes: Buffer, start: number, end: number): void {
    const length = this.#length + end - start;
    if (length > this.#kept.length) {
      const room = Math.max(this.#kept.length * 2, firstBytes);
      const serious = length >= this.#declared * seriousRatio;
      const larger = Buffer.allocUnsafeSlow(Math.max(length, serious ? this.#declared || room : room));
      this.#kept.copy(larger, 0, 0, this.#length);
      this.#kept = larger;
    }
    bytes.copy(this.#kept, this.#length, start, end);
    this.#length = length;
  }
}
