/**
 * SIGHUP, with which operators ask for changed files to be read again. Unheard it would end the process: while it starts, when what
 * it has read may be old already, and while it stops, with requests still running.
 */
export class HangUps {
  #came = false;
  #heard: (() => void) | null = null;
  readonly #hear = () => {
    if (this.#heard) this.#heard();
    else this.#came = true;
  };

  constructor() {
    process.on("SIGHUP", this.#hear);
  }

  /** Calls `heard` for every one from now on, and once for those that came before anybody followed. */
  follow(heard: () => void): void {
    this.#heard = heard;
    if (!this.#came) return;
    this.#came = false;
    heard();
  }

  /** None is acted upon any more. */
  ignore(): void {
    this.#heard = () => {};
  }

  end(): void {
    process.off("SIGHUP", this.#hear);
  }
}
