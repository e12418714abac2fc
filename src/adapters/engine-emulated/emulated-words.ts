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
