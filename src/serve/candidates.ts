import { describeTarget, type Target } from "../route/index.ts";
import type { Admitted } from "./admitted.ts";

/** The engines a request may be tried at, in the order in which they are asked. All passed the residency filter. */
export class Candidates {
  readonly #admitted: Admitted;
  readonly #first: Target | null;
  /** The first is asked a second time before the others: several servers stand there. */
  readonly #again: boolean;
  #next = 0;

  /** `first` is the placement's first candidate; null when there is none. */
  constructor(admitted: Admitted, first: Target | null, again: boolean) {
    this.#admitted = admitted;
    this.#first = first;
    this.#again = again && first !== null;
  }

  get isEmpty(): boolean {
    return this.#next >= this.#admitted.placement.replicas.length + (this.#again ? 1 : 0);
  }

  /** Whether something holds of the engines of any of them. */
  some(holds: (group: number) => boolean): boolean {
    return this.#admitted.placement.replicas.some((replica) => holds(this.#admitted.routes.groupOfReplica[replica]!));
  }

  /** Engine group of the one that is next. */
  get group(): number {
    return this.#admitted.routes.groupOfReplica[this.#admitted.placement.replicas[this.#position]!]!;
  }

  /** Takes the next one; most requests need no other than the first, so the others are described only now. */
  take(): Target {
    const position = this.#position;
    this.#next++;
    const { routes, placement } = this.#admitted;
    return position === 0 ? this.#first! : describeTarget(routes, this.#admitted, placement, position);
  }

  skip(): void {
    this.#next++;
  }

  get #position(): number {
    return this.#again ? Math.max(0, this.#next - 1) : this.#next;
  }
}
