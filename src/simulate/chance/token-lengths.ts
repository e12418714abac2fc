import type { TokenLength } from "../../catalog/index.ts";
import type { RandomStream } from "./random.ts";

/**
 * Draws token counts from the lognormal with the stated mean and coefficient of variation, rounded to whole tokens, at
 * least 1 and at most `maxTokens`. Lengths in public traces are close to lognormal up to their cut-off.
 */
export class TokenLengths {
  readonly #mu: number;
  readonly #sigma: number;
  readonly #maxTokens: number;

  constructor(length: TokenLength, maxTokens: number) {
    const variance = Math.log(1 + length.cv * length.cv);
    this.#sigma = Math.sqrt(variance);
    this.#mu = Math.log(length.mean) - variance / 2;
    this.#maxTokens = maxTokens;
  }

  sample(random: RandomStream): number {
    const tokens = this.#sigma === 0 ? Math.exp(this.#mu) : Math.exp(this.#mu + this.#sigma * random.normal());
    return Math.max(1, Math.min(this.#maxTokens, Math.round(tokens)));
  }
}
