import type { World } from "../../catalog/index.ts";
import type { RandomStream } from "./random.ts";
import { TokenLengths } from "./token-lengths.ts";

/** A prompt and its answer share the model's context; each is cut at half of it at most, tokens. */
export function longestInput(world: World, workload: number): number {
  return Math.floor(world.models[world.workloads[workload]!.model]!.maxContextTokens / 2);
}

/** Draws the size of a request of each workload. */
export class RequestSizes {
  readonly #input: readonly TokenLengths[];
  readonly #output: readonly TokenLengths[];
  readonly #hitRatio: readonly number[];

  constructor(world: World) {
    const longest = world.workloads.map((_, workload) => longestInput(world, workload));
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
