import type { World } from "../../catalog/index.ts";

/** Requests that belong together: every turn of a conversation sends all that was said before. */
export interface Conversations {
  /** Mean number of turns; how many a conversation has is geometric. */
  readonly turns: number;
  /** Mean time from one turn to the next, s; exponential. The next turn comes whether or not the answer was in time. */
  readonly gapS: number;
  /** Tokens at the beginning of every prompt that all conversations of a workload share: the system prompt. */
  readonly sharedTokens: number;
  /** Ids of the workloads that consist of conversations; all when left out. */
  readonly workloads?: readonly string[];
}

/**
 * Mean tokens a user adds per turn, so that the mean prompt is the workload's: with n turns on average, a prompt is
 * `shared + n × message + (n − 1) × answer` long on average over all turns of geometric conversations.
 *
 * @throws RangeError when not a token is left for the message.
 */
export function meanMessageTokens(world: World, workload: number, { turns, sharedTokens }: Conversations): number {
  const { id, inputTokens, outputTokens } = world.workloads[workload]!;
  const others = sharedTokens + (turns - 1) * outputTokens.mean;
  const message = (inputTokens.mean - others) / turns;
  if (!(message >= 1)) {
    throw new RangeError(
      `conversations of ${turns} turns with ${sharedTokens} shared tokens make prompts of ${id} at least ${Math.ceil(others + turns)} tokens long on average, but the workload has ${inputTokens.mean}: ask for fewer turns or shared tokens, or raise inputTokens`,
    );
  }
  return message;
}

/** Positions of the workloads that consist of conversations. */
export function conversationWorkloads(world: World, { workloads }: Conversations): ReadonlySet<number> {
  return new Set(
    world.workloads.flatMap(({ id }, i) => (workloads === undefined || workloads.includes(id) ? [i] : [])),
  );
}
