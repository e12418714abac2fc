/** Tokens of one block of Mooncake's `hash_ids`. Source: the description of the published traces (kvcache-ai/Mooncake). */
const mooncakeTokens = 512;
/** Sizes that engines cut prompts into. */
const sizes = Array.from({ length: 13 }, (_, power) => 2 ** power);

/**
 * How many tokens a block of a trace's hashes has. No trace says it, and they differ (Mooncake 512, Qwen-Bailian 16), but the number
 * of a prompt's blocks follows from it, the last of which some count and some leave out where it is not full.
 */
export class HashBlocks {
  readonly #explained = new Float64Array(sizes.length);

  /** A prompt and how many blocks it has. One block tells little: it may be of any size from the prompt's on. */
  add(inputTokens: number, blocks: number): void {
    if (blocks < 2) return;
    for (const [index, size] of sizes.entries()) {
      const full = Math.floor(inputTokens / size);
      if (full === blocks || Math.ceil(inputTokens / size) === blocks) this.#explained[index]!++;
    }
  }

  /** The size that explains most prompts; Mooncake's where it explains as many as any. */
  get tokens(): number {
    const most = this.#explained.reduce((a, b) => Math.max(a, b));
    const isMooncake = this.#explained[sizes.indexOf(mooncakeTokens)] === most;
    return isMooncake ? mooncakeTokens : sizes[this.#explained.indexOf(most)]!;
  }
}
