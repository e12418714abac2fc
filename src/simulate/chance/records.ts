/**
 * Records of numbers side by side in one block of memory, seen as doubles and as 32-bit integers.
 *
 * A simulation of thousands of sites does not fit the processor's caches, so what costs time is how many lines of memory
 * a request touches: what is used together must lie together. A column per field would cost one line per field.
 */
export interface Records {
  readonly float: Float64Array;
  readonly int: Int32Array;
}

/** Bytes of a line of memory. */
const lineBytes = 64;
/** Large blocks begin so far behind a line's border in the usual allocators, where they keep their own length. */
const blockHeaderBytes = 16;

/** `count` records of `doubles` numbers each, all zero; record r begins at `r * doubles` doubles, `2 * r * doubles` ints. */
export function makeRecords(count: number, doubles: number): Records {
  const buffer = new ArrayBuffer(count * doubles * 8 + lineBytes);
  const offset = lineBytes - blockHeaderBytes;
  return {
    float: new Float64Array(buffer, offset, count * doubles),
    int: new Int32Array(buffer, offset, 2 * count * doubles),
  };
}
