import { describeTarget, type Target } from "../../route/index.ts";
import type { Admitted } from "./admitted.ts";

export interface CandidateOrder {
  /** The first is asked a second time before the others: several servers stand there. */
  readonly again: boolean;
  /** Engines asked only when all others have been: they are known to lack what is asked for. */
  readonly last: (group: number) => boolean;
}

/** The engines a request may be tried at, in the order in which they are asked. All passed the residency filter. */
export class Candidates {
  readonly #admitted: Admitted;
  readonly #first: Target | null;
  readonly #again: boolean;
  /** Positions in the placement in the order of asking; null = as they stand there. */
  readonly #order: readonly number[] | null;
  #next = 0;

  /** `first` is the placement's first candidate; null when there is none. */
  constructor(admitted: Admitted, first: Target | null, { again, last }: CandidateOrder) {
    this.#admitted = admitted;
    this.#first = first;
    this.#order = this.some(last) ? this.#behind(last) : null;
    this.#again = again && first !== null && (this.#order === null || this.#order[0] === 0);
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

  /** Positions in their order, those of `last` behind all others. */
  #behind(last: (group: number) => boolean): number[] {
    const { placement, routes } = this.#admitted;
    const positions = placement.replicas.map((_, position) => position);
    const isLast = (position: number) => last(routes.groupOfReplica[placement.replicas[position]!]!);
    return [...positions.filter((position) => !isLast(position)), ...positions.filter(isLast)];
  }

  get #position(): number {
    const turn = this.#again ? Math.max(0, this.#next - 1) : this.#next;
    return this.#order?.[turn] ?? turn;
  }
}
