/** Times in tables that others have made. */

/**
 * As databases and programs write them: seconds may be missing, their fraction may stand behind a comma, and the offset may have no minutes
 * or stand apart.
 */
const datePattern =
  /^(\d{4})-(\d{2})-(\d{2})[ T](\d{2}):(\d{2})(?::(\d{2})([.,]\d+)?)?(?: ?(?:Z|UTC|GMT|([+-])(\d{2})(?::?(\d{2}))?))?$/i;

/**
 * What a plain number counts where nothing says it, ms: seconds. Numbers from which that makes thousands of years are
 * seconds since 1970 in a smaller unit, as clocks of programs give them.
 */
export function epochUnitMs(value: number): number {
  const size = Math.abs(value);
  if (size < 1e11) return 1000;
  return size < 1e14 ? 1 : size < 1e17 ? 1e-3 : 1e-6;
}

/**
 * Time of a field, ms on its own clock: an ISO-like date, or a plain number; NaN when it is neither.
 *
 * @param unitMs What a plain number counts, ms.
 */
export function parseTimeMs(field: string, unitMs: number | ((value: number) => number) = epochUnitMs): number {
  if (/^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(field)) {
    const value = Number(field);
    return value * (typeof unitMs === "number" ? unitMs : unitMs(value));
  }
  const match = datePattern.exec(field);
  if (!match) return Number.NaN;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0));
  const offsetMinutes = match[8] ? (match[8] === "-" ? -1 : 1) * (Number(match[9]) * 60 + Number(match[10] ?? 0)) : 0;
  const isDate = month! >= 1 && month! <= 12 && day! >= 1 && day! <= daysInMonth(year!, month!);
  if (!isDate || hour! > 23 || minute! > 59 || second! > 60) return Number.NaN;
  // Fractions beyond a millisecond count: Azure's stamps have seven digits, and bursts live in them.
  const fraction = match[7] ? Number(match[7].replace(",", ".")) : 0;
  const seconds =
    ((daysSince1970(year!, month!, day!) * 24 + hour!) * 60 + minute!) * 60 + second! - offsetMinutes * 60;
  return seconds * 1000 + fraction * 1000;
}

function daysInMonth(year: number, month: number): number {
  return daysSince1970(month === 12 ? year + 1 : year, (month % 12) + 1, 1) - daysSince1970(year, month, 1);
}

/** Days of the proleptic Gregorian calendar, counted in years that begin in March so that leap days come last. */
function daysSince1970(year: number, month: number, day: number): number {
  const y = month > 2 ? year : year - 1;
  const monthFromMarch = (month + 9) % 12;
  const leapDays = Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400);
  return y * 365 + leapDays + Math.floor((153 * monthFromMarch + 2) / 5) + day - 1 - 719468;
}
