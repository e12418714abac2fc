import type { PrefixChain } from "../chance/prefix-chain.ts";

/**
 * The prefix cache of one engine: which pieces of prompts it has keys and values of, least recently used first. A piece
 * counts only as far as all pieces before it are there. What runs out of room loses its end, as blocks at the end of a
 * chain are freed first.
 */
export class PrefixCache {
  /** Tokens held of each piece; a map keeps the order in which pieces were last used. */
  readonly #pieces = new Map<number, number>();
  readonly #blockTokens: number;
  #tokens = 0;

  constructor(blockTokens: number) {
    this.#blockTokens = blockTokens;
  }

  get tokens(): number {
    return this.#tokens;
  }

  /** Leading tokens of a prompt that are held, in whole blocks. */
  lookUp({ keys, tokens }: PrefixChain): number {
    let held = 0;
    for (let i = 0; i < keys.length; i++) {
      const piece = Math.min(this.#pieces.get(keys[i]!) ?? 0, tokens[i]!);
      held += piece;
      if (piece < tokens[i]!) break;
    }
    return Math.floor(held / this.#blockTokens) * this.#blockTokens;
  }

  /** A prompt is computed: its pieces are held from now on, as far as `capacityTokens` allows. */
  hold({ keys, tokens }: PrefixChain, capacityTokens: number): void {
    // From the end: of one prompt its beginning is used last, so its end is lost first.
    for (let i = keys.length - 1; i >= 0; i--) this.#touch(keys[i]!, tokens[i]!);
    this.#shrinkTo(capacityTokens);
  }

  clear(): void {
    this.#pieces.clear();
    this.#tokens = 0;
  }

  #touch(key: number, tokens: number): void {
    const before = this.#pieces.get(key) ?? 0;
    this.#pieces.delete(key);
    this.#pieces.set(key, Math.max(before, tokens));
    this.#tokens += Math.max(0, tokens - before);
  }

  #shrinkTo(capacityTokens: number): void {
    for (const [key, tokens] of this.#pieces) {
      const over = this.#tokens - Math.max(0, capacityTokens);
      if (over <= 0) return;
      const lost = Math.min(tokens, Math.ceil(over / this.#blockTokens) * this.#blockTokens);
      this.#tokens -= lost;
      if (lost === tokens) this.#pieces.delete(key);
      else this.#pieces.set(key, tokens - lost);
    }
  }
}
