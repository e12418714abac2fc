/** The words of every emulated answer, one token each. They say what they are, so nobody takes them for a model's. */
const words =
  "This answer is emulated: no language model wrote it. Its words arrive at the pace that the engine model predicts for this model on this accelerator under the present load. ".match(
    /\S+\s*/g,
  )!;

/** Word number `index` of an endless answer. */
export function emulatedWord(index: number): string {
  return words[index % words.length]!;
}

/** The first `count` words. */
export function emulatedText(count: number): string {
  let text = "";
  for (let index = 0; index < count; index++) text += emulatedWord(index);
  return text.trimEnd();
}

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

/** A streamed event with content, or with the closing finish reason. ASCII only. */
export function chunkEvent(
  { id, model, createdS }: AnswerIdentity,
  delta: object,
  finish: FinishReason | null,
): string {
  const choice = { index: 0, delta, logprobs: null, finish_reason: finish };
  return event({ id, object: "chat.completion.chunk", created: createdS, model, choices: [choice] });
}

export function usageEvent({ id, model, createdS }: AnswerIdentity, usage: AnswerUsage): string {
  const counts = usageObject(usage);
  return event({ id, object: "chat.completion.chunk", created: createdS, model, choices: [], usage: counts });
}

export function wholeAnswer({ id, model, createdS }: AnswerIdentity, usage: AnswerUsage, finish: FinishReason): string {
  const message = { role: "assistant", content: emulatedText(usage.outputTokens), refusal: null };
  const choices = [{ index: 0, message, logprobs: null, finish_reason: finish }];
  return JSON.stringify({
    id,
    object: "chat.completion",
    created: createdS,
    model,
    choices,
    usage: usageObject(usage),
  });
}

function usageObject({ inputTokens, cachedTokens, outputTokens }: AnswerUsage): object {
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    prompt_tokens_details: { cached_tokens: cachedTokens },
  };
}

function event(value: object): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}
