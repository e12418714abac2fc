import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { publishedFile } from "../../test/published-data.ts";
import { networkModel } from "../catalog/index.ts";
import { distanceKm, probabilityWithin, wideAreaRtt, type Relation } from "./index.ts";

const servers = publishedFile("rtt/wondernetwork-servers-2020-07-19.csv");
const pings = publishedFile("rtt/wondernetwork-2020-07-even-ids.csv.gz");

interface Pair {
  readonly km: number;
  readonly ms: number;
  readonly relation: Relation;
}

function readPairs(): Pair[] {
  const places = new Map(
    readFileSync(servers!, "utf8")
      .trim()
      .split("\n")
      .slice(1)
      .map((line) => line.split(",").map((cell) => cell.replaceAll('"', "")))
      .map((cells) => [
        cells[0]!,
        { country: cells[5]!, continent: cells[7]!, latitude: Number(cells[8]), longitude: Number(cells[9]) },
      ]),
  );
  const lines = gunzipSync(readFileSync(pings!)).toString("utf8").trim().split("\n").slice(1);
  return lines.flatMap((line) => {
    const [from, to, , average] = line.split(",");
    const a = places.get(from!);
    const b = places.get(to!);
    const ms = Number(average);
    if (!a || !b || from === to || !(ms > 0)) return [];
    const relation =
      a.country === b.country ? "sameCountry" : a.continent === b.continent ? "sameContinent" : "betweenContinents";
    return [{ km: distanceKm(a, b), ms, relation }];
  });
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

describe.skipIf(servers === null || pings === null)("round-trip model against pings between cities", () => {
  it.each([
    ["sameCountry", 0.22],
    ["sameContinent", 0.28],
    ["betweenContinents", 0.18],
  ] as const)("misses %s by at most %f in the median", (relation, bound) => {
    const errors = readPairs()
      .filter((pair) => pair.relation === relation)
      .map((pair) => Math.abs(wideAreaRtt(networkModel, pair.km, relation).medianMs / pair.ms - 1));
    expect(errors.length).toBeGreaterThan(1000);
    expect(median(errors)).toBeLessThan(bound);
  });

  it.each([
    [0, 200],
    [200, 500],
    [500, 1000],
    [1000, 4000],
    [4000, 20_000],
  ])(
    "has nine tenths of measured pairs of %i to %i km within its 90th percentile, give or take a tenth",
    (from, to) => {
      // The spread depends on distance alone, so it is held against the pairs of all relations together.
      const pairs = readPairs().filter((pair) => pair.km >= from && pair.km < to);
      const within = pairs.filter(
        (pair) => probabilityWithin(wideAreaRtt(networkModel, pair.km, pair.relation), pair.ms) <= 0.9,
      );
      expect(within.length / pairs.length).toBeGreaterThan(0.78);
      expect(within.length / pairs.length).toBeLessThan(0.98);
    },
  );
});
