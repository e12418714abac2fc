const isoDate = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:?\d\d)?)?$/i;

/**
 * When a date such as `2027-01-31`, `2027-01-31T08:00` or `2027-01-31T08:00:00+01:00` is, ms since 1970; NaN for any other text and for days that no
 * calendar has (`Date.parse` takes 30 February for 2 March). Without a zone it is in UTC, as dates are shown, wherever the machine stands.
 */
export function epochMsOfDate(text: string): number {
  const parts = isoDate.exec(text.trim());
  if (parts === null) return Number.NaN;
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map((part) => Number(part ?? 0)) as number[];
  const midnightMs = Date.UTC(year!, month! - 1, day);
  const midnight = new Date(midnightMs);
  if (midnight.getUTCMonth() !== month! - 1 || midnight.getUTCDate() !== day) return Number.NaN;
  if (hour! > 23 || minute! > 59 || second! > 59) return Number.NaN;
  const partOfSecondMs = Math.floor(Number(`0.${parts[7] ?? 0}`) * 1000);
  const localMs = midnightMs + ((hour! * 60 + minute!) * 60 + second!) * 1000 + partOfSecondMs;
  return localMs - offsetMs(parts[8] ?? "Z");
}

function offsetMs(zone: string): number {
  const [, sign, hours, minutes] = /^([+-])(\d\d):?(\d\d)$/.exec(zone) ?? [];
  if (sign === undefined) return 0;
  if (Number(hours) > 23 || Number(minutes) > 59) return Number.NaN;
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}
