import { describe, expect, it } from "vitest";
import {
  compareWithTheory,
  md1,
  mg1ps,
  mmc,
  replications,
  simulateQueue,
  type QueueSystem,
} from "../../bench/queue-systems.ts";

/** Sojourns of twenty short replications; the seeds are fixed, so the outcome is too. */
function sojourn(system: QueueSystem) {
  const means = Array.from({ length: replications }, (_, seed) => simulateQueue(system, 4000, seed).sojourn);
  return compareWithTheory(means, system.meanSojourn);
}

describe("the engine as a textbook queue", () => {
  it("is an M/M/c queue when each of c seats serves at its own constant speed", () => {
    for (const servers of [1, 4]) expect(sojourn(mmc(servers, 0.7))).toMatchObject({ isWithin: true });
  });

  it("is an M/D/1 queue when there is one seat and all answers are equally long", () => {
    expect(sojourn(md1(0.7))).toMatchObject({ isWithin: true });
  });

  it("shares the processor when a step costs the same per sequence, whatever the spread of lengths", () => {
    for (const variation of [0.5, 2]) expect(sojourn(mg1ps(0.6, variation))).toMatchObject({ isWithin: true });
  });
});
