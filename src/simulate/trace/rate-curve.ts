import type { ClientProfile, ClientProfileSet, ClientWindow } from "./client-profiles.ts";
import { columnName, fieldsOf, separatorOf } from "./trace-columns.ts";
import { epochUnitMs, parseTimeMs } from "./trace-times.ts";

/** Names under which a column of rates is found, and how many seconds its unit of time has. */
const rateColumns: Readonly<Record<string, number>> = {
  requestspersecond: 1,
  requestspers: 1,
  rps: 1,
  qps: 1,
  requestsperminute: 60,
  rpm: 60,
  requestsperhour: 3600,
  requestsperday: 86_400,
};
const hourMs = 3_600_000;
/** Names of columns of times, and what a plain number in them counts, ms; null where the name does not say it. */
const timeColumns: Readonly<Record<string, number | null>> = {
  hourstartutc: hourMs,
  hourstart: hourMs,
  hourutc: hourMs,
  hour: hourMs,
  minutestart: 60_000,
  minute: 60_000,
  timestamp: null,
  datetime: null,
  time: null,
};

/** A number in a column `hour_start` that makes thousands of years of hours is when the hour starts, in seconds since 1970 or less. */
const mostCounted = 1e8;
const unitOf = (value: number, calledMs: number | null): number =>
  calledMs !== null && Math.abs(value) < mostCounted ? calledMs : epochUnitMs(value);

/** Rates above are taken for damage: more than all public services together. */
const absurdPerS = 10_000_000;
/**
 * So many senders share a curve. Each lives in one area, so they are enough to spread a curve over the areas in proportion
 * to their demand; each is a Poisson process, and so is their sum, whatever their number.
 */
const senders = 1000;

/**
 * Reads a table of rates over time, such as the hourly rates of a week: CSV with a header, one column of times and one of
 * rates. A rate holds until the next row; where rows are missing, the rate before them goes on.
 *
 * @returns null when the header names no column of rates; otherwise the senders, whose requests have the workload's own
 * sizes, and what could not be used.
 */
export function parseRateCurve(text: string, name: string): ClientProfileSet | null {
  const [header = "", ...rows] = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  const separator = separatorOf(header);
  const columns = fieldsOf(header, separator);
  // "requests_per_s" ends like a unit of time, and is none.
  const plain = columns.map((field) => field.toLowerCase().replaceAll(/[\s_-]/g, ""));
  const rateColumn = plain.findIndex((name) => Object.hasOwn(rateColumns, name));
  const timeColumn = columns.findIndex((field) => Object.hasOwn(timeColumns, columnName(field).name));
  if (rateColumn < 0 || timeColumn < 0) return null;
  const perS = 1 / rateColumns[plain[rateColumn]!]!;
  const { name: timeName, unitMs } = columnName(columns[timeColumn]!);
  const calledMs = timeColumns[timeName] ?? null;
  const countsMs = unitMs ?? ((value: number) => unitOf(value, calledMs));
  const points: { fromMs: number; requestsPerS: number }[] = [];
  const bad: number[] = [];
  for (const [index, row] of rows.entries()) {
    if (row.trim() === "") continue;
    const cells = fieldsOf(row, separator);
    const fromMs = parseTimeMs(cells[timeColumn] ?? "", countsMs);
    const requestsPerS = Number(cells[rateColumn] || Number.NaN) * perS;
    const isRate = requestsPerS >= 0 && requestsPerS <= absurdPerS;
    if (cells.length === columns.length && Number.isFinite(fromMs) && isRate) points.push({ fromMs, requestsPerS });
    else bad.push(index + 2);
  }
  const problems: string[] = [];
  if (bad.length > 0) problems.push(`${name}:${bad[0]}: ${bad.length} row(s) left out: no time and rate`);
  points.sort((a, b) => a.fromMs - b.fromMs);
  const once = points.filter(({ fromMs }, i) => i === 0 || fromMs > points[i - 1]!.fromMs);
  if (once.length < points.length) {
    problems.push(`${name}: ${points.length - once.length} row(s) left out: a time that another row has already`);
  }
  const windows = once.map(({ fromMs, requestsPerS }): ClientWindow => {
    const fromS = (fromMs - once[0]!.fromMs) / 1000;
    return { fromS, requestsPerS: requestsPerS / senders, gaps: "gamma", shape: 1 };
  });
  if (!windows.some(({ requestsPerS }) => requestsPerS > 0)) return { clients: [], problems };
  const clients = Array.from({ length: senders }, (_, i): ClientProfile => ({
    id: `${name}#${i}`,
    windows,
    lengths: [],
  }));
  return { clients, problems };
}
