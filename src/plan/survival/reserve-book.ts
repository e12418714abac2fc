/**
 * Where everything that is served goes when its place is lost, kept up to date while a plan is under construction: who is served is
 * written down with the places that would take it over, failure by failure. Module time is shared between failures, because only one
 * thing fails at a time, so a place keeps as much in reserve as the worst of them brings there.
 */
import { negligible, type PlanState } from "../search/plan-state.ts";
import type { Refuges } from "./refuges.ts";

/** Part of a row that would go to a place. */
interface Backup {
  readonly place: number;
  readonly share: number;
  readonly load: number;
}

const none: readonly Backup[] = [];

export class ReserveBook {
  readonly #plan: PlanState;
  readonly #refuges: Refuges;
  /** By failure, who is lost with it and where they go. */
  readonly #backups: Map<number, readonly Backup[]>[];
  /** By place, what each failure brings there, and the most that any does; modules. */
  readonly #coming: Map<number, number>[];
  readonly #most: Float64Array;
  #journal: (() => void)[] | null = null;

  constructor(plan: PlanState, refuges: Refuges) {
    this.#plan = plan;
    this.#refuges = refuges;
    this.#backups = refuges.lost.map(() => new Map<number, readonly Backup[]>());
    this.#coming = Array.from({ length: refuges.places }, () => new Map<number, number>());
    this.#most = new Float64Array(refuges.places);
  }

  get plan(): PlanState {
    return this.#plan;
  }

  get refuges(): Refuges {
    return this.#refuges;
  }

  checkpoint(): void {
    this.#plan.checkpoint();
    this.#journal = [];
  }

  rollback(): void {
    this.#plan.rollback();
    const journal = this.#journal!;
    this.#journal = null;
    for (let i = journal.length - 1; i >= 0; i--) journal[i]!();
  }

  /** Module time without work at a place. */
  idle(place: number): number {
    const { modules, load } = this.#plan;
    let idle = 0;
    for (const pool of this.#refuges.poolsAt[place]!) idle += modules[pool]! - load[pool]!;
    return idle;
  }

  /** Module time that a place keeps in reserve. */
  reserve(place: number): number {
    return this.#most[place]!;
  }

  /** Module time that a failure would take at a place. */
  coming(place: number, failure: number): number {
    return this.#coming[place]!.get(failure) ?? 0;
  }

  /** Rows that would go to a place in some failure. */
  rowsComing(place: number): Set<number> {
    const rows = new Set<number>();
    for (const failure of this.#coming[place]!.keys()) {
      for (const [row, known] of this.#backups[failure]!) if (known.some((one) => one.place === place)) rows.add(row);
    }
    return rows;
  }

  /** Writes down that a share of a row goes to a place in a failure, which the caller knows to have room. */
  expect(row: number, failure: number, place: number, share: number): void {
    const { starts, place: places, load } = this.#refuges;
    for (let at = starts[row]!; at < starts[row + 1]!; at++) {
      if (places[at] !== place) continue;
      this.#send(row, failure, place, share, load[at]!);
      return;
    }
  }

  /** Module time at a place that is neither busy nor reserved for a failure. */
  free(place: number, failure: number): number {
    return this.idle(place) - (this.#coming[place]!.get(failure) ?? 0);
  }

  /** Whether something could take a row over when it is lost in a failure; what nobody could is lost with its place. */
  mayMove(row: number, failure: number): boolean {
    const { starts, place, siteOf } = this.#refuges;
    const lost = this.#refuges.lost[failure]!;
    for (let at = starts[row]!; at < starts[row + 1]!; at++) if (!lost.has(siteOf[place[at]!]!)) return true;
    return false;
  }

  /** Largest share of a row, up to `wanted`, that can be served over an arc now and goes elsewhere whatever is lost. */
  room(row: number, arc: number, wanted: number): number {
    const { problem } = this.#plan;
    const pool = problem.arcs.pool[arc]!;
    let most = Math.min(wanted, this.#plan.room(row, arc));
    const place = this.#refuges.placeOf[pool]!;
    if (!(most > negligible) || place < 0) return most;
    const load = problem.arcs.load[arc]!;
    if (load > 0) most = Math.min(most, (this.idle(place) - this.#most[place]!) / load);
    if (!(most > negligible)) return 0;
    for (const failure of this.#refuges.failuresOf[problem.pools.site[pool]!]!) {
      most = Math.min(most, this.#takenOver(row, failure, most));
      if (!(most > negligible)) return 0;
    }
    return most;
  }

  /** Whether there is room for so much of a row when it is lost in a failure. */
  takesOver(row: number, failure: number, share: number): boolean {
    return this.#takenOver(row, failure, share) >= share;
  }

  /** Share of a row, up to `wanted`, for which there is room when it is lost in a failure. */
  #takenOver(row: number, failure: number, wanted: number): number {
    const { starts, place, load, siteOf } = this.#refuges;
    const lost = this.#refuges.lost[failure]!;
    let found = 0;
    let mayMove = false;
    for (let at = starts[row]!; at < starts[row + 1]!; at++) {
      const here = place[at]!;
      if (lost.has(siteOf[here]!)) continue;
      mayMove = true;
      const free = this.free(here, failure);
      if (!(free > negligible)) continue;
      found += load[at]! > 0 ? free / load[at]! : 1;
      if (found >= wanted) return wanted;
    }
    return mayMove ? found : wanted;
  }

  /** Serves a share that there is `room` for. */
  serve(row: number, arc: number, share: number): void {
    const { pools, arcs } = this.#plan.problem;
    this.#plan.serve(row, arc, share);
    const pool = arcs.pool[arc]!;
    if (this.#refuges.placeOf[pool]! < 0) return;
    for (const failure of this.#refuges.failuresOf[pools.site[pool]!]!) this.#cover(row, failure, share);
  }

  /** Serves less. */
  leave(row: number, arc: number, share: number): void {
    const { pools, arcs } = this.#plan.problem;
    this.#plan.serve(row, arc, -share);
    const pool = arcs.pool[arc]!;
    if (this.#refuges.placeOf[pool]! < 0) return;
    for (const failure of this.#refuges.failuresOf[pools.site[pool]!]!) this.#uncover(row, failure, share);
  }

  /**
   * Writes down where a share goes in a failure: first where so much is kept in reserve for other failures, then where most is free.
   *
   * @returns What finds no room.
   */
  #cover(row: number, failure: number, share: number): number {
    const { starts, place, load, siteOf } = this.#refuges;
    const lost = this.#refuges.lost[failure]!;
    let left = share;
    for (let at = starts[row]!; at < starts[row + 1]! && left > negligible; at++) {
      const here = place[at]!;
      if (this.#most[here] === 0 || lost.has(siteOf[here]!)) continue;
      const coming = this.#coming[here]!.get(failure) ?? 0;
      const free = Math.min(this.idle(here), this.#most[here]!) - coming;
      if (free > negligible) left -= this.#send(row, failure, here, Math.min(left, free / load[at]!), load[at]!);
    }
    while (left > negligible) {
      let [best, most] = [-1, negligible];
      for (let at = starts[row]!; at < starts[row + 1]!; at++) {
        if (lost.has(siteOf[place[at]!]!)) continue;
        const free = this.free(place[at]!, failure);
        if (free > most) [best, most] = [at, free];
      }
      if (best < 0) return this.mayMove(row, failure) ? left : 0;
      left -= this.#send(row, failure, place[best]!, Math.min(left, most / load[best]!), load[best]!);
    }
    return 0;
  }

  #send(row: number, failure: number, place: number, share: number, load: number): number {
    this.#write(failure, row, [...(this.#backups[failure]!.get(row) ?? none), { place, share, load }]);
    this.#bring(place, failure, share * load);
    return share;
  }

  #uncover(row: number, failure: number, share: number): void {
    const known = this.#backups[failure]!.get(row);
    if (known === undefined) return;
    let left = share;
    const kept: Backup[] = [];
    for (let i = known.length - 1; i >= 0; i--) {
      const backup = known[i]!;
      const gone = Math.min(left, backup.share);
      left -= gone;
      if (gone > 0) this.#bring(backup.place, failure, -gone * backup.load);
      if (backup.share - gone > negligible) kept.push({ ...backup, share: backup.share - gone });
      else if (gone < backup.share) this.#bring(backup.place, failure, -(backup.share - gone) * backup.load);
    }
    this.#write(failure, row, kept.reverse());
  }

  #write(failure: number, row: number, backups: readonly Backup[]): void {
    const of = this.#backups[failure]!;
    const before = of.get(row);
    if (backups.length === 0) of.delete(row);
    else of.set(row, backups);
    this.#journal?.push(() => {
      if (before === undefined) of.delete(row);
      else of.set(row, before);
    });
  }

  #bring(place: number, failure: number, load: number): void {
    const coming = this.#coming[place]!;
    const before = coming.get(failure);
    const mostBefore = this.#most[place]!;
    const now = (before ?? 0) + load;
    if (now > negligible) coming.set(failure, now);
    else coming.delete(failure);
    if (now >= mostBefore) this.#most[place] = now;
    else if ((before ?? 0) >= mostBefore) {
      let most = 0;
      for (const each of coming.values()) most = Math.max(most, each);
      this.#most[place] = most;
    }
    this.#journal?.push(() => {
      if (before === undefined) coming.delete(failure);
      else coming.set(failure, before);
      this.#most[place] = mostBefore;
    });
  }

  /**
   * After a pool has lost modules: what it no longer serves is left, and what would have gone there goes elsewhere or is left too.
   *
   * @param moved Takes the rows that were left, in part or whole.
   */
  evict(
    pool: number,
    byPool: { readonly starts: Int32Array; readonly arc: Int32Array; readonly row: Int32Array },
    moved: number[],
  ): void {
    const { arcs } = this.#plan.problem;
    const count = this.#plan.modules[pool]!;
    let over = this.#plan.load[pool]! - count;
    if (count === 0 || over > negligible) {
      for (let j = byPool.starts[pool]!; j < byPool.starts[pool + 1]!; j++) {
        const arc = byPool.arc[j]!;
        const share = this.#plan.share[arc]!;
        if (!(share > 0)) continue;
        const whole = count === 0 || arcs.load[arc] === 0;
        const part = whole ? share : Math.min(share, over / arcs.load[arc]!);
        this.leave(byPool.row[j]!, arc, part);
        over -= part * arcs.load[arc]!;
        moved.push(byPool.row[j]!);
        if (count > 0 && !(over > negligible)) break;
      }
    }
    const place = this.#refuges.placeOf[pool]!;
    if (place >= 0) this.#fit(place, moved);
  }

  /** Sends elsewhere what a place has no room for in a failure. */
  #fit(place: number, moved: number[]): void {
    const idle = this.idle(place);
    if (this.#most[place]! <= idle + negligible) return;
    for (const [failure, coming] of Array.from(this.#coming[place]!)) {
      let over = coming - Math.max(0, idle);
      if (!(over > negligible)) continue;
      for (const [row, known] of Array.from(this.#backups[failure]!)) {
        if (!(over > negligible)) break;
        let gone = 0;
        const kept: Backup[] = [];
        for (const backup of known) {
          const part = backup.place === place ? Math.min(backup.share, Math.max(0, over) / backup.load) : 0;
          if (part > 0) {
            over -= part * backup.load;
            gone += part;
            this.#bring(place, failure, -part * backup.load);
          }
          if (backup.share - part > negligible) kept.push({ ...backup, share: backup.share - part });
        }
        if (gone === 0) continue;
        this.#write(failure, row, kept);
        const homeless = this.#cover(row, failure, gone);
        if (homeless > negligible) this.#leaveIn(row, failure, homeless, moved);
      }
    }
  }

  /** Serves less of a row at the places of a failure that it has no cover for. */
  #leaveIn(row: number, failure: number, share: number, moved: number[]): void {
    const { arcs, pools } = this.#plan.problem;
    const lost = this.#refuges.lost[failure]!;
    let left = share;
    for (let arc = arcs.starts[row]!; arc < arcs.starts[row + 1]! && left > negligible; arc++) {
      const pool = arcs.pool[arc]!;
      const site = pools.site[pool]!;
      if (!(this.#plan.share[arc]! > 0) || !lost.has(site) || this.#refuges.placeOf[pool]! < 0) continue;
      const part = Math.min(left, this.#plan.share[arc]!);
      this.#plan.serve(row, arc, -part);
      left -= part;
      for (const other of this.#refuges.failuresOf[site]!) if (other !== failure) this.#uncover(row, other, part);
    }
    moved.push(row);
  }

  /**
   * Covers all that a plan serves, as far as there is room; the rest is left.
   *
   * @param rows In which order.
   */
  coverAll(rows: readonly number[], moved: number[]): void {
    const { arcs, pools } = this.#plan.problem;
    for (const row of rows) {
      for (let arc = arcs.starts[row]!; arc < arcs.starts[row + 1]!; arc++) {
        const share = this.#plan.share[arc]!;
        const pool = arcs.pool[arc]!;
        if (!(share > 0) || this.#refuges.placeOf[pool]! < 0) continue;
        const covered: number[] = [];
        for (const failure of this.#refuges.failuresOf[pools.site[pool]!]!) {
          const left = this.#cover(row, failure, this.#plan.share[arc]!);
          covered.push(failure);
          if (!(left > negligible)) continue;
          // What one failure leaves no room for is not served, so that no other has to cover it either.
          this.#plan.serve(row, arc, -left);
          for (const other of covered) if (other !== failure) this.#uncover(row, other, left);
          moved.push(row);
        }
      }
    }
  }
}
