/**
 * Short texts as numbers: their UTF-16 code units, one behind the other. Texts that are kept for some time are copied by every
 * collection of young garbage and then grow old; numbers in an array that is there already are not.
 */

/** Writes a text's units from `start` on. */
export function putUnits(text: string, into: Uint16Array, start: number): void {
  for (let index = 0; index < text.length; index++) {
    // oxlint-disable-next-line unicorn/prefer-code-point -- units are what is kept.
    into[start + index] = text.charCodeAt(index);
  }
}

export function isText(text: string, units: Uint16Array, start: number): boolean {
  for (let index = text.length - 1; index >= 0; index--) {
    // oxlint-disable-next-line unicorn/prefer-code-point -- as above.
    if (units[start + index] !== text.charCodeAt(index)) return false;
  }
  return true;
}

/** The text whose units stand there; a short one. */
export function textOf(units: Uint16Array, start: number, end: number): string {
  // oxlint-disable-next-line unicorn/prefer-code-point -- as above.
  return String.fromCharCode(...units.subarray(start, end));
}
