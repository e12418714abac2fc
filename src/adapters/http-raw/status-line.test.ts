import { STATUS_CODES } from "node:http";
import { afterEach, expect, it, vi } from "vitest";
import { statusLine } from "./status-line.ts";

afterEach(() => void vi.useRealTimers());

it("tells the second it is now, also after the time of day was set forward or back", () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  for (const time of ["12:00:00", "12:00:00", "12:00:01", "15:00:00", "11:30:00"]) {
    vi.setSystemTime(new Date(`2026-11-27T${time}Z`));
    expect(statusLine(200)).toBe(`HTTP/1.1 200 OK\r\ndate: Fri, 27 Nov 2026 ${time} GMT\r\n`);
  }
});

it("names every status it knows as Node does", () => {
  for (const [status, phrase] of Object.entries(STATUS_CODES)) {
    const [line] = statusLine(Number(status)).split("\r\n");
    expect([`HTTP/1.1 ${status} ${phrase}`, `HTTP/1.1 ${status} Unknown`]).toContain(line);
  }
  for (const status of [200, 400, 401, 404, 413, 429, 500, 502, 503, 504])
    expect(statusLine(status)).not.toContain("Unknown");
});
