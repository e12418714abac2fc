import type { World } from "../catalog/index.ts";
import type { RandomStream } from "./random.ts";
import { TokenLengths } from "./token-lengths.ts";

/** Draws the size of a request of each workload. */
export class RequestSizes {
  readonly #input: readonly TokenLengths[];
  readonly #output: readonly TokenLengths[];
  readonly #hitRatio: readonly number[];

  constructor(world: World) {
    // A prompt and its answer share the model's context; each is cut at half of it at most.
    const longest = world.workloads.map((workload) => Math.floor(world.models[workload.model]!.maxContextTokens / 2));
    this.#input = world.workloads.map((workload, i) => new TokenLengths(workload.inputTokens, longest[i]!));
    this.#output = world.workloads.map((workload, i) => new TokenLengths(workload.outputTokens, longest[i]!));
    this.#hitRatio = world.workloads.map((workload) => workload.prefixHitRatio);
  }

  input(workload: number, random: RandomStream): number {
    return this.#input[workload]!.sample(random);
  }

  output(workload: number, random: RandomStream): number {
    return this.#output[workload]!.sample(random);
  }

  /** Tokens of the prompt that the prefix cache holds; at least one token is always computed. */
  cached(workload: number, inputTokens: number): number {
    return Math.min(inputTokens - 1, Math.floor(inputTokens * this.#hitRatio[workload]!));
  }
}
