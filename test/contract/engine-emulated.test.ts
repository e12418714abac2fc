import { createNodeClock } from "../../src/adapters/clock-node/index.ts";
import { createEmulatedEngine } from "../../src/adapters/engine-emulated/index.ts";
import { compileReplica } from "../../src/perf/index.ts";
import { smallModel, smallModule, testEngine } from "../worlds/tiny-world.ts";
import { engineContract } from "./engine.ts";

engineContract("engine-emulated", async () => {
  const replica = compileReplica({
    accelerator: smallModule.accelerator,
    tensorParallel: 1,
    model: smallModel,
    engine: testEngine,
    weightPrecision: "fp8",
    kvPrecision: "bf16",
  })!;
  const engine = createEmulatedEngine({
    replica,
    replicas: 2,
    speedRatio: 1,
    clock: createNodeClock(),
  });
  return { engine, close: () => engine.close() };
});
