import type { LoadView, Routes } from "../../route/index.ts";
import type { Fleet } from "../engine/fleet.ts";

/**
 * The engines as a gateway knows them that has sent them all they have: a group by the shortest of its queues, as they are
 * and not as they were last reported. The other engines of a group take nothing here, as `serve` speaks to groups.
 */
export class QueuesNow implements LoadView {
  readonly #routes: Routes;
  readonly #fleet: Fleet;
  /** The engine with the shortest queue of each group, -1 = none takes requests, and when that was so, ms. */
  readonly #shortest: Int32Array;
  readonly #queueMs: Float64Array;
  readonly #atMs: Float64Array;
  #view: LoadView;

  constructor(routes: Routes, fleet: Fleet) {
    this.#routes = routes;
    this.#fleet = fleet;
    this.#view = fleet;
    this.#shortest = new Int32Array(routes.groups.length);
    this.#queueMs = new Float64Array(routes.groups.length);
    this.#atMs = new Float64Array(routes.groups.length).fill(Number.NaN);
  }

  /** The queues as far as somebody sees the engines at all; valid until the next call. */
  seenBy(view: LoadView): LoadView {
    // What one sees another may not.
    if (view !== this.#fleet || view !== this.#view) this.#atMs.fill(Number.NaN);
    this.#view = view;
    return this;
  }

  /** A request went to an engine of the group. */
  sentTo(group: number): void {
    this.#atMs[group] = Number.NaN;
  }

  drainMs(replica: number, nowMs: number): number {
    const group = this.#fleet.groupOf(replica);
    return this.#shortestOf(group, nowMs) === replica ? this.#queueMs[group]! : this.#view.drainMs(replica, nowMs);
  }

  health(replica: number, nowMs: number): number {
    const isShortest = this.#shortestOf(this.#fleet.groupOf(replica), nowMs) === replica;
    return isShortest ? this.#view.health(replica, nowMs) : 0;
  }

  isOut(replica: number, nowMs: number): boolean {
    return this.#view.isOut(replica, nowMs);
  }

  #shortestOf(group: number, nowMs: number): number {
    if (this.#atMs[group] === nowMs) return this.#shortest[group]!;
    const { replicasOfGroup } = this.#routes;
    const first = replicasOfGroup[2 * group]!;
    const end = first + replicasOfGroup[2 * group + 1]!;
    let shortest = -1;
    let shortestMs = Number.POSITIVE_INFINITY;
    let unknown = -1;
    for (let replica = first; replica < end && shortestMs > 0; replica++) {
      const health = this.#view.health(replica, nowMs);
      if (health === 0) continue;
      if (Number.isNaN(health) || Number.isNaN(this.#view.drainMs(replica, nowMs))) {
        unknown = replica;
        continue;
      }
      const queueMs = this.#fleet.queueMs(replica, nowMs);
      if (queueMs >= shortestMs) continue;
      shortest = replica;
      shortestMs = queueMs;
    }
    this.#atMs[group] = nowMs;
    this.#shortest[group] = shortest < 0 ? unknown : shortest;
    this.#queueMs[group] = shortest < 0 ? Number.NaN : shortestMs;
    return this.#shortest[group]!;
  }
}
