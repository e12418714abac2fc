import { emulatedText, emulatedWord } from "./emulated-words.ts";

export interface AnswerIdentity {
  readonly id: string;
  readonly model: string;
  readonly createdS: number;
}

export interface AnswerUsage {
  readonly inputTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
}

/** `length` when the caller's limit ended the answer, `stop` when it was as long as planned. */
export type FinishReason = "stop" | "length";

/** How an API writes an answer. All text is ASCII. */
export interface AnswerForm {
  /** Events before the first word. */
  opening(identity: AnswerIdentity): string;
  word(identity: AnswerIdentity, index: number): string;
  /** Events after the last word, the sentinel included where there is one. */
  closing(identity: AnswerIdentity, usage: AnswerUsage, finish: FinishReason): string;
  whole(identity: AnswerIdentity, usage: AnswerUsage, finish: FinishReason): string;
}

const sentinel = "data: [DONE]\n\n";
const data = (value: object): string => `data: ${JSON.stringify(value)}\n\n`;

function countsOf({ inputTokens, cachedTokens, outputTokens }: AnswerUsage): object {
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    prompt_tokens_details: { cached_tokens: cachedTokens },
  };
}

function chatChunk({ id, model, createdS }: AnswerIdentity, choices: readonly object[], usage?: object): string {
  return data({ id, object: "chat.completion.chunk", created: createdS, model, choices, ...(usage && { usage }) });
}

const delta = (content: object, finish: FinishReason | null) => [
  { index: 0, delta: content, logprobs: null, finish_reason: finish },
];

export const chatForm: AnswerForm = {
  opening: (identity) => chatChunk(identity, delta({ role: "assistant", content: "" }, null)),
  word: (identity, index) => chatChunk(identity, delta({ content: emulatedWord(index) }, null)),
  closing: (identity, usage, finish) =>
    chatChunk(identity, delta({}, finish)) + chatChunk(identity, [], countsOf(usage)) + sentinel,
  whole({ id, model, createdS }, usage, finish) {
    const message = { role: "assistant", content: emulatedText(usage.outputTokens), refusal: null };
    const choices = [{ index: 0, message, logprobs: null, finish_reason: finish }];
    return JSON.stringify({
      id,
      object: "chat.completion",
      created: createdS,
      model,
      choices,
      usage: countsOf(usage),
    });
  },
};

function completion({ id, model, createdS }: AnswerIdentity, choices: readonly object[], usage?: object): object {
  return { id, object: "text_completion", created: createdS, model, choices, ...(usage && { usage }) };
}

const piece = (text: string, finish: FinishReason | null) => [
  { index: 0, text, logprobs: null, finish_reason: finish },
];

export const completionForm: AnswerForm = {
  opening: () => "",
  word: (identity, index) => data(completion(identity, piece(emulatedWord(index), null))),
  closing: (identity, usage, finish) =>
    data(completion(identity, piece("", finish))) + data(completion(identity, [], countsOf(usage))) + sentinel,
  whole: (identity, usage, finish) =>
    JSON.stringify(completion(identity, piece(emulatedText(usage.outputTokens), finish), countsOf(usage))),
};
