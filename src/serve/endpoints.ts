import type { StreamErrorForm } from "./stream-tail.ts";

/** An inference endpoint that is passed through to engines. */
export interface Endpoint {
  /** Field of the body with the text to count. */
  readonly content: "messages" | "prompt" | "input";
  /** The API sends usage in a stream only when `stream_options.include_usage` asks for it. */
  readonly asksForUsage: boolean;
  /** Event that ends a stream; null where the last event of the answer itself does. */
  readonly sentinel: string | null;
  /** How an error is written into a stream that has begun. */
  readonly streamError: StreamErrorForm;
}

const done = "data: [DONE]\n\n";

/** Endpoints by path. All share admission, decision, failover, metering and the life cycle of streams. */
export const endpoints: Readonly<Record<string, Endpoint>> = {
  "/v1/chat/completions": { content: "messages", asksForUsage: true, sentinel: done, streamError: "object" },
  "/v1/completions": { content: "prompt", asksForUsage: true, sentinel: done, streamError: "object" },
  "/v1/embeddings": { content: "input", asksForUsage: false, sentinel: null, streamError: "object" },
  "/v1/responses": { content: "input", asksForUsage: false, sentinel: null, streamError: "numbered-event" },
};
