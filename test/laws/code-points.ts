import * as fc from "fast-check";

/**
 * Any code point, halves of pairs included: the unit of strings that may hold anything. The library's own list of them takes
 * seconds to be made.
 */
export const codePoints = fc.nat(0x10_ffff).map((code) => String.fromCodePoint(code));
