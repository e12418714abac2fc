/** Most bytes a number takes as JSON. */
export const mostNumberBytes = 25;

const zero = 0x30;
const point = 0x2e;
/** A whole number below it has at most nine digits, and dividing it by ten is a matter of 32 bits. */
const billion = 1e9;
/** Thousandths of a number, up to which its shortest decimal has no more than fifteen digits, so that it is exact. */
const mostThousandths = 1e15;

/**
 * Writes a number as JSON has it, from `at` on, where there is room for `mostNumberBytes`; null for what is none. Returns where
 * it ends. Whole numbers and those of at most three decimals, which nearly all are, become no text in between.
 */
export function putNumber(into: Uint8Array, at: number, value: number): number {
  if (value >= 0 && value < mostThousandths) {
    const whole = Math.floor(value);
    if (whole === value) return putWhole(into, at, value);
    const thousandths = Math.round(value * 1_000);
    if (thousandths / 1_000 === value && thousandths < mostThousandths) return putDecimals(into, at, thousandths);
  }
  const text = Number.isFinite(value) ? String(value) : "null";
  for (let index = 0; index < text.length; index++) into[at + index] = text.charCodeAt(index);
  return at + text.length;
}

function putWhole(into: Uint8Array, at: number, value: number): number {
  if (value < billion) return putDigits(into, at, value | 0, digitsOf(value | 0));
  const billions = Math.floor(value / billion);
  const end = putDigits(into, at, billions, digitsOf(billions));
  return putDigits(into, end, (value - billions * billion) | 0, 9);
}

/** Thousandths that are no whole number: a point, and no zeros at the end. */
function putDecimals(into: Uint8Array, at: number, thousandths: number): number {
  const whole = Math.floor(thousandths / 1_000);
  const start = putWhole(into, at, whole) + 1;
  into[start - 1] = point;
  let end = putDigits(into, start, thousandths - whole * 1_000, 3);
  while (into[end - 1] === zero) end--;
  return end;
}

/** The last digits of a number of 32 bits. */
function putDigits(into: Uint8Array, at: number, value: number, digits: number): number {
  let left = value | 0;
  for (let index = at + digits - 1; index >= at; index--) {
    const tenth = (left / 10) | 0;
    into[index] = zero + left - tenth * 10;
    left = tenth;
  }
  return at + digits;
}

function digitsOf(value: number): number {
  if (value < 10) return 1;
  if (value < 100) return 2;
  if (value < 1_000) return 3;
  let digits = 4;
  for (let bound = 10_000; bound <= value; bound *= 10) digits++;
  return digits;
}
