import { STATUS_CODES } from "node:http";

const lines = new Map<number, string>();
let dateText = "";
let dateValidMs = 0;

/** The beginning of an answer: status line and date field. */
export function statusLine(status: number): string {
  let line = lines.get(status);
  if (line === undefined) {
    line = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Unknown"}\r\n`;
    lines.set(status, line);
  }
  const nowMs = Date.now();
  if (nowMs >= dateValidMs) {
    dateText = `date: ${new Date(nowMs).toUTCString()}\r\n`;
    dateValidMs = nowMs - (nowMs % 1_000) + 1_000;
  }
  return line + dateText;
}
