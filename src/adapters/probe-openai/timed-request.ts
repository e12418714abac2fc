import { ProbeRefused, refusalOf, unreachable } from "./probe-refused.ts";

/** Where and how a server is asked. */
export interface ProbeTarget {
  /** Root of the server without `/v1`. */
  readonly url: string;
  readonly model: string;
  /** Sent as `Authorization: Bearer …`; never shown. */
  readonly apiKey?: string;
  /** A request that takes longer has failed, ms. */
  readonly requestTimeoutMs: number;
}

/** One request as the client saw it, times in ms since it was sent. */
export interface TimedRequest {
  readonly firstTokenMs: number;
  readonly lastTokenMs: number;
  /** As the server counts them; estimated from the text and the events where it does not. */
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** Sends one streamed chat completion and times its tokens. Throws `ProbeRefused` when that cannot be done. */
export async function timedRequest(
  target: ProbeTarget,
  prompt: string,
  outputTokens: number,
  isLenient: boolean,
  signal: AbortSignal,
): Promise<TimedRequest | "unknown-parameter"> {
  const address = `${target.url}/v1/chat/completions`;
  const body = JSON.stringify({
    model: target.model,
    messages: [{ role: "user", content: prompt }],
    max_tokens: outputTokens,
    stream: true,
    stream_options: { include_usage: true },
    // Answers end where the model likes, unless the server can be told otherwise: vLLM, SGLang and llama.cpp can.
    ...(isLenient ? {} : { ignore_eos: true, min_tokens: outputTokens }),
  });
  const limit = AbortSignal.any([signal, AbortSignal.timeout(target.requestTimeoutMs)]);
  const sentMs = performance.now();
  let response: Response;
  try {
    response = await fetch(address, {
      method: "POST",
      redirect: "error",
      headers: { "content-type": "application/json", ...authorization(target) },
      body,
      signal: limit,
    });
  } catch (error) {
    if (signal.aborted) throw error;
    throw limit.aborted ? tooSlow(address, target) : unreachable(target.url, error);
  }
  if (!response.ok) {
    const text = await response.text().catch(() => "");
    if (response.status === 400 && !isLenient && /ignore_eos|min_tokens|unrecognized|unknown|extra/i.test(text)) {
      return "unknown-parameter";
    }
    throw refusalOf(response.status, address, text);
  }
  const type = response.headers.get("content-type") ?? "";
  if (!type.includes("text/event-stream")) {
    await response.body?.cancel();
    const given = type === "" ? "no content type" : type.split(";")[0]!;
    throw new ProbeRefused(
      `${address} answers with ${given} instead of a stream of events. A server that cannot stream shows no first token.`,
    );
  }
  try {
    return await timeTokens(response, { sentMs, prompt, address, outputTokens });
  } catch (error) {
    if (signal.aborted || error instanceof ProbeRefused) throw error;
    throw limit.aborted
      ? tooSlow(address, target)
      : new ProbeRefused(`${address} broke off in the middle of an answer.`);
  }
}

export function authorization(target: Pick<ProbeTarget, "apiKey">): Record<string, string> {
  return target.apiKey === undefined ? {} : { authorization: `Bearer ${target.apiKey}` };
}

const tooSlow = (address: string, target: ProbeTarget) =>
  new ProbeRefused(
    `${address} took longer than ${target.requestTimeoutMs / 1000} s for one request. Lower --output-tokens or --concurrency.`,
  );

interface ChunkOfAnswer {
  readonly error?: { readonly message?: string } | string;
  readonly usage?: { readonly prompt_tokens?: number; readonly completion_tokens?: number } | null;
  readonly choices?: readonly {
    /** Thinking is `reasoning_content` to SGLang and TensorRT-LLM, `reasoning` to vLLM since 0.11. */
    readonly delta?: {
      readonly content?: string | null;
      readonly reasoning_content?: string | null;
      readonly reasoning?: string | null;
    };
  }[];
}

/** English prose has about this many characters per token; used only where a server counts no tokens. */
const charactersPerToken = 4;

/** Longest line of a stream that is read, characters. */
const longestLine = 1_000_000;

interface Asked {
  readonly sentMs: number;
  readonly prompt: string;
  readonly address: string;
  readonly outputTokens: number;
}

async function timeTokens(response: Response, asked: Asked): Promise<TimedRequest> {
  const { sentMs, prompt, address, outputTokens } = asked;
  let firstTokenMs = Number.NaN;
  let lastTokenMs = Number.NaN;
  let events = 0;
  let counted: ChunkOfAnswer["usage"] = null;
  let rest = "";
  const decoder = new TextDecoder();
  reading: for await (const bytes of response.body!) {
    const nowMs = performance.now() - sentMs;
    rest += decoder.decode(bytes as Uint8Array, { stream: true });
    const lines = rest.split(/\r\n|\n|\r/);
    rest = lines.pop()!;
    if (rest.length > longestLine) throw new ProbeRefused(`${address} streams a line without an end.`);
    for (const line of lines) {
      if (!line.startsWith("data:")) continue;
      const data = line.slice(5).trim();
      if (data === "") continue;
      // Some servers leave the connection open behind the end of the answer.
      if (data === "[DONE]") break reading;
      const chunk = chunkOf(data, address);
      counted = chunk.usage ?? counted;
      const delta = chunk.choices?.[0]?.delta;
      if (!delta?.content && !delta?.reasoning_content && !delta?.reasoning) continue;
      // Some servers count a little differently; one that goes on and on does not heed the limit at all.
      if (++events > 2 * outputTokens + 64) {
        throw new ProbeRefused(`${address} goes on after ${events} tokens, though ${outputTokens} were asked for.`);
      }
      if (Number.isNaN(firstTokenMs)) firstTokenMs = nowMs;
      lastTokenMs = nowMs;
    }
  }
  if (events === 0) throw new ProbeRefused(`${address} streamed an answer without any token. Is this a chat model?`);
  return {
    firstTokenMs,
    lastTokenMs,
    // A prompt has fewer tokens than characters, template included; an answer no more than it was allowed.
    inputTokens:
      believable(counted?.prompt_tokens, prompt.length + 1000) ?? Math.round(prompt.length / charactersPerToken),
    outputTokens: believable(counted?.completion_tokens, 2 * outputTokens + 64) ?? events,
  };
}

/** A count of tokens that can be true, else null. */
function believable(count: number | undefined, most: number): number | null {
  return count !== undefined && Number.isSafeInteger(count) && count >= 1 && count <= most ? count : null;
}

function chunkOf(data: string, address: string): ChunkOfAnswer {
  let chunk: ChunkOfAnswer;
  try {
    chunk = JSON.parse(data) as ChunkOfAnswer;
  } catch {
    throw new ProbeRefused(`${address} streams events that are not JSON. Is this an OpenAI-compatible server?`);
  }
  if (chunk.error !== undefined) {
    const message = typeof chunk.error === "string" ? chunk.error : (chunk.error.message ?? "an error");
    throw new ProbeRefused(`${address} broke off an answer: ${message.slice(0, 200)}`);
  }
  return chunk;
}
