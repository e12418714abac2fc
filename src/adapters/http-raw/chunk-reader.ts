const carriageReturn = 0x0d;
const lineFeed = 0x0a;
/** Digits of a chunk's size; more, or anything else in its line, is left to llhttp. */
const mostDigits = 7;

/** What comes next. */
const next = { size: 0, sizeEnd: 1, data: 2, dataReturn: 3, dataEnd: 4, lastReturn: 5, lastEnd: 6 } as const;

/** Value of each hexadecimal digit, 255 for all else. */
const digitOf = new Uint8Array(256).fill(255);
for (let value = 0; value < 16; value++) {
  const digit = value.toString(16);
  digitOf[digit.charCodeAt(0)] = value;
  digitOf[digit.toUpperCase().charCodeAt(0)] = value;
}

/**
 * Takes the body of an answer out of its chunks, as long as they are plain: a size in digits, the data, nothing else. A stream
 * is hundreds of small chunks, and llhttp would call for each of them. What is not plain is for llhttp to judge, which is told
 * by `read` how the chunk began.
 */
export class ChunkReader {
  /** Where the data of the last read lies: it was moved together within its buffer. */
  from = 0;
  to = 0;
  /** Up to where bytes were taken. */
  at = 0;
  /** The last chunk has come. */
  isOver = false;
  #next: number = next.size;
  /** Of the data; while its size is read, what its digits so far say. */
  #left = 0;
  /** Digits of a size that are there already. */
  #digits = 0;

  reset(): void {
    this.isOver = false;
    this.#next = next.size;
    this.#left = 0;
    this.#digits = 0;
  }

  /**
   * Reads from `start` to the end of the bytes or of the body. Null when all was plain; else what llhttp has to read, behind a
   * head, before it goes on at `at`.
   */
  read(bytes: Buffer, start: number): string | null {
    this.from = start;
    this.to = start;
    let at = start;
    while (at < bytes.length && !this.isOver) {
      if (this.#next === next.size && this.#digits === 0) at = this.#takeWhole(bytes, at);
      if (at === bytes.length) break;
      if (this.#next === next.data) {
        const end = Math.min(bytes.length, at + this.#left);
        this.#take(bytes, at, end);
        this.#left -= end - at;
        at = end;
        if (this.#left === 0) this.#next = next.dataReturn;
        continue;
      }
      const byte = bytes[at]!;
      if (this.#next === next.size && digitOf[byte]! < 16 && this.#digits < mostDigits) {
        this.#left = this.#left * 16 + digitOf[byte]!;
        this.#digits++;
      } else if (this.#isExpected(byte)) this.#step();
      else {
        this.at = at;
        return this.#before();
      }
      at++;
    }
    this.at = at;
    return null;
  }

  /** Takes chunks that are here from their first byte to their last, as most are; returns where the next one begins. */
  #takeWhole(bytes: Buffer, start: number): number {
    for (let at = start; ;) {
      let size = 0;
      let from = at;
      for (let digit; (digit = digitOf[bytes[from]!]!) < 16 && from < at + mostDigits; from++) size = size * 16 + digit;
      const end = from + 2 + size;
      const isHere = size > 0 && end + 2 <= bytes.length;
      if (!isHere || !endsLine(bytes, from) || !endsLine(bytes, end)) return at;
      this.#take(bytes, from + 2, end);
      at = end + 2;
    }
  }

  /** Of everything but digits and data only one byte is plain. */
  #isExpected(byte: number): boolean {
    if (this.#next === next.size) return byte === carriageReturn && this.#digits > 0;
    const isReturn = this.#next === next.dataReturn || this.#next === next.lastReturn;
    return byte === (isReturn ? carriageReturn : lineFeed);
  }

  #step(): void {
    if (this.#next === next.sizeEnd) {
      this.#digits = 0;
      this.#next = this.#left > 0 ? next.data : next.lastReturn;
    } else if (this.#next === next.dataEnd) this.#next = next.size;
    else if (this.#next === next.lastEnd) this.isOver = true;
    else this.#next++;
  }

  /** The beginning of what is being read, or something that is read to the same effect. */
  #before(): string {
    const digits = this.#digits === 0 ? "" : this.#left.toString(16).padStart(this.#digits, "0");
    if (this.#next === next.size) return digits;
    if (this.#next === next.sizeEnd) return `${digits}\r`;
    if (this.#next === next.dataReturn) return "1\r\n-";
    if (this.#next === next.dataEnd) return "1\r\n-\r";
    return this.#next === next.lastReturn ? "0\r\n" : "0\r\n\r";
  }

  #take(bytes: Buffer, start: number, end: number): void {
    if (this.to === this.from) {
      this.from = start;
      this.to = start;
    }
    if (this.to !== start) bytes.copy(bytes, this.to, start, end);
    this.to += end - start;
  }
}

function endsLine(bytes: Buffer, at: number): boolean {
  return bytes[at] === carriageReturn && bytes[at + 1] === lineFeed;
}
