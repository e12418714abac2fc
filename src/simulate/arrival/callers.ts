import type { Callers as CallersOf, World } from "../../catalog/index.ts";
import { priorities } from "../../route/index.ts";
import { HashedLots } from "../chance/hashed-lots.ts";
import type { PrefixChain } from "../chance/prefix-chain.ts";

/** As whom a request stands in the gateway's line. */
export interface Caller {
  readonly account: string;
  /** Position in `priorities`. */
  readonly band: number;
  readonly weight: number;
}

/** Who sends requests where a workload names nobody: one account for all of them. */
export const anybody: Caller = { account: "", band: priorities.indexOf("normal"), weight: 1 };

/** Callers of one workload that are counted together. */
export interface CallerKind extends CallersOf {
  /** Position in `World.workloads`. */
  readonly workload: number;
}

/** The callers a world names, workload by workload: where requests of one are counted stands at its position. */
export function callerKinds({ workloads }: World): CallerKind[] {
  return workloads.flatMap(({ callers = [] }, workload) => callers.map((kind) => ({ ...kind, workload })));
}

/**
 * Who sends each request. The lot hangs on the request's own number, or on its conversation, so it is the same whatever else
 * happens, and no other lot changes when a workload names its callers.
 */
export class Callers {
  readonly #kinds: readonly CallerKind[];
  /** Positions of each workload's kinds. */
  readonly #ofWorkload: readonly (readonly number[])[];
  readonly #members: readonly (readonly Caller[])[];
  readonly #lots: HashedLots;
  /** By slot of the requests in flight: the kind, -1 = nobody named, and the account. */
  readonly #kindOf: number[] = [];
  readonly #callerOf: Caller[] = [];

  constructor(world: World, seed: number) {
    this.#kinds = callerKinds(world);
    this.#ofWorkload = world.workloads.map((_, workload) =>
      this.#kinds.flatMap((kind, position) => (kind.workload === workload ? [position] : [])),
    );
    this.#members = this.#kinds.map(({ account, accounts, priority, weight }) => {
      const band = priorities.indexOf(priority);
      return Array.from({ length: accounts }, (_, member) => ({
        account: accounts === 1 ? account : `${account}/${member + 1}`,
        band,
        weight,
      }));
    });
    this.#lots = new HashedLots(seed, "callers");
  }

  /** A request has come; `serial` is its number. */
  draw(request: number, workload: number, serial: number, prefix: PrefixChain | null): void {
    // All turns of a conversation are one caller's.
    const key = prefix?.answerJoins ? prefix.keys[prefix.keys.length - 1]! : serial;
    let lot = this.#lots.uniform(key, 0);
    let drawn = -1;
    for (const position of this.#ofWorkload[workload]!) {
      drawn = position;
      lot -= this.#kinds[position]!.shareRatio;
      if (lot < 0) break;
    }
    this.#kindOf[request] = drawn;
    const members = this.#members[drawn];
    this.#callerOf[request] = members?.[Math.floor(this.#lots.uniform(key, 1) * members.length)] ?? anybody;
  }

  kindOf(request: number): number {
    return this.#kindOf[request]!;
  }

  callerOf(request: number): Caller {
    return this.#callerOf[request]!;
  }
}
