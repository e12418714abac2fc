import { describe, expect, it } from "vitest";
import { testArea, tinyWorld } from "../../../test/worlds/tiny-world.ts";
import { profileArrivals } from "./arrivals-profiles.ts";
import { TraceArrivals, type TraceMapping } from "./arrivals-trace.ts";
import type { Arrivals } from "./arrivals.ts";
import { parseClientLengths, parseClientWindows, type ClientProfile } from "../trace/client-profiles.ts";
import { parseCsvTrace } from "../trace/trace-csv.ts";

const hourMs = 3_600_000;
const world = tinyWorld({
  areas: [testArea({ id: "west", utcOffsetHours: 0 }), testArea({ id: "east", utcOffsetHours: 8 })],
  demand: [3, 1].map((peak, area) => ({ area, workload: 0, access: 0, peakPerS: [peak], meanPerS: [peak / 2] })),
});

/** A day: an hour of many requests from noon on, and one request an hour otherwise. */
const day = parseCsvTrace(
  [
    "time,input_tokens,output_tokens",
    ...Array.from({ length: 24 }, (_, hour) => hour)
      .flatMap((hour) => (hour === 12 ? Array.from({ length: 600 }, (_, i) => 12 * 3600 + i * 6) : [hour * 3600]))
      .map((timeS, i) => `${timeS},${i + 1},${i + 2}`),
    "",
  ].join("\n"),
);

function collect(arrivals: Arrivals) {
  const found: { atMs: number; row: number; inputTokens: number; outputTokens: number }[] = [];
  for (; arrivals.nextMs < Number.POSITIVE_INFINITY; arrivals.step()) {
    const { nextMs: atMs, row, inputTokens, outputTokens } = arrivals;
    found.push({ atMs, row, inputTokens, outputTokens });
  }
  expect(found.every(({ atMs }, i) => i === 0 || atMs >= found[i - 1]!.atMs)).toBe(true);
  return found;
}

const play = (mapping: Partial<TraceMapping>) =>
  collect(
    new TraceArrivals(
      world,
      0,
      day,
      { workload: 0, durationMs: 24 * hourMs, rateFactor: 1, loop: false, byTimeZone: false, ...mapping },
      7,
    ),
  );

describe("TraceArrivals", () => {
  it("sends every request of the trace once, to areas in proportion to their demand", () => {
    const found = play({});
    expect(found.map(({ inputTokens }) => inputTokens)).toEqual(Array.from({ length: day.count }, (_, i) => i + 1));
    const west = found.filter(({ row }) => row === 0).length / found.length;
    expect(west).toBeGreaterThan(0.68);
    expect(west).toBeLessThan(0.82);
  });

  it("lets every area live through it on its own clock, and still sends every request once", () => {
    const found = play({ byTimeZone: true });
    expect(found.map(({ inputTokens }) => inputTokens).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: day.count }, (_, i) => i + 1),
    );
    const busiest = (row: number) => {
      const hours = new Map<number, number>();
      for (const { atMs } of found.filter((entry) => entry.row === row)) {
        const hour = Math.floor(atMs / hourMs);
        hours.set(hour, (hours.get(hour) ?? 0) + 1);
      }
      return [...hours].toSorted((a, b) => b[1] - a[1])[0]![0];
    };
    // Noon comes eight hours earlier in the east.
    expect(busiest(0)).toBe(12);
    expect(busiest(1)).toBe(4);
  });

  it("ends with the trace, or begins it again when asked to", () => {
    const threeDays = { durationMs: 72 * hourMs };
    expect(play(threeDays)).toHaveLength(day.count);
    const looped = play({ ...threeDays, loop: true }).length / day.count;
    expect(looped).toBeGreaterThan(2.95);
    expect(looped).toBeLessThan(3.2);
  });

  it("is cut at the end of the span, and multiplies by whole and broken factors", () => {
    expect(play({ durationMs: 6 * hourMs })).toHaveLength(6);
    expect(play({ rateFactor: 3 })).toHaveLength(3 * day.count);
    const half = play({ rateFactor: 0.5 }).length / day.count;
    expect(half).toBeGreaterThan(0.42);
    expect(half).toBeLessThan(0.58);
  });
});

const problems: string[] = [];
const steady = (rate: number, family: string, shape: number) =>
  parseClientWindows(
    `0,${rate},1,${family},${shape},1\n600,0,0,,0,0\n1200,${rate},1,${family},${shape},1\n`,
    "x",
    problems,
  );

describe("client profiles", () => {
  it("send at the rate of each window, silent where there is none, again and again", () => {
    const clients: ClientProfile[] = ["Gamma", "Weibull"].map((family) => ({
      id: family,
      windows: steady(2, family, 0.7),
      lengths: parseClientLengths(
        '{"0": {"input_tokens": "{50: 0.5, 70: 0.5}", "output_tokens": "{9: 1.0}"}, "1200": {"text_tokens": "{10: 1}", "image_tokens": "{100: 1}", "image_count": "{2: 1}", "output_tokens": "{0: 1}"}}',
        "y",
        problems,
      ),
    }));
    const mapping = { workload: 0, durationMs: 36_000_000, rateFactor: 1, byTimeZone: false };
    const found = collect(profileArrivals(world, 0, clients, mapping, 3));
    // Two clients with 2 requests/s in two of three windows.
    expect(found.length / (36_000 * 4 * (2 / 3))).toBeCloseTo(1, 1);
    const inWindow = (position: number) => found.filter(({ atMs }) => Math.floor((atMs / 1000 / 600) % 3) === position);
    expect(inWindow(1)).toHaveLength(0);
    expect(new Set(inWindow(0).map(({ inputTokens }) => inputTokens))).toEqual(new Set([50, 70]));
    // Two pictures of 100 tokens lengthen the prompt; an answer has at least one token.
    expect(inWindow(2).every(({ inputTokens, outputTokens }) => inputTokens === 210 && outputTokens === 1)).toBe(true);
    expect(problems).toEqual([]);
  });

  it("name the rows that are no window", () => {
    const bad: string[] = [];
    const windows = parseClientWindows(
      "0,1,1,Gamma,0.5,1\n-5,1,1,Gamma,1,1\n600,NaN,1,Gamma,1,1\n1200,1e99,1,Gamma,1,1\n1800,1,1,Pareto,1,1\n2400,1,1,Gamma,0,1\n0,1,1,Gamma,1,1\nnoise\n",
      "chunk-0-trace.csv",
      bad,
    );
    expect(windows).toHaveLength(1);
    expect(bad).toEqual(["chunk-0-trace.csv:2: 7 row(s) left out: no window of a client"]);
    expect(parseClientLengths("{", "d.json", bad)).toEqual([]);
    expect(bad[1]).toMatch(/^d\.json: left out/);
  });
});
