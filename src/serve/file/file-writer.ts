import { pieceBytes } from "./file-lines.ts";
import type { ByteText, FileStore } from "../wire/ports.ts";

/** Writes a file piece by piece, so that it is never held as a whole. */
export class FileWriter {
  readonly #store: FileStore;
  readonly #name: string;
  #waiting: ByteText[] = [];
  #waitingBytes = 0;
  #bytes = 0;

  constructor(store: FileStore, name: string) {
    this.#store = store;
    this.#name = name;
  }

  async add(text: ByteText): Promise<void> {
    this.#waiting.push(text);
    this.#waitingBytes += text.length;
    if (this.#waitingBytes >= pieceBytes) await this.#flush();
  }

  /** Writes what is left; resolves with the size of the file, 0 when nothing was added and there is none. */
  async done(): Promise<number> {
    if (this.#waitingBytes > 0) await this.#flush();
    return this.#bytes;
  }

  async #flush(): Promise<void> {
    const piece = this.#waiting.join("");
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#bytes += piece.length;
    await this.#store.append(this.#name, piece);
  }
}
