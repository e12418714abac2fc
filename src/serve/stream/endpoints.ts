/** How an API writes an error into a stream that has begun. */
export type StreamErrorForm = "object" | "numbered-event";

/** An inference endpoint that is passed through to engines. */
export interface Endpoint {
  /** Field of the body with the text to count; the first that is there. */
  readonly content: readonly ("messages" | "prompt" | "content" | "input" | "tokens")[];
  /** Names under which engines look for one and the same text: given one, they are sent both. */
  readonly sameText?: readonly [string, string];
  /** `form`: the request is `multipart/form-data`. */
  readonly request: "json" | "form";
  /** `any`: sound, pictures or plain text as well as JSON and events; passed on as they come. */
  readonly answer: "json" | "any";
  /** The API sends usage in a stream only when `stream_options.include_usage` asks for it. */
  readonly asksForUsage: boolean;
  /** Event that ends a stream; null where the last event of the answer itself does. */
  readonly sentinel: string | null;
  /** How an error is written into a stream that has begun. */
  readonly streamError: StreamErrorForm;
  /** `request`: without counts from the engine an answer costs what a request of mean length costs. `free`: nothing. */
  readonly priced: "tokens" | "request" | "free";
  /** The answer when the engine does not know the endpoint, made from the gateway's own estimate. */
  readonly estimate?: (inputTokens: number) => object;
}

const done = "data: [DONE]\n\n";
const json = { request: "json", answer: "json", asksForUsage: false, sentinel: null, streamError: "object" } as const;
const media = {
  answer: "any",
  asksForUsage: false,
  sentinel: null,
  streamError: "numbered-event",
  priced: "request",
} as const;

/** Endpoints by path. All share admission, decision, failover, metering and the life cycle of streams. */
export const endpoints: Readonly<Record<string, Endpoint>> = {
  "/v1/chat/completions": { ...json, content: ["messages"], asksForUsage: true, sentinel: done, priced: "tokens" },
  "/v1/completions": { ...json, content: ["prompt"], asksForUsage: true, sentinel: done, priced: "tokens" },
  "/v1/embeddings": { ...json, content: ["input"], priced: "tokens" },
  "/v1/responses": { ...json, content: ["input"], streamError: "numbered-event", priced: "tokens" },
  "/v1/responses/input_tokens": {
    ...json,
    content: ["input"],
    priced: "free",
    estimate: (inputTokens) => ({ object: "response.input_tokens", input_tokens: inputTokens }),
  },
  // vLLM and SGLang take `prompt`, llama.cpp takes `content` and counts nothing where there is only the other.
  "/tokenize": {
    ...json,
    content: ["prompt", "messages", "content"],
    sameText: ["prompt", "content"],
    priced: "free",
  },
  "/detokenize": { ...json, content: ["tokens"], priced: "free" },
  "/v1/audio/speech": { ...media, request: "json", content: ["input"] },
  "/v1/audio/transcriptions": { ...media, request: "form", content: [] },
  "/v1/audio/translations": { ...media, request: "form", content: [] },
  "/v1/images/generations": { ...media, request: "json", content: ["prompt"] },
  "/v1/images/edits": { ...media, request: "form", content: [] },
  "/v1/images/variations": { ...media, request: "form", content: [] },
};
