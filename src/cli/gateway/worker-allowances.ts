import { addAllowances, isNothing, noAllowance, type Allowance } from "../../serve/index.ts";

/** A worker that does not say what it gives is not waited for, ms. */
const giveLimitMs = 100;

interface Asking {
  readonly waiting: Set<number>;
  readonly done: () => void;
}

/**
 * What workers let each other have of budgets, rates and places: the leader asks all others for what one of them lacks. Nothing
 * is handed on before who had it has said that it is gone there, so that all together never have more than the whole.
 */
export class WorkerAllowances {
  readonly #ask: (worker: number, id: number, lacking: Allowance) => void;
  readonly #asking = new Map<number, Asking>();
  /** What was given and nobody has yet, because it came too late; by account. */
  readonly #spare = new Map<string, Allowance>();
  /** Budgets and places that each worker has got, less what it gave; by worker and account. */
  readonly #moved = new Map<number, Map<string, Allowance>>();
  #asks = 0;

  /** `ask` has a worker tell by `gave` what it gives. */
  constructor(ask: (worker: number, id: number, lacking: Allowance) => void) {
    this.#ask = ask;
  }

  /** Collects from `others` what `worker` lacks; settles with what it has from now on. */
  async seek(worker: number, lacking: Allowance, others: readonly number[]): Promise<Allowance> {
    const { account } = lacking;
    const id = ++this.#asks;
    await new Promise<void>((resolve) => {
      const limit = setTimeout(resolve, giveLimitMs);
      const done = () => {
        clearTimeout(limit);
        resolve();
      };
      this.#asking.set(id, { waiting: new Set(others), done });
      for (const other of others) this.#ask(other, id, lacking);
      if (others.length === 0) done();
    });
    this.#asking.delete(id);
    const given = this.#spare.get(account) ?? noAllowance(account);
    this.#spare.delete(account);
    this.#move(worker, given, 1);
    return given;
  }

  /** A worker has taken this out of what it had, or it had nothing. */
  gave(worker: number, id: number, given: Allowance): void {
    if (!isNothing(given)) {
      this.#move(worker, given, -1);
      this.#spare.set(
        given.account,
        addAllowances(this.#spare.get(given.account) ?? noAllowance(given.account), given),
      );
    }
    this.#left(worker, id);
  }

  /** A worker has ended: it will not say any more what it gives. */
  ended(worker: number): void {
    for (const id of this.#asking.keys()) this.#left(worker, id);
  }

  /** What a worker that is started now has got from the others, less what it gave: rates begin anew with it, the rest does not. */
  movedTo(worker: number): Allowance[] {
    return [...(this.#moved.get(worker)?.values() ?? [])];
  }

  #left(worker: number, id: number): void {
    const asking = this.#asking.get(id);
    asking?.waiting.delete(worker);
    if (asking?.waiting.size === 0) asking.done();
  }

  #move(worker: number, { account, nanoUsd, places }: Allowance, sign: 1 | -1): void {
    const lasting: Allowance = { ...noAllowance(account), nanoUsd, places };
    let byAccount = this.#moved.get(worker);
    if (byAccount === undefined) this.#moved.set(worker, (byAccount = new Map()));
    byAccount.set(account, addAllowances(byAccount.get(account) ?? noAllowance(account), lasting, sign));
  }
}
