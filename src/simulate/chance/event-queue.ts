/**
 * The events that are still to come, in the order of (time, priority, sequence). The sequence number makes the order
 * total: two events at one instant leave in the order in which they were put in, on every machine and in every run.
 * A lower priority number leaves first.
 *
 * A binary heap over typed arrays; nothing is allocated per event. Events carry a kind and one integer, whose meaning
 * belongs to whoever put them in.
 */
export class EventQueue {
  #timeMs: Float64Array;
  #priority: Int32Array;
  #sequence: Float64Array;
  #kind: Int32Array;
  #subject: Int32Array;
  #size = 0;
  #nextSequence = 0;

  constructor(capacity = 64) {
    this.#timeMs = new Float64Array(capacity);
    this.#priority = new Int32Array(capacity);
    this.#sequence = new Float64Array(capacity);
    this.#kind = new Int32Array(capacity);
    this.#subject = new Int32Array(capacity);
  }

  get size(): number {
    return this.#size;
  }

  /** Time of the earliest event, `Infinity` when there is none. */
  get nextMs(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : this.#timeMs[0]!;
  }

  /** Kind of the earliest event; only valid while `size > 0`. */
  get nextKind(): number {
    return this.#kind[0]!;
  }

  /** Subject of the earliest event; only valid while `size > 0`. */
  get nextSubject(): number {
    return this.#subject[0]!;
  }

  push(timeMs: number, priority: number, kind: number, subject: number): void {
    if (!Number.isFinite(timeMs)) throw new RangeError(`event time must be finite, not ${timeMs}`);
    if (this.#size === this.#timeMs.length) this.#grow();
    let hole = this.#size++;
    const sequence = this.#nextSequence++;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if (!this.#isBefore(timeMs, priority, sequence, parent)) break;
      this.#move(parent, hole);
      hole = parent;
    }
    this.#timeMs[hole] = timeMs;
    this.#priority[hole] = priority;
    this.#sequence[hole] = sequence;
    this.#kind[hole] = kind;
    this.#subject[hole] = subject;
  }

  /** Removes the earliest event; read it through `nextMs`, `nextKind` and `nextSubject` before. */
  pop(): void {
    const last = --this.#size;
    if (last <= 0) {
      this.#size = 0;
      return;
    }
    let hole = 0;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= last) break;
      if (child + 1 < last && this.#slotBefore(child + 1, child)) child++;
      if (!this.#slotBefore(child, last)) break;
      this.#move(child, hole);
      hole = child;
    }
    this.#move(last, hole);
  }

  #isBefore(timeMs: number, priority: number, sequence: number, slot: number): boolean {
    const other = this.#timeMs[slot]!;
    if (timeMs !== other) return timeMs < other;
    const otherPriority = this.#priority[slot]!;
    if (priority !== otherPriority) return priority < otherPriority;
    return sequence < this.#sequence[slot]!;
  }

  #slotBefore(a: number, b: number): boolean {
    return this.#isBefore(this.#timeMs[a]!, this.#priority[a]!, this.#sequence[a]!, b);
  }

  #move(from: number, to: number): void {
    this.#timeMs[to] = this.#timeMs[from]!;
    this.#priority[to] = this.#priority[from]!;
    this.#sequence[to] = this.#sequence[from]!;
    this.#kind[to] = this.#kind[from]!;
    this.#subject[to] = this.#subject[from]!;
  }

  #grow(): void {
    const capacity = this.#timeMs.length * 2;
    this.#timeMs = copyOf(this.#timeMs, new Float64Array(capacity));
    this.#priority = copyOf(this.#priority, new Int32Array(capacity));
    this.#sequence = copyOf(this.#sequence, new Float64Array(capacity));
    this.#kind = copyOf(this.#kind, new Int32Array(capacity));
    this.#subject = copyOf(this.#subject, new Int32Array(capacity));
  }
}

function copyOf<T extends Float64Array | Int32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
