/**
 * The KV cache of one engine as a number of blocks. Sequences that grow token by token are known by their phase: the
 * position of their last token within its block, counted so that it stays the same while all of them grow together. The
 * blocks any number of steps will take follow from how many sequences have each phase.
 */
export class KvBlocks {
  readonly total: number;
  readonly blockTokens: number;
  #free: number;
  /** Blocks ever taken: a clock by which freed blocks are overwritten. */
  #taken = 0;
  #sequences = 0;
  readonly #phases: Int32Array;

  constructor(total: number, blockTokens: number) {
    this.total = total;
    this.blockTokens = blockTokens;
    this.#free = total;
    this.#phases = new Int32Array(blockTokens);
  }

  get free(): number {
    return this.#free;
  }

  blocksFor(tokens: number): number {
    return Math.ceil(tokens / this.blockTokens);
  }

  /** Takes the blocks of a prompt, of which `kept` blocks are still there from before. */
  take(tokens: number, kept: number): void {
    const blocks = this.blocksFor(tokens);
    this.#free -= blocks;
    this.#taken += blocks - kept;
  }

  release(tokens: number): void {
    this.#free += this.blocksFor(tokens);
  }

  /** A sequence begins to grow; `offset` is its tokens minus the step counter. */
  join(offset: number): void {
    const phase = modulo(offset, this.blockTokens);
    this.#phases[phase] = this.#phases[phase]! + 1;
    this.#sequences++;
  }

  leave(offset: number): void {
    const phase = modulo(offset, this.blockTokens);
    this.#phases[phase] = this.#phases[phase]! - 1;
    this.#sequences--;
  }

  /** Blocks the step after `counter` takes: one for every sequence whose last block is full. */
  dueAfter(counter: number): number {
    return this.#phases[modulo(-counter, this.blockTokens)]!;
  }

  /** Takes the blocks of `steps` steps after `counter`. */
  grow(counter: number, steps: number): void {
    if (this.#sequences === 0) return;
    // In as many steps as a block has tokens every sequence takes exactly one block.
    const size = this.blockTokens;
    const rounds = Math.floor(steps / size);
    let blocks = rounds * this.#sequences;
    let phase = modulo(-counter, size);
    for (let extra = steps - rounds * size; extra > 0; extra--) {
      blocks += this.#phases[phase]!;
      phase = phase === 0 ? size - 1 : phase - 1;
    }
    this.#free -= blocks;
    this.#taken += blocks;
  }

  /** Of the `most` steps after `counter`, how many find the blocks they need. */
  stepsWithin(counter: number, most: number): number {
    const size = this.blockTokens;
    // No sequence takes more than one block in as many steps as a block has tokens.
    if (this.#free >= this.#sequences * Math.ceil(most / size)) return most;
    const rounds = Math.floor(this.#free / this.#sequences);
    let steps = rounds * size;
    let left = this.#free - rounds * this.#sequences;
    let phase = modulo(-counter, size);
    for (let extra = 0; extra < size; extra++) {
      left -= this.#phases[phase]!;
      if (left < 0) break;
      steps++;
      phase = phase === 0 ? size - 1 : phase - 1;
    }
    return Math.min(steps, most);
  }

  /**
   * When blocks freed now begin to be overwritten, on the clock of blocks taken: blocks freed earlier go first. Give it to
   * `stillKept` to learn what is left of them.
   */
  get overwrittenFrom(): number {
    return this.#taken + this.#free;
  }

  /** Tokens in full blocks that are left of `tokens` freed when `overwrittenFrom` was `mark`; the end is lost first. */
  stillKept(tokens: number, mark: number): number {
    const full = Math.floor(tokens / this.blockTokens);
    const lost = Math.max(0, this.#taken - mark - (this.blocksFor(tokens) - full));
    return Math.max(0, full - lost) * this.blockTokens;
  }

  clear(): void {
    this.#free = this.total;
    this.#sequences = 0;
    this.#phases.fill(0);
    // What was cached before is gone, so nothing freed earlier may count as kept.
    this.#taken += this.total;
  }
}

function modulo(value: number, size: number): number {
  const rest = value % size;
  return rest < 0 ? rest + size : rest;
}
