import { describe, expect, it } from "vitest";
import { tinyWorld } from "../../../test/worlds/tiny-world.ts";
import { profileArrivals } from "../arrival/arrivals-profiles.ts";
import { parseRateCurve } from "./rate-curve.ts";

const hours = ["2024-05-10T00:00:00Z,20", "2024-05-10T01:00:00Z,5", "2024-05-10T02:00:00Z,40"];
const table = (...rows: string[]) => ["hour_start_utc,requests_per_second", ...rows].join("\n");

/** Requests of each hour, played on two areas of equal demand. */
function play(text: string, spanHours: number) {
  const world = tinyWorld();
  const { clients } = parseRateCurve(text, "curve.csv")!;
  const mapping = { workload: 0, durationMs: spanHours * 3_600_000, rateFactor: 1, byTimeZone: false };
  const arrivals = profileArrivals(world, 0, clients, mapping, 5);
  const perHour = Array.from({ length: spanHours }, () => 0);
  const perArea = Array.from(world.areas, () => 0);
  for (; arrivals.nextMs < Number.POSITIVE_INFINITY; arrivals.step()) {
    perHour[Math.floor(arrivals.nextMs / 3_600_000)]!++;
    perArea[world.demand[arrivals.row]!.area]!++;
  }
  return { perHour, perArea };
}

const rateOf = (count: number) => count / 3600;

describe("a table of rates over time", () => {
  it("is followed hour by hour, begins again at its end, and is spread over the areas", () => {
    const { perHour, perArea } = play(table(...hours), 4);
    for (const [hour, rate] of [20, 5, 40, 20].entries()) {
      // Five standard deviations of a Poisson count.
      expect(Math.abs(rateOf(perHour[hour]!) - rate)).toBeLessThan(5 * Math.sqrt(rate / 3600));
    }
    expect(perArea[0]! / (perArea[0]! + perArea[1]!)).toBeGreaterThan(0.4);
    expect(perArea[0]! / (perArea[0]! + perArea[1]!)).toBeLessThan(0.6);
  });

  it("may be out of order, quoted, per hour, and with a gap, over which the rate before it holds", () => {
    const shuffled = parseRateCurve(table(...hours.toReversed()), "curve.csv");
    expect(shuffled).toEqual(parseRateCurve(table(...hours), "curve.csv"));
    const perHour = `"time","requests_per_hour"\n"0","72000"\n"3600","18000"\n"7200","144000"\n`;
    expect(parseRateCurve(perHour, "curve.csv")!.clients[0]!.windows).toEqual(shuffled!.clients[0]!.windows);
    const gap = play(table(hours[0]!, "2024-05-10T01:00:00Z,5", "2024-05-10T03:00:00Z,40"), 3).perHour;
    expect(rateOf(gap[2]!)).toBeLessThan(6);
  });

  it("counts plain numbers in what the column of times is called, and may have semicolons or tabs", () => {
    const expected = parseRateCurve("time,requests_per_second\n0,20\n3600,5\n7200,40", "curve.csv")!.clients[0]!
      .windows;
    for (const text of [
      "hour,rps\n0,20\n1,5\n2,40",
      "Hour UTC,rps\n0,20\n1,5\n2,40",
      "minute;requests_per_minute\n0;1200\n60;300\n120;2400",
      "timestamp_ms\trequests per second\n0\t20\n3600000\t5\n7200000\t40",
      "time (h),requests_per_s\n0,20\n1,5\n2,40",
      "hour_start,rps\n1715299200,20\n1715302800,5\n1715306400,40",
      "hour_start_utc,rps\n1715299200000,20\n1715302800000,5\n1715306400000,40",
    ]) {
      expect(parseRateCurve(text, "curve.csv")!.clients[0]!.windows).toEqual(expected);
    }
  });

  it("counts and names rows that are no time and rate, or come twice, and never simulates them", () => {
    const odd = ["never,5", "2024-05-10T01:00:00Z,NaN", "2024-05-10T01:00:00Z,-1", "2024-05-10T01:00:00Z,1e99", "20"];
    const { clients, problems } = parseRateCurve(table(...hours, ...odd, hours[1]!), "curve.csv")!;
    expect(clients).toEqual(parseRateCurve(table(...hours), "curve.csv")!.clients);
    expect(problems).toEqual([
      "curve.csv:5: 5 row(s) left out: no time and rate",
      "curve.csv: 1 row(s) left out: a time that another row has already",
    ]);
    expect(parseRateCurve(table("2024-05-10T00:00:00Z,0"), "curve.csv")!.clients).toEqual([]);
    expect(parseRateCurve("TIMESTAMP,ContextTokens,GeneratedTokens\n", "trace.csv")).toBeNull();
  });
});
