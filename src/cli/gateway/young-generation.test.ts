import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";

/** As loading has left it and as it is bounded, under load, then with most given up as in a quiet time, then under load again: sizes of the young generation, MB. */
const program = `
import { getHeapSpaceStatistics } from "node:v8";
import { setTimeout } from "node:timers/promises";
import { boundYoungGeneration } from ${JSON.stringify(new URL("./young-generation.ts", import.meta.url).href)};
const sizeMB = () => getHeapSpaceStatistics().find((space) => space.space_name === "new_space").space_size / 2 ** 20;
async function load() {
  const inFlight = Array.from({ length: 3_000 }, () => null);
  for (let turn = 0; turn < 120; turn++) {
    for (let at = 0; at < 10_000; at++) inFlight[at % inFlight.length] = { text: "x" + at, of: [turn, at, 1, 2, 3, 4] };
    await setTimeout(8);
  }
  return sizeMB();
}
await load();
const loaded = sizeMB();
boundYoungGeneration();
const started = sizeMB();
const first = await load();
gc({ type: "major", flavor: "last-resort" });
await setTimeout(300);
const quiet = sizeMB();
console.log(JSON.stringify({ loaded, started, first, quiet, again: await load() }));
`;

describe("the young generation", () => {
  it("is made small at the start, is bounded under load, small in a quiet time, and has its room again with the next load", () => {
    const args = ["--expose-gc", "--disable-warning=ExperimentalWarning", "--input-type=module", "--eval", program];
    const child = spawnSync(process.execPath, args, { encoding: "utf8" });
    type Sizes = Record<"loaded" | "started" | "first" | "quiet" | "again", number>;
    const { loaded, started, first, quiet, again } = JSON.parse(child.stdout) as Sizes;
    expect(started).toBeLessThan(loaded / 2);
    expect(quiet).toBeLessThan(first / 2);
    expect(again).toBeGreaterThan(first / 2);
    for (const size of [first, again]) {
      expect(size).toBeGreaterThan(4);
      expect(size).toBeLessThan(12);
    }
  });
});
