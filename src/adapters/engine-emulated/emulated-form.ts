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

/** How an API writes an answer. All text is ASCII. `choice` counts answers made side by side, from 0. */
export interface AnswerForm {
  /** Events before the first word of a choice. */
  opening(identity: AnswerIdentity, choice: number): string;
  word(identity: AnswerIdentity, index: number, choice: number): string;
  /** Events after the last word of a choice. */
  ending(identity: AnswerIdentity, choice: number, finish: FinishReason): string;
  /** Events after the last choice, the sentinel included where there is one. */
  closing(identity: AnswerIdentity, usage: AnswerUsage, finish: FinishReason): string;
  /** An answer at once; its choices share the output tokens equally. */
  whole(identity: AnswerIdentity, usage: AnswerUsage, finish: FinishReason, choices: number): string;
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

const delta = (index: number, content: object, finish: FinishReason | null) => [
  { index, delta: content, logprobs: null, finish_reason: finish },
];

/** As many as asked for, each with its part of the output tokens. */
function choicesOf<Choice>(
  { outputTokens }: AnswerUsage,
  count: number,
  make: (index: number, text: string) => Choice,
) {
  const text = emulatedText(outputTokens / count);
  return Array.from({ length: count }, (_, index) => make(index, text));
}

export const chatForm: AnswerForm = {
  opening: (identity, choice) => chatChunk(identity, delta(choice, { role: "assistant", content: "" }, null)),
  word: (identity, index, choice) => chatChunk(identity, delta(choice, { content: emulatedWord(index) }, null)),
  ending: (identity, choice, finish) => chatChunk(identity, delta(choice, {}, finish)),
  closing: (identity, usage) => chatChunk(identity, [], countsOf(usage)) + sentinel,
  whole({ id, model, createdS }, usage, finish, count) {
    const choices = choicesOf(usage, count, (index, content) => {
      const message = { role: "assistant", content, refusal: null };
      return { index, message, logprobs: null, finish_reason: finish };
    });
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

const piece = (index: number, text: string, finish: FinishReason | null) => ({
  index,
  text,
  logprobs: null,
  finish_reason: finish,
});

export const completionForm: AnswerForm = {
  opening: () => "",
  word: (identity, index, choice) => data(completion(identity, [piece(choice, emulatedWord(index), null)])),
  ending: (identity, choice, finish) => data(completion(identity, [piece(choice, "", finish)])),
  closing: (identity, usage) => data(completion(identity, [], countsOf(usage))) + sentinel,
  whole(identity, usage, finish, count) {
    const choices = choicesOf(usage, count, (index, text) => piece(index, text, finish));
    return JSON.stringify(completion(identity, choices, countsOf(usage)));
  },
};
