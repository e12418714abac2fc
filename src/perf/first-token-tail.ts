import { batchMs, type Replica } from "./replica.ts";
import { decodeStepMs, normalDeviate, type ShapeCosts } from "./request-shape.ts";

/**
 * Time to first token that a share `p` of requests stays within, reckoned from the parts of one step, ms: what the sum of
 * deviations in `batchPoint` is held against. An arrival meets a step in progress (one with a prompt in it more likely, as
 * it lasts longer), waits for its end, and shares its own step with all who arrived during the one before. Valid where
 * prompts are one at a time as a rule and none waits for a second step: prompts a small share of the time, seats free.
 *
 * @param batch mean number of sequences decoding. @param perS requests per second.
 */
export function firstTokenTailMs(
  replica: Replica,
  costs: ShapeCosts,
  { batch, perS }: { readonly batch: number; readonly perS: number },
  p: number,
): number {
  const perMs = perS / 1e3;
  const decodeMs = decodeStepMs(replica, costs, Math.max(1, batch));
  const idleMs = replica.stepBaseMs + batchMs(replica, Math.max(costs.prefillTokens, 1));
  const times = new Float64Array(draws);
  for (let i = 0; i < draws; i++) {
    // The crowd is Poisson; with nobody there a step costs what the prompt alone needs.
    const crowd = Math.max(0, batch + Math.sqrt(batch) * normalDeviate(inside(lot(i, 2))));
    const isAlone = lot(i, 3) < Math.exp(-batch);
    const stepMs = isAlone ? idleMs : decodeStepMs(replica, costs, Math.max(1, crowd));
    const withPromptMs = stepMs + costs.prefillQuantileMs(inside(lot(i, 5)));
    // Shares of the time that go to steps with a prompt and, where somebody decodes, to steps without.
    const promptShare = Math.min(1, perMs * (decodeMs + costs.prefillMs));
    const where = lot(i, 7);
    const metMs =
      where < promptShare * (withPromptMs / (decodeMs + costs.prefillMs)) ? withPromptMs : isAlone ? 0 : stepMs;
    let timeMs = replica.requestOverheadMs + stepMs + metMs * lot(i, 11) + costs.prefillQuantileMs(inside(lot(i, 13)));
    // All others who arrive during the step in progress share the one after it.
    let left = lot(i, 17);
    let chance = Math.exp(-perMs * metMs);
    for (let mates = 1; left >= chance && mates < 8; mates++) {
      left -= chance;
      chance *= (perMs * metMs) / mates;
      timeMs += costs.prefillQuantileMs(inside(lot(i + mates, 19)));
    }
    times[i] = timeMs;
  }
  times.sort();
  return times[Math.min(draws - 1, Math.ceil(p * draws) - 1)]!;
}

/** Points of the Halton sequence: as good as many more at random, and the same every time. */
const draws = 8192;

/** The i-th point of van der Corput's sequence in a prime base. */
function lot(i: number, base: number): number {
  let value = 0;
  let scale = 1 / base;
  for (let rest = i + 1; rest > 0; rest = Math.floor(rest / base)) {
    value += (rest % base) * scale;
    scale /= base;
  }
  return value;
}

/** Kept off the ends, where a lognormal has no quantile. */
const inside = (p: number): number => Math.min(0.9995, Math.max(0.0005, p));
