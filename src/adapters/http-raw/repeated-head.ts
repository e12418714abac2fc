import { isNamed } from "./message-head.ts";
import { readBuffer } from "./shared-reads.ts";
import { longestHead, mostDigits, readPlainMessage, type PlainMessage } from "./plain-message.ts";

/** Longer heads are read anew each time, bytes: a thousand connections keep one each. */
const longestKept = 1_024;
/** So many messages in a row with another head, and none is kept any more. */
const mostMisses = 4;

const zero = 0x30;
const readWords = new Int32Array(readBuffer.buffer);

/**
 * Reads the plain messages of one connection. A client or an engine that keeps a connection sends the same head time after time,
 * or one in which nothing but the length of the body is another: what the head before it said is then said again, and comparing
 * bytes costs a fraction of taking them apart.
 */
export class RepeatedHead {
  /** The head before, with positions from its first byte on. */
  #kept: PlainMessage | null = null;
  #bytes = new Uint8Array(0);
  #words = new Int32Array(0);
  #misses = 0;

  /** As `readPlainMessage`. */
  read(bytes: Buffer, start: number, isRequest: boolean, maxHeaderBytes: number): PlainMessage | null {
    if (this.#kept !== null) {
      const again = this.#again(this.#kept, bytes, start, Math.min(longestHead, maxHeaderBytes));
      if (again !== null) {
        this.#misses = 0;
        return again;
      }
    }
    const plain = readPlainMessage(bytes, start, isRequest, maxHeaderBytes);
    if (plain === null || this.#misses >= mostMisses) return plain;
    if (this.#kept !== null) this.#misses++;
    this.#keep(plain, bytes, start);
    return plain;
  }

  #keep(plain: PlainMessage, bytes: Buffer, start: number): void {
    this.#kept = null;
    if (this.#misses >= mostMisses || plain.bodyStart - start > longestKept) return;
    const { head, bodyStart, bodyEnd, chunked, lengthStart, lengthEnd } = plain;
    const hasLength = lengthEnd > 0;
    // A length with zeros in front is not what its number would be written as.
    if (hasLength && lengthEnd > lengthStart + 1 && bytes[lengthStart] === zero) return;
    const length = bodyStart - start;
    const room = new ArrayBuffer((length + 3) & ~3);
    this.#bytes = new Uint8Array(room, 0, length);
    this.#bytes.set(bytes.subarray(start, bodyStart));
    this.#words = new Int32Array(room);
    this.#kept = {
      head,
      chunked,
      bodyStart: bodyStart - start,
      bodyEnd: bodyEnd - start,
      // Without a length all of it has to be the same.
      lengthStart: (hasLength ? lengthStart : bodyStart) - start,
      lengthEnd: (hasLength ? lengthEnd : bodyStart) - start,
    };
  }

  #again(kept: PlainMessage, bytes: Buffer, start: number, mostBytes: number): PlainMessage | null {
    const { lengthStart: before, lengthEnd: behind, bodyStart: headLength, head, chunked } = kept;
    if (!this.#isSame(bytes, start, 0, before)) return null;
    if (before === behind) {
      const bodyStart = start + headLength;
      return { head, chunked, bodyStart, bodyEnd: bodyStart, lengthStart: 0, lengthEnd: 0 };
    }
    const lengthStart = start + before;
    let lengthEnd = lengthStart;
    let length = 0;
    for (let digit; lengthEnd < bytes.length && (digit = bytes[lengthEnd]! - zero) >= 0 && digit <= 9; lengthEnd++)
      length = length * 10 + digit;
    const digits = lengthEnd - lengthStart;
    if (digits === 0 || digits > mostDigits || (digits > 1 && bytes[lengthStart] === zero)) return null;
    if (!this.#isSame(bytes, lengthEnd, behind, headLength)) return null;
    const bodyStart = lengthEnd + headLength - behind;
    const bodyEnd = bodyStart + length;
    if (bodyEnd > bytes.length || bodyStart - start > mostBytes) return null;
    const isSameLength = length === kept.bodyEnd - headLength;
    const said = isSameLength ? head : { ...head, fields: withLength(head.fields, String(length)) };
    return { head: said, chunked, bodyStart, bodyEnd, lengthStart, lengthEnd };
  }

  /** Whether the head before has, from one position to another, what these bytes have from `at` on. */
  #isSame(bytes: Buffer, at: number, from: number, to: number): boolean {
    if (at + to - from > bytes.length) return false;
    const kept = this.#bytes;
    const shift = at - from;
    let index = from;
    // Four at a time where they lie alike in both, as they do when a read begins with the head.
    if ((shift & 3) === 0 && bytes.buffer === readBuffer.buffer && bytes.byteOffset === 0) {
      for (; (index & 3) !== 0 && index < to; index++) if (kept[index] !== bytes[index + shift]) return false;
      const keptWords = this.#words;
      const ahead = shift >> 2;
      for (; index + 4 <= to; index += 4) if (keptWords[index >> 2] !== readWords[(index >> 2) + ahead]) return false;
    }
    for (; index < to; index++) if (kept[index] !== bytes[index + shift]) return false;
    return true;
  }
}

function withLength(fields: readonly string[], length: string): string[] {
  const changed = [...fields];
  for (let index = 0; index < fields.length; index += 2)
    if (isNamed(fields[index]!, "content-length")) changed[index + 1] = length;
  return changed;
}
