/** A member of a crowd knows its place, so that it can leave without being looked for. */
export interface Member {
  /** Kept by the crowd; -1 while it is in none. */
  seat: number;
}

/** Objects that come and go all the time, in no order. Makes no garbage, which a `Set` does with every member. */
export class Crowd<One extends Member> {
  readonly #members: One[] = [];

  get size(): number {
    return this.#members.length;
  }

  /** Those in it now; a list of its own, so that they may leave while it is walked through. */
  all(): One[] {
    return [...this.#members];
  }

  /** Those in it now for whom something holds. */
  filter(holds: (one: One) => boolean): One[] {
    return this.#members.filter(holds);
  }

  add(one: One): void {
    one.seat = this.#members.length;
    this.#members.push(one);
  }

  /** Does nothing when it is not in it. */
  remove(one: One): void {
    const { seat } = one;
    if (seat < 0) return;
    one.seat = -1;
    const last = this.#members.pop()!;
    if (last === one) return;
    last.seat = seat;
    this.#members[seat] = last;
  }
}
