/**
 * One line of progress on stderr. On a terminal it is rewritten in place; in a log a new line is written at most every
 * `logEveryMs`, so that long work is seen to live without filling the log.
 */
export class ProgressLine {
  #shown = false;
  #lastMs = Number.NEGATIVE_INFINITY;
  readonly #stream: NodeJS.WriteStream;
  readonly #nowMs: () => number;

  constructor(stream: NodeJS.WriteStream = process.stderr, nowMs: () => number = () => performance.now()) {
    this.#stream = stream;
    this.#nowMs = nowMs;
  }

  show(text: string): void {
    const nowMs = this.#nowMs();
    if (nowMs - this.#lastMs < (this.#stream.isTTY ? redrawEveryMs : logEveryMs)) return;
    this.#lastMs = nowMs;
    if (this.#stream.isTTY) {
      this.#stream.write(`\r\u001b[K${text.slice(0, (this.#stream.columns ?? 120) - 1)}`);
      this.#shown = true;
    } else this.#stream.write(`${text}\n`);
  }

  /** Clears the line (on a terminal) and writes `text` for good. */
  finish(text?: string): void {
    if (this.#shown) this.#stream.write("\r\u001b[K");
    this.#shown = false;
    this.#lastMs = Number.NEGATIVE_INFINITY;
    if (text !== undefined) this.#stream.write(`${text}\n`);
  }
}

const redrawEveryMs = 80;
const logEveryMs = 5_000;
