import { ProbeRefused, refusalOf, unreachable } from "./probe-refused.ts";
import { promptOf } from "./prompt.ts";
import { authorization, timedRequest, type ProbeTarget, type TimedRequest } from "./timed-request.ts";

export interface ProbeOptions {
  /** Root of the server; a trailing `/v1` is taken off. */
  readonly url: string;
  /** Name the server knows the model by; null = the only one it lists. */
  readonly model: string | null;
  readonly apiKey?: string;
  /** Requests in flight, one level after the other. */
  readonly concurrencies: readonly number[];
  /** Prompt lengths, tokens. */
  readonly promptTokens: readonly number[];
  readonly outputTokens: number;
  /** No more requests than this are sent, warm-up included. */
  readonly maxRequests: number;
  /** Nothing new is begun after this time, ms. */
  readonly timeLimitMs: number;
  readonly requestTimeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Hears the model's name before anything is sent to it; what it throws ends the probe. */
  readonly onModel?: (model: string) => void;
  readonly onProgress?: (text: string) => void;
}

/** What was measured at one number of requests in flight and one prompt length; means over its requests. */
export interface ProbeCell {
  readonly concurrency: number;
  readonly requests: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly ttftMs: number;
  readonly tpotMs: number;
}

export interface ProbeOutcome {
  readonly model: string;
  readonly cells: readonly ProbeCell[];
  /** Requests sent in all. */
  readonly requests: number;
  /** Why cells are missing; null when all were measured. */
  readonly cutShort: "requests" | "time" | "stopped" | "refused" | null;
  /** What the server refused or failed to do when something had been measured already, in words; null when nothing. */
  readonly refusal: string | null;
}

/** Each client sends one request that is not counted (all begin at once) and then these. */
const countedPerClient = 2;

/**
 * Measures time to first token and time per token over a grid of prompt lengths and requests in flight. Each level keeps
 * its number of clients busy, each with one request at a time, and counts what follows the common start. Lengths of
 * answers vary by a quarter so that clients do not march in step; every prompt begins differently, so that no cache of
 * prefixes shortens it.
 *
 * @throws ProbeRefused when the server cannot be measured. What was measured before it refused is kept.
 */
export async function probeServer(options: ProbeOptions): Promise<ProbeOutcome> {
  const stop = options.signal ?? new AbortController().signal;
  const beganMs = performance.now();
  const url = options.url.replace(/\/+$/, "").replace(/\/v1$/, "");
  const { apiKey, requestTimeoutMs = 120_000 } = options;
  const model = options.model ?? (await onlyModel(url, apiKey));
  options.onModel?.(model);
  const target: ProbeTarget = { url, model, ...(apiKey !== undefined && { apiKey }), requestTimeoutMs };
  let sent = 0;
  let serial = 0;
  let isLenient = false;
  let charactersPerToken = 5;
  const send: Send = async (tokens, outputTokens, signal) => {
    sent++;
    const prompt = promptOf(tokens * charactersPerToken, serial++);
    const answer = await timedRequest(target, prompt, outputTokens, isLenient, signal);
    if (answer !== "unknown-parameter") return answer;
    isLenient = true;
    sent++;
    const again = await timedRequest(target, prompt, outputTokens, true, signal);
    if (again === "unknown-parameter") throw new ProbeRefused(`${url} accepts no parameters this probe knows.`);
    return again;
  };

  // The first request loads kernels, connects, and tells how many characters a token has here.
  options.onProgress?.(`probe: first request to ${model}`);
  const first = await send(200, 8, stop);
  charactersPerToken = (200 * charactersPerToken) / Math.max(1, first.inputTokens);

  const cells: ProbeCell[] = [];
  let cutShort: ProbeOutcome["cutShort"] = null;
  let refusal: string | null = null;
  for (const tokens of options.promptTokens) {
    for (const concurrency of options.concurrencies) {
      const needed = concurrency * (1 + countedPerClient);
      if (stop.aborted) cutShort ??= "stopped";
      else if (performance.now() - beganMs >= options.timeLimitMs) cutShort ??= "time";
      else if (sent + needed > options.maxRequests) cutShort ??= "requests";
      if (cutShort !== null && cutShort !== "requests") continue;
      if (sent + needed > options.maxRequests) continue;
      options.onProgress?.(`probe: ${tokens} prompt tokens, ${concurrency} in flight (${sent} requests so far)`);
      try {
        cells.push(await level(send, tokens, options.outputTokens, concurrency, stop));
      } catch (error) {
        if (stop.aborted) cutShort = "stopped";
        else if (cells.length === 0 || !(error instanceof ProbeRefused)) throw error;
        else [cutShort, refusal] = ["refused", error.message];
      }
    }
  }
  return { model, cells, requests: sent, cutShort, refusal };
}

type Send = (tokens: number, outputTokens: number, signal: AbortSignal) => Promise<TimedRequest>;

async function level(
  send: Send,
  tokens: number,
  outputTokens: number,
  concurrency: number,
  stop: AbortSignal,
): Promise<ProbeCell> {
  // Where one client cannot go on, the others' requests are of no use.
  const failed = new AbortController();
  const signal = AbortSignal.any([stop, failed.signal]);
  const counted: TimedRequest[] = [];
  const client = async (number: number) => {
    for (let turn = 0; turn <= countedPerClient; turn++) {
      // Spread evenly over ± a quarter by the golden ratio: the same lengths in every run.
      const spread = 0.75 + 0.5 * (((number * (1 + countedPerClient) + turn) * 0.6180339887498949) % 1);
      const answer = await send(tokens, Math.max(2, Math.round(outputTokens * spread)), signal);
      if (turn > 0) counted.push(answer);
    }
  };
  try {
    await Promise.all(Array.from({ length: concurrency }, (_, number) => client(number)));
  } finally {
    failed.abort();
  }
  const mean = (pick: (answer: TimedRequest) => number) =>
    counted.reduce((sum, answer) => sum + pick(answer), 0) / counted.length;
  const long = counted.filter((answer) => answer.outputTokens > 1);
  if (long.length === 0) {
    throw new ProbeRefused("The server's answers are one token long, so that they show no time per token.");
  }
  const decodeMs = long.reduce((sum, answer) => sum + answer.lastTokenMs - answer.firstTokenMs, 0);
  const decodeSteps = long.reduce((sum, answer) => sum + answer.outputTokens - 1, 0);
  return {
    concurrency,
    requests: counted.length,
    inputTokens: Math.round(mean((answer) => answer.inputTokens)),
    outputTokens: Math.round(mean((answer) => answer.outputTokens)),
    ttftMs: mean((answer) => answer.firstTokenMs),
    tpotMs: decodeMs / decodeSteps,
  };
}

/** Longest list of models that is read, characters. */
const longestList = 10_000_000;

/** The one model a server lists; several or none are for the user to choose from. */
async function onlyModel(url: string, apiKey: string | undefined): Promise<string> {
  const address = `${url}/v1/models`;
  let response: Response;
  let text = "";
  try {
    response = await fetch(address, {
      redirect: "error",
      headers: authorization(apiKey === undefined ? {} : { apiKey }),
      signal: AbortSignal.timeout(10_000),
    });
    const decoder = new TextDecoder();
    for await (const bytes of response.body ?? []) {
      text += decoder.decode(bytes as Uint8Array, { stream: true });
      if (text.length > longestList)
        throw new ProbeRefused(`${address} lists models without an end. Name one with --model.`);
    }
  } catch (error) {
    throw error instanceof ProbeRefused ? error : unreachable(url, error);
  }
  if (!response.ok) throw refusalOf(response.status, address, text);
  let ids: string[] = [];
  try {
    const list = JSON.parse(text) as { data?: readonly { id?: unknown }[] };
    ids = (list.data ?? []).flatMap(({ id }) => (typeof id === "string" ? [id] : []));
  } catch {
    // Told below, like a list that is empty.
  }
  if (ids.length === 1) return ids[0]!;
  const shown = ids.slice(0, 12).join(", ");
  throw new ProbeRefused(
    ids.length === 0
      ? `${address} lists no model. Name one with --model.`
      : `${url} serves ${ids.length} models. Choose one with --model: ${shown}`,
  );
}
