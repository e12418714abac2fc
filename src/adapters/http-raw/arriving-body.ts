import { apiError, type ApiError, type Sender } from "../../serve/index.ts";
import { BodyBytes } from "./body-bytes.ts";
import { largeBodyBytes, type BodyRoom } from "./body-room.ts";

export interface BodyLimits {
  readonly maxBodyBytes: number;
  /** For bodies of all connections. */
  readonly room: BodyRoom;
}

/**
 * The body of the request that is coming in over a connection, or why it is not taken in: too large, from somebody whose request is
 * refused whatever it holds, or more than there is room for beside those of others.
 */
export class ArrivingBody {
  readonly #limits: BodyLimits;
  readonly #senderOf: () => Sender;
  readonly #bytes = new BodyBytes();
  #length = 0;
  /** Bytes that were taken of the room for large bodies, and for which account. */
  #held = 0;
  #account: string | null = null;
  #unwanted: ApiError | null = null;

  /** `senderOf`: who sends the request whose head came last. */
  constructor(limits: BodyLimits, senderOf: () => Sender) {
    this.#limits = limits;
    this.#senderOf = senderOf;
  }

  /** A request begins whose sender says that its body has so many bytes; false when it is not wanted. */
  expect(declared: number): boolean {
    if (declared > this.#limits.maxBodyBytes) {
      this.#length = declared;
      return false;
    }
    if (declared > largeBodyBytes) this.#ask();
    if (this.#unwanted !== null) return false;
    this.#bytes.expect(declared);
    return true;
  }

  add(bytes: Buffer, start: number, end: number): void {
    const wasSmall = this.#length <= largeBodyBytes;
    this.#length += end - start;
    if (this.#length > this.#limits.maxBodyBytes) return this.drop();
    if (this.#length > largeBodyBytes) {
      // Chunks announce nothing. Who announced it all is asked about a second time, which costs little beside such a body.
      if (wasSmall && this.#unwanted === null) this.#ask();
      if (this.#unwanted === null) this.#hold(end - start);
    }
    if (this.#unwanted === null) this.#bytes.add(bytes, start, end);
    else this.drop();
  }

  /** The buffers given so far will be used for something else. */
  keep(): void {
    this.#bytes.keep();
  }

  /** Why it is not taken in; null as long as it is. */
  get refusal(): ApiError | null {
    const { maxBodyBytes } = this.#limits;
    if (this.#length > maxBodyBytes)
      return apiError("request_too_large", { detail: `The body is larger than ${maxBodyBytes} bytes.` });
    return this.#unwanted;
  }

  /** What `take` will give is a buffer of its own, which nobody writes to again. */
  get isOwn(): boolean {
    return this.#bytes.isOwn;
  }

  /** All of it, see `BodyBytes.take`. */
  take(): [Buffer, ...Buffer[]] {
    this.#giveRoomBack();
    return this.#bytes.take();
  }

  /** Nothing of it is needed any more; that it is not wanted still holds. */
  drop(): void {
    this.#bytes.clear();
    this.#giveRoomBack();
  }

  /** The request is answered, and another one may come. */
  next(): void {
    this.#length = 0;
    this.#unwanted = null;
  }

  /** A large body is taken in only from somebody whose request is not refused whatever it holds. */
  #ask(): void {
    const sender = this.#senderOf();
    if (!sender.ok) this.#unwanted = sender.error;
    // What is held already is its account's, whatever a reload says of the key meanwhile.
    else if (this.#held === 0) this.#account = sender.account;
  }

  #hold(bytes: number): void {
    if (this.#limits.room.take(bytes, this.#account)) this.#held += bytes;
    else this.#unwanted = apiError("overloaded", { detail: "Too much is being uploaded here.", retryAfterMs: 1_000 });
  }

  #giveRoomBack(): void {
    this.#limits.room.giveBack(this.#held, this.#account);
    this.#held = 0;
  }
}
