import { describe, expect, it } from "vitest";
import { deployEverywhere } from "../../../test/worlds/random-world.ts";
import { tinyWorld } from "../../../test/worlds/tiny-world.ts";
import { Simulation } from "../run/simulation.ts";

function record(maxRequests: number) {
  const world = tinyWorld();
  const simulation = new Simulation({
    world,
    deployment: deployEverywhere(world),
    options: { durationS: 20, windowS: 10, traceWindow: { fromS: 5, toS: 6, maxRequests } },
  });
  simulation.advance(20_000);
  return simulation.chromeTrace()!.traceEvents;
}

describe("chrome trace", () => {
  it("has the stages of the requests of its window, end to end", () => {
    const events = record(1000);
    const spans = Map.groupBy(
      events.filter((event) => event.ph !== "M"),
      (event) => event.id,
    );
    expect(spans.size).toBeGreaterThan(10);
    for (const stages of spans.values()) {
      const begins = stages.filter((event) => event.ph === "b");
      expect(stages.length).toBe(2 * begins.length);
      const sentS = begins[0]!.ts! / 1e6;
      expect(sentS >= 5 && sentS < 6).toBe(true);
      expect(begins.map((event) => event.name)).toEqual(expect.arrayContaining(["queue", "prefill"]));
    }
  });

  it("stops at the number asked for, and names sites and engines", () => {
    const events = record(3);
    expect(new Set(events.flatMap((event) => event.id ?? [])).size).toBe(3);
    expect(events.filter((event) => event.name === "process_name").length).toBeGreaterThan(0);
  });
});
