/**
 * Doubles of one request's record: three lines of memory. Whoever has an engine to itself, as most have in a mesh that keeps its
 * budgets, needs the third no more once it has been sent.
 */
export const requestSize = 24;
/** Integers of one request's record. */
export const requestInts = 2 * requestSize;

/** Where the doubles of a request stand, from `slot * requestSize` on. */
export const requestFloat = {
  /** When the user sent it, ms. */
  arrivalMs: 0,
  /** Round trip between the user and the serving site, ms. */
  rttMs: 1,
  /** When it reached the engine's queue, ms. */
  readyMs: 2,
  /** When its first prefill step began, ms; NaN before. */
  scheduledMs: 3,
  /** When the engine produced its first token, ms; NaN before. */
  firstTokenMs: 8,
  /** How long the site's port keeps its answer waiting, ms. */
  portWaitMs: 9,
  /** When it was last sent to a site, ms. */
  sentMs: 10,
  /** The queue that the engine it was last sent to was known to have, ms; 0 where nobody knew. */
  queueMs: 11,
  /** What it holds in the KV cache minus what any sequence gained since the engine started: constant while it decodes. */
  kvOffset: 16,
  /** Step counter after which the last output token is there. */
  finishStep: 17,
  /** After a preemption: when the blocks it held begin to be overwritten (see `KvBlocks`). */
  overwrittenFrom: 18,
  /** Serial number since the start of the simulation. */
  serial: 19,
  /** Standard normal number that says how lucky the user is with the network. */
  networkDraw: 20,
} as const;

/** Where the integers of a request stand, from `slot * requestInts` on. Absent links are -1. */
export const requestInt = {
  /** Position in `World.demand`. */
  row: 8,
  inputTokens: 9,
  outputTokens: 10,
  /** Input tokens whose keys and values the engine already holds. */
  cachedTokens: 11,
  /** Engine that holds it. */
  replica: 12,
  /** Position of that engine's group in the routes' groups. */
  group: 13,
  next: 14,
  previous: 15,
  generatedTokens: 24,
  preemptions: 25,
  /** Tokens to process before the next output token: the input, after a preemption the output so far as well. */
  prefillTarget: 26,
  prefillDone: 27,
  /** What it is in the counts of traffic: see `Traffic`. */
  stream: 28,
  /** Sites tried so far. */
  attempts: 29,
  /** After a preemption by the engine that holds it: the tokens whose blocks were freed; -1 before. */
  keptTokens: 30,
  /** Position of its users' area in `World.areas`. */
  area: 31,
  /** Tokens of the current step's chunk. */
  chunk: 42,
  heapLeft: 43,
  heapRight: 44,
} as const;
