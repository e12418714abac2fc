import { randomFillSync } from "node:crypto";

/** Draws taken from the operating system at once; one draw costs nanoseconds that way. */
const batch = 2_048;

/** Unpredictable numbers, uniform in [0, 1), for ids that must not be guessable. */
export function createNodeRng(): () => number {
  const drawn = new Uint32Array(batch);
  let next = batch;
  return () => {
    if (next === batch) {
      randomFillSync(drawn);
      next = 0;
    }
    return drawn[next++]! / 2 ** 32;
  };
}
