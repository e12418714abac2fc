/**
 * Answers to questions that are asked again in other words: the periods, futures, variants and later readings of a scenario
 * are worlds of their own, yet mostly ask the same of engines and networks. A question is known by its text, so it must hold
 * all that the answer depends on; who answers gets nothing else. The answer is shared and not to be changed.
 */
export class Answers<Question, Answer> {
  readonly #answer: (question: Question) => Answer;
  readonly #most: number;
  readonly #known = new Map<string, Answer>();

  /** @param most answers kept; with more questions than that it begins anew. */
  constructor(answer: (question: Question) => Answer, most: number) {
    this.#answer = answer;
    this.#most = most;
  }

  to(question: Question): Answer {
    const text = JSON.stringify(question);
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const found = this.#answer(question);
    if (this.#known.size >= this.#most) this.#known.clear();
    this.#known.set(text, found);
    return found;
  }
}
