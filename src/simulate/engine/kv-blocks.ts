import * as engineRecords from "./engine-records.ts";
import type { Records } from "../chance/records.ts";

// Of this module, so that they are constants to the compiler: what is imported is fetched and checked at every use.
const { engineFloat, engineInt, engineSize } = engineRecords;

/**
 * The KV caches of engines as numbers of blocks; one object speaks for all engines of a kind, as what it counts lies in
 * their records. Sequences that grow token by token are known by their phase: the position of their last token within
 * its block, counted so that it stays the same while all of them grow together. The blocks any number of steps will take
 * follow from how many sequences have each phase.
 */
export class KvBlocks {
  readonly total: number;
  readonly blockTokens: number;
  readonly #float: Float64Array;
  readonly #int: Int32Array;

  constructor(total: number, blockTokens: number, { float, int }: Records) {
    this.total = total;
    this.blockTokens = blockTokens;
    this.#float = float;
    this.#int = int;
  }

  /** Blocks not in use of the engine whose record begins at double `engine`. */
  free(engine: number): number {
    return this.#float[engine + engineFloat.freeBlocks]!;
  }

  blocksFor(tokens: number): number {
    return Math.ceil(tokens / this.blockTokens);
  }

  /** Takes the blocks of a prompt, of which `kept` blocks are still there from before. */
  take(engine: number, tokens: number, kept: number): void {
    const blocks = this.blocksFor(tokens);
    const float = this.#float;
    float[engine + engineFloat.freeBlocks] = float[engine + engineFloat.freeBlocks]! - blocks;
    float[engine + engineFloat.takenBlocks] = float[engine + engineFloat.takenBlocks]! + blocks - kept;
  }

  release(engine: number, tokens: number): void {
    const float = this.#float;
    float[engine + engineFloat.freeBlocks] = float[engine + engineFloat.freeBlocks]! + this.blocksFor(tokens);
  }

  /** A sequence came and went by itself that held so many tokens in the end, of which `kept` blocks were there from before. */
  pass(engine: number, tokens: number, kept: number): void {
    const float = this.#float;
    float[engine + engineFloat.takenBlocks] = float[engine + engineFloat.takenBlocks]! + this.blocksFor(tokens) - kept;
  }

  /** A sequence begins to grow; `offset` is its tokens minus the step counter. */
  join(engine: number, offset: number): void {
    const slot = phasesAt(engine) + modulo(offset, this.blockTokens);
    this.#int[slot] = this.#int[slot]! + 1;
  }

  leave(engine: number, offset: number): void {
    const slot = phasesAt(engine) + modulo(offset, this.blockTokens);
    this.#int[slot] = this.#int[slot]! - 1;
  }

  /** Blocks the step after `counter` takes: one for every sequence whose last block is full. */
  dueAfter(engine: number, counter: number): number {
    return this.#int[phasesAt(engine) + modulo(-counter, this.blockTokens)]!;
  }

  /** Takes the blocks of `steps` steps after `counter`. */
  grow(engine: number, counter: number, steps: number): void {
    const int = this.#int;
    const sequences = int[2 * engine + engineInt.sequences]!;
    if (sequences === 0) return;
    // In as many steps as a block has tokens every sequence takes exactly one block.
    const size = this.blockTokens;
    const phases = phasesAt(engine);
    const rounds = Math.floor(steps / size);
    let blocks = rounds * sequences;
    let phase = modulo(-counter, size);
    for (let extra = steps - rounds * size; extra > 0; extra--) {
      blocks += int[phases + phase]!;
      phase = phase === 0 ? size - 1 : phase - 1;
    }
    const float = this.#float;
    float[engine + engineFloat.freeBlocks] = float[engine + engineFloat.freeBlocks]! - blocks;
    float[engine + engineFloat.takenBlocks] = float[engine + engineFloat.takenBlocks]! + blocks;
  }

  /** Of the `most` steps after `counter`, how many find the blocks they need. */
  stepsWithin(engine: number, counter: number, most: number): number {
    const size = this.blockTokens;
    const free = this.#float[engine + engineFloat.freeBlocks]!;
    const int = this.#int;
    const sequences = int[2 * engine + engineInt.sequences]!;
    // No sequence takes more than one block in as many steps as a block has tokens.
    if (free >= sequences * Math.ceil(most / size)) return most;
    const phases = phasesAt(engine);
    const rounds = Math.floor(free / sequences);
    let steps = rounds * size;
    let left = free - rounds * sequences;
    let phase = modulo(-counter, size);
    for (let extra = 0; extra < size; extra++) {
      left -= int[phases + phase]!;
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
  overwrittenFrom(engine: number): number {
    return this.#float[engine + engineFloat.takenBlocks]! + this.#float[engine + engineFloat.freeBlocks]!;
  }

  /** Tokens in full blocks that are left of `tokens` freed when `overwrittenFrom` was `mark`; the end is lost first. */
  stillKept(engine: number, tokens: number, mark: number): number {
    const full = Math.floor(tokens / this.blockTokens);
    const taken = this.#float[engine + engineFloat.takenBlocks]!;
    const lost = Math.max(0, taken - mark - (this.blocksFor(tokens) - full));
    return Math.max(0, full - lost) * this.blockTokens;
  }

  /** All sequences are gone, and what was cached before is gone with them: nothing freed earlier may count as kept. */
  clear(engine: number): void {
    const float = this.#float;
    float[engine + engineFloat.freeBlocks] = this.total;
    float[engine + engineFloat.takenBlocks] = float[engine + engineFloat.takenBlocks]! + this.total;
    const phases = phasesAt(engine);
    this.#int.fill(0, phases, phases + this.blockTokens);
  }
}

/** The counts of the phases follow the engine's own figures. */
function phasesAt(engine: number): number {
  return 2 * (engine + engineSize);
}

/** Of whole numbers. A remainder of doubles is a call into the C library; a quotient is off by one at most. */
function modulo(value: number, size: number): number {
  const rest = value - Math.floor(value / size) * size;
  return rest < 0 ? rest + size : rest >= size ? rest - size : rest;
}
