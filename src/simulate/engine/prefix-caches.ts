import type { PrefixChain } from "../chance/prefix-chain.ts";
import type { EngineCosts } from "./engine-costs.ts";
import { PrefixCache } from "./prefix-cache.ts";

/** Engines, as far as their prefix caches have to know them. */
interface Caching {
  costsOf(replica: number): EngineCosts;
  engineOf(replica: number): { readonly usedBlocks: number } | null;
}

/** What the engines of a fleet keep of prompts that are followed piece by piece, by replica number. */
export class PrefixCaches {
  readonly #engines: Caching;
  /** Made when the first such prompt comes. */
  readonly #caches: (PrefixCache | undefined)[] = [];

  constructor(engines: Caching) {
    this.#engines = engines;
  }

  /** The answer is there: where it joins the conversation, its keys and values are held as well. */
  joinAnswer(replica: number, { keys, tokens }: PrefixChain, outputTokens: number): void {
    const last = keys.length - 1;
    const grown = { keys: [keys[last]!], tokens: [tokens[last]! + outputTokens] };
    this.#caches[replica]?.hold(grown, this.#roomTokens(replica));
  }

  /** Leading tokens of a prompt that are in the engine's cache. */
  heldTokens(replica: number, prefix: PrefixChain): number {
    return this.#caches[replica]?.lookUp(prefix) ?? 0;
  }

  /** Leading tokens of a prompt that the engine has in its cache; from now on it has the whole prompt. */
  hold(replica: number, prefix: PrefixChain): number {
    const cache = (this.#caches[replica] ??= new PrefixCache(this.#engines.costsOf(replica).kvBlockTokens));
    const held = cache.lookUp(prefix);
    cache.hold(prefix, this.#roomTokens(replica));
    return held;
  }

  /** The engine has crashed. */
  clear(replica: number): void {
    this.#caches[replica]?.clear();
  }

  /** Blocks that requests in progress hold cannot keep what others left behind. */
  #roomTokens(replica: number): number {
    const { kvBlocks, kvBlockTokens } = this.#engines.costsOf(replica);
    return (kvBlocks - (this.#engines.engineOf(replica)?.usedBlocks ?? 0)) * kvBlockTokens;
  }
}
