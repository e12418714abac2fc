import { describe, expect, it } from "vitest";
import { buildModel, StoppedEarly } from "./build-model.ts";
import type { PlanTools } from "./plan-options.ts";
import type { SearchProgress } from "./solution-path.ts";

/** Work of `parts` parts of one second each, by a clock that goes by the work. */
function slowWork(parts: number) {
  let nowMs = 0;
  const told: SearchProgress[] = [];
  function* work() {
    for (let part = 0; part < parts; part++) {
      nowMs += 1000;
      yield `building part ${part + 1} of ${parts}`;
    }
    return "model";
  }
  const tools = { nowMs: () => nowMs, onProgress: (point: SearchProgress) => void told.push(point) };
  return { work: work(), tools: tools as unknown as PlanTools, told };
}

describe("building a model", () => {
  it("tells how far it is, every moment or so", async () => {
    const { work, tools, told } = slowWork(4);
    expect(await buildModel(work, tools, {})).toBe("model");
    expect(told.map(({ seconds, stage }) => [seconds, stage])).toContainEqual([2, "building part 2 of 4"]);
    expect(told.length).toBeGreaterThanOrEqual(3);
  });

  it("lets others be heard, and ends at once when it is cancelled, saying where", async () => {
    const { work, tools } = slowWork(100);
    const stop = new AbortController();
    let breaths = 0;
    const breathe = (): Promise<void> => {
      if (++breaths === 3) stop.abort();
      return Promise.resolve();
    };
    const built = buildModel(work, { ...tools, breathe }, { signal: stop.signal });
    await expect(built).rejects.toThrow("stopped while building part 3 of 100: there is no plan yet");
    await expect(built).rejects.toMatchObject({ cancelled: true });
  });

  it("keeps the time limit, but takes ten seconds however short it is, for without a model there is no plan", async () => {
    const short = slowWork(9);
    await expect(buildModel(short.work, short.tools, { timeLimitS: 1 })).resolves.toBe("model");
    const { work, tools, told } = slowWork(100);
    await expect(buildModel(work, tools, { timeLimitS: 1 })).rejects.toThrow(StoppedEarly);
    expect(told.at(-1)!.seconds).toBe(10);
    const longer = slowWork(100);
    await expect(buildModel(longer.work, longer.tools, { timeLimitS: 40 })).rejects.toMatchObject({ cancelled: false });
    expect(longer.told.at(-1)!.seconds).toBe(40);
  });
});
