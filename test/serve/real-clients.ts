// The three client libraries most programs speak to an OpenAI-compatible server with, behind one small face.
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { ChatOpenAI } from "@langchain/openai";
import { generateText, streamText } from "ai";
import OpenAI from "openai";

/** What a program using the client would have in its hands at the end. */
export interface Outcome {
  readonly text: string;
  /** Why the answer ended, as the client tells it; null when it does not know. */
  readonly finish: string | null;
  /** What the client raised or reported; null when it took the answer for complete. */
  readonly error: { readonly status: number | undefined; readonly message: string } | null;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** What a program does with a piece of text as it comes; false = it has seen enough and leaves. */
export type OnText = (text: string) => boolean;

export interface RealClient {
  readonly name: string;
  readonly stream: (url: string, onText?: OnText) => Promise<Outcome>;
  readonly whole: (url: string) => Promise<Outcome>;
}

const model = "disperse/chat";
const prompt = "Hello";

class Collected {
  text = "";
  finish: string | null = null;
  error: Outcome["error"] = null;
  inputTokens = 0;
  outputTokens = 0;

  count(input: number | undefined, output: number | undefined): void {
    this.inputTokens = input ?? this.inputTokens;
    this.outputTokens = output ?? this.outputTokens;
  }

  /** Anything but an error of the client's own making is a defect of the test. */
  raised(error: unknown): void {
    const { status, statusCode, message } = error as { status?: number; statusCode?: number; message?: string };
    this.error = { status: status ?? statusCode, message: message ?? String(error) };
  }
}

async function collect(work: (seen: Collected) => Promise<void>): Promise<Outcome> {
  const seen = new Collected();
  try {
    await work(seen);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    seen.raised(error);
  }
  return seen;
}

const openaiClient: RealClient = {
  name: "openai",
  stream: (url, onText = () => true) =>
    collect(async (seen) => {
      const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: "none", maxRetries: 0 });
      const messages = [{ role: "user" as const, content: prompt }];
      const include = { stream_options: { include_usage: true } };
      const stream = await client.chat.completions.create({ model, messages, stream: true, ...include });
      for await (const { choices, usage } of stream) {
        const text = choices[0]?.delta.content ?? "";
        seen.text += text;
        seen.finish = choices[0]?.finish_reason ?? seen.finish;
        seen.count(usage?.prompt_tokens, usage?.completion_tokens);
        if (text !== "" && !onText(text)) break;
      }
    }),
  whole: (url) =>
    collect(async (seen) => {
      const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: "none", maxRetries: 0 });
      const messages = [{ role: "user" as const, content: prompt }];
      const { choices, usage } = await client.chat.completions.create({ model, messages });
      seen.text = choices[0]?.message.content ?? "";
      seen.finish = choices[0]?.finish_reason ?? null;
      seen.count(usage?.prompt_tokens, usage?.completion_tokens);
    }),
};

const vercelModel = (url: string) =>
  createOpenAICompatible({ name: "disperse", baseURL: `${url}/v1`, apiKey: "none", includeUsage: true }).chatModel(
    model,
  );

const vercelClient: RealClient = {
  name: "Vercel ai",
  stream: (url, onText = () => true) =>
    collect(async (seen) => {
      const leaving = new AbortController();
      const { fullStream } = streamText({
        model: vercelModel(url),
        prompt,
        maxRetries: 0,
        abortSignal: leaving.signal,
        onError: () => {},
      });
      for await (const part of fullStream) {
        if (part.type === "text-delta") {
          seen.text += part.text;
          if (!onText(part.text)) leaving.abort();
        } else if (part.type === "error") seen.raised(part.error);
        else if (part.type === "finish") {
          seen.finish = part.finishReason;
          seen.count(part.totalUsage.inputTokens, part.totalUsage.outputTokens);
        }
      }
    }),
  whole: (url) =>
    collect(async (seen) => {
      const { text, finishReason, usage } = await generateText({ model: vercelModel(url), prompt, maxRetries: 0 });
      seen.text = text;
      seen.finish = finishReason;
      seen.count(usage.inputTokens, usage.outputTokens);
    }),
};

/** What is read of LangChain's messages; their own type depends on a schema that is not used here. */
interface LangchainMessage {
  readonly text: string;
  readonly response_metadata: Record<string, unknown>;
  readonly usage_metadata?: { readonly input_tokens: number; readonly output_tokens: number };
}

const langchainModel = (url: string) =>
  new ChatOpenAI({ model, apiKey: "none", maxRetries: 0, configuration: { baseURL: `${url}/v1` } });

const langchainClient: RealClient = {
  name: "LangChain",
  stream: (url, onText = () => true) =>
    collect(async (seen) => {
      const leaving = new AbortController();
      const stream = await langchainModel(url).stream(prompt, { signal: leaving.signal });
      for await (const {
        text,
        response_metadata: about,
        usage_metadata: usage,
      } of stream as AsyncIterable<LangchainMessage>) {
        seen.text += text;
        seen.finish = (about["finish_reason"] as string | undefined) ?? seen.finish;
        seen.count(usage?.input_tokens, usage?.output_tokens);
        if (text === "" || onText(text)) continue;
        leaving.abort();
        break;
      }
    }),
  whole: (url) =>
    collect(async (seen) => {
      const {
        text,
        response_metadata: about,
        usage_metadata: usage,
      } = (await langchainModel(url).invoke(prompt)) as unknown as LangchainMessage;
      seen.text = text;
      seen.finish = (about["finish_reason"] as string | undefined) ?? null;
      seen.count(usage?.input_tokens, usage?.output_tokens);
    }),
};

export const realClients: readonly RealClient[] = [openaiClient, vercelClient, langchainClient];
