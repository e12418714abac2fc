import type { ToldRoute } from "../../serve/index.ts";

/** Workers that do not say whether they know a route are not waited for, ms. */
const askLimitMs = 500;

interface Asking {
  readonly waiting: Set<number>;
  readonly done: (route: ToldRoute | null) => void;
}

/** Finds the route of a request that another worker took: the leader asks all others, and one of them at most knows it. */
export class WorkerRoutes {
  readonly #ask: (worker: number, id: number, requestId: string) => void;
  readonly #asking = new Map<number, Asking>();
  #asks = 0;

  /** `ask` has a worker tell by `told` whether it knows the route. */
  constructor(ask: (worker: number, id: number, requestId: string) => void) {
    this.#ask = ask;
  }

  /** Settles with the route as soon as one of `others` has told it, with null when none has. */
  async seek(requestId: string, others: readonly number[]): Promise<ToldRoute | null> {
    const id = ++this.#asks;
    const route = await new Promise<ToldRoute | null>((resolve) => {
      if (others.length === 0) return resolve(null);
      const limit = setTimeout(() => resolve(null), askLimitMs);
      const done = (told: ToldRoute | null) => {
        clearTimeout(limit);
        resolve(told);
      };
      this.#asking.set(id, { waiting: new Set(others), done });
      for (const other of others) this.#ask(other, id, requestId);
    });
    this.#asking.delete(id);
    return route;
  }

  told(worker: number, id: number, route: ToldRoute | null): void {
    const asking = this.#asking.get(id);
    if (route !== null) return asking?.done(route);
    asking?.waiting.delete(worker);
    if (asking?.waiting.size === 0) asking.done(null);
  }

  /** A worker has ended, and what it knew with it. */
  ended(worker: number): void {
    for (const id of this.#asking.keys()) this.told(worker, id, null);
  }
}
