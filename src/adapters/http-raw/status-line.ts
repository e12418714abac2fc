import { STATUS_CODES } from "node:http";

const lines = new Map<number, string>();
let dateText = "";
/** The second that `dateText` tells. */
let dateMs = Number.NaN;

/** The beginning of an answer: status line and date field. */
export function statusLine(status: number): string {
  let line = lines.get(status);
  if (line === undefined) {
    line = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Unknown"}\r\n`;
    lines.set(status, line);
  }
  const nowMs = Date.now();
  // The time of day may be set back as well.
  if (!(nowMs >= dateMs && nowMs < dateMs + 1_000)) {
    dateText = `date: ${new Date(nowMs).toUTCString()}\r\n`;
    dateMs = nowMs - (nowMs % 1_000);
  }
  return line + dateText;
}
