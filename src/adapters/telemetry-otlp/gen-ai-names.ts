/**
 * Every name of OpenTelemetry's conventions for generative AI that is used here. They are still in development (state of
 * August 2026, semantic-conventions-genai) and change between releases; nothing outside this file spells one.
 */
export const genAi = {
  operationName: "gen_ai.operation.name",
  providerName: "gen_ai.provider.name",
  requestModel: "gen_ai.request.model",
  responseModel: "gen_ai.response.model",
  tokenType: "gen_ai.token.type",
  inputTokens: "gen_ai.usage.input_tokens",
  outputTokens: "gen_ai.usage.output_tokens",
  cachedTokens: "gen_ai.usage.cache_read.input_tokens",
  errorType: "error.type",
} as const;

/** Values of `gen_ai.operation.name` by path of the API. */
const operations: Readonly<Record<string, string>> = {
  "/v1/chat/completions": "chat",
  "/v1/completions": "text_completion",
  "/v1/responses": "chat",
  "/v1/embeddings": "embeddings",
};

export function operationOf(path: string | null): string {
  return (path !== null && operations[path]) || "generate_content";
}

const seconds = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
const firstTokenSeconds = [0.001, 0.005, 0.01, 0.015, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
const perTokenSeconds = [0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5];
const tokens = [1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864];

/** Histograms of the conventions, with the buckets they advise; 15 ms is added, a budget of its own here. */
export const genAiHistograms = {
  clientDuration: { name: "gen_ai.client.operation.duration", unit: "s", bounds: seconds },
  clientTokens: { name: "gen_ai.client.token.usage", unit: "{token}", bounds: tokens },
  serverDuration: { name: "gen_ai.server.request.duration", unit: "s", bounds: seconds },
  serverFirstToken: { name: "gen_ai.server.time_to_first_token", unit: "s", bounds: firstTokenSeconds },
  serverPerToken: { name: "gen_ai.server.time_per_output_token", unit: "s", bounds: perTokenSeconds },
} as const;
