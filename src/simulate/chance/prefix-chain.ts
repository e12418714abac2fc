/**
 * What a prompt begins with, as pieces that other prompts may share: a system prompt, the conversation so far, blocks of
 * a recorded trace. Piece i is `tokens[i]` long and has the name `keys[i]`; equal names at equal places are equal text.
 */
export interface PrefixChain {
  readonly keys: ArrayLike<number>;
  readonly tokens: ArrayLike<number>;
  /** Whether the answer becomes part of the last piece, as in a conversation. */
  readonly answerJoins?: boolean;
}
