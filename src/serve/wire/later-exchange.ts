import type { Exchange } from "./transport.ts";

/** An exchange that begins once something was looked up. */
export class LaterExchange implements Exchange {
  gone = false;
  #exchange: Exchange | null = null;

  follow(exchange: Exchange): void {
    this.#exchange = exchange;
  }

  clientLeft(): void {
    this.gone = true;
    this.#exchange?.clientLeft();
  }

  drained(): void {
    this.#exchange?.drained();
  }
}
