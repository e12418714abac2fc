import type { World } from "../../catalog/index.ts";
import type { Arrivals } from "./arrivals.ts";
import { PoissonArrivals } from "./arrivals-poisson.ts";
import { conversationWorkloads, meanMessageTokens, type Conversations } from "./conversations.ts";
import type { DemandRate } from "../chance/demand-rate.ts";
import { EventQueue } from "../chance/event-queue.ts";
import type { PrefixChain } from "../chance/prefix-chain.ts";
import { RandomStream } from "../chance/random.ts";
import { RequestSizes } from "../chance/request-sizes.ts";
import { TokenLengths } from "../chance/token-lengths.ts";

/** Longest time before the start at which a conversation that still goes on may have begun, ms. */
const longestPastMs = 4 * 3_600_000;

/**
 * Conversations that begin at random along the demand, and their turns. Together the turns come at the rate of the
 * demand, as conversations that began before the span are among them.
 */
export class ConversationArrivals implements Arrivals {
  nextMs = Number.POSITIVE_INFINITY;
  row = -1;
  inputTokens = 0;
  outputTokens = 0;
  readonly cachedTokens = 0;
  prefix: PrefixChain | null = null;

  readonly #options: Conversations;
  readonly #toMs: number;
  readonly #starts: PoissonArrivals;
  readonly #workloadOfRow: Int32Array;
  readonly #messages: readonly (TokenLengths | null)[];
  readonly #longest: readonly number[];
  readonly #sizes: RequestSizes;
  readonly #random: RandomStream;
  readonly #queue = new EventQueue();
  readonly #going: (Conversation | undefined)[] = [];
  readonly #free: number[] = [];
  #begun = 0;

  /** `weights` scales each row's rate; rows of other workloads must have 0. */
  constructor(
    world: World,
    rate: DemandRate,
    toMs: number,
    options: Conversations,
    seed: number,
    weights: Float64Array,
  ) {
    this.#options = options;
    this.#toMs = toMs;
    const talking = conversationWorkloads(world, options);
    this.#workloadOfRow = Int32Array.from(world.demand, (row) => row.workload);
    this.#longest = world.workloads.map((workload) => Math.floor(world.models[workload.model]!.maxContextTokens / 2));
    this.#messages = world.workloads.map((workload, i) =>
      talking.has(i)
        ? new TokenLengths({ ...workload.inputTokens, mean: meanMessageTokens(world, i, options) }, this.#longest[i]!)
        : null,
    );
    this.#sizes = new RequestSizes(world);
    this.#random = new RandomStream(seed, "conversations");
    const span = { fromMs: -Math.min(longestPastMs, 8 * options.turns * options.gapS * 1000), toMs };
    const perTurn = weights.map((weight) => weight / options.turns);
    this.#starts = new PoissonArrivals(world, rate, span, seed, "conversations", perTurn);
    this.step();
  }

  step(): void {
    const starts = this.#starts;
    const queue = this.#queue;
    for (;;) {
      const timeMs = Math.min(starts.nextMs, queue.nextMs);
      if (!(timeMs < this.#toMs)) {
        this.nextMs = Number.POSITIVE_INFINITY;
        return;
      }
      let position: number;
      if (queue.nextMs <= starts.nextMs) {
        position = queue.nextSubject;
        queue.pop();
      } else {
        position = this.#begin(starts.row);
        starts.step();
      }
      this.#turn(position, timeMs);
      // Turns before the span only build up the conversations that go on in it.
      if (timeMs < 0) continue;
      this.nextMs = timeMs;
      return;
    }
  }

  #begin(row: number): number {
    const position = this.#free.pop() ?? this.#going.length;
    // Names of conversations lie above those of the system prompts, which are numbered by workload.
    const key = this.#workloadOfRow.length + this.#begun++;
    this.#going[position] = { row, key, saidTokens: 0 };
    return position;
  }

  #turn(position: number, timeMs: number): void {
    const going = this.#going[position]!;
    const workload = this.#workloadOfRow[going.row]!;
    const { sharedTokens, turns, gapS } = this.#options;
    const most = this.#longest[workload]!;
    const message = this.#messages[workload]!.sample(this.#random);
    const shared = Math.min(sharedTokens, most - 1);
    going.saidTokens = Math.min(going.saidTokens + message, most - shared);
    this.row = going.row;
    this.inputTokens = shared + going.saidTokens;
    this.outputTokens = this.#sizes.output(workload, this.#random);
    this.prefix = { keys: [workload, going.key], tokens: [shared, going.saidTokens], answerJoins: true };
    going.saidTokens += this.outputTokens;
    const isLast = this.#random.uniform() * turns < 1;
    const nextMs = timeMs + this.#random.exponential() * gapS * 1000;
    if (!isLast && nextMs < this.#toMs) this.#queue.push(nextMs, 0, 0, position);
    else this.#free.push(position);
  }
}

interface Conversation {
  readonly row: number;
  /** Name of its piece in prefix caches. */
  readonly key: number;
  /** All messages and answers so far. */
  saidTokens: number;
}
