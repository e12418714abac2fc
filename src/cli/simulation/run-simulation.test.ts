import { expect, it } from "vitest";
import { deployEverywhere } from "../../../test/worlds/random-world.ts";
import { tinyWorld } from "../../../test/worlds/tiny-world.ts";
import { defaultAutoscaling } from "../../simulate/index.ts";
import { makeSimulation, runSimulation } from "./run-simulation.ts";

it.each([
  ["a span without end", { durationS: 1e12, windowS: 1e9 }],
  ["traffic without measure", { durationS: 10, rateFactor: 1e9 }],
])("Ctrl-C ends a simulation of %s with what was measured", async (_, options) => {
  const world = tinyWorld();
  const running = runSimulation({ world, deployment: deployEverywhere(world), options });
  setImmediate(() => process.emit("SIGINT"));
  const { wasStopped, simulation } = await running;
  expect([wasStopped, simulation.isDone]).toEqual([true, false]);
  expect(simulation.nowMs).toBeLessThan(simulation.durationMs / 1000);
});

it.each([
  [
    "a share of engines above all",
    { autoscaling: { ...defaultAutoscaling, minRatio: 2 } },
    /^--autoscale: autoscaling\.minRatio/,
  ],
  ["a span of nothing", { durationS: 0 }, /^--seconds /],
])("refuses %s in the words of the command line", (_, options, words) => {
  const world = tinyWorld();
  expect(() => makeSimulation({ world, deployment: deployEverywhere(world), options })).toThrow(words);
});
