import type { World } from "../../catalog/index.ts";
import type { Choices, LoadView, Routes } from "../../route/index.ts";
import type { RandomStream } from "../chance/random.ts";
import {
  findAfterLoss,
  findByPolicy,
  findEngine,
  type FindAmong,
  type FindBeyond,
  type FindEngine,
  type RequestHints,
  type RoutingRule,
} from "./routing-rule.ts";
import type { RowLanes } from "./row-lanes.ts";

/** Looks for the engine of a request: in the lane of its row, in all of it when that is a shortlist, and after a loss beyond it. */
export class EngineSearch {
  /** The lane in which an engine was found last. */
  lane!: Choices;
  readonly #demand: World["demand"];
  readonly #lanes: RowLanes;
  /** The policy, which needs no more of a lane than its terms; null when a rival rule finds engines. */
  readonly #choose: FindAmong<Choices> | null;
  readonly #find: FindEngine;
  readonly #findBeyond: FindBeyond | null;

  constructor(rule: RoutingRule, { demand }: World, routes: Routes, lanes: RowLanes, lots: RandomStream) {
    this.#demand = demand;
    this.#lanes = lanes;
    this.#choose = findByPolicy(rule, routes, lots);
    this.#find = findEngine(rule, routes, lots);
    this.#findBeyond = findAfterLoss(rule, routes, lots);
  }

  /** An engine for a request of a row of the demand; -1 when none takes it. */
  find(row: number, view: LoadView, nowMs: number, hints: RequestHints): number {
    let lane: Choices = this.#lanes.choices(row);
    let replica =
      this.#choose === null
        ? this.#find(this.#lanes.lane(row), view, nowMs, hints)
        : this.#choose(lane, view, nowMs, hints);
    if (replica < 0) {
      const whole = this.#lanes.wholeLane(row);
      if (!this.#lanes.lane(row).isWhole) replica = this.#find(whole, view, nowMs, hints);
      lane = whole;
    }
    const beyond = this.#findBeyond?.(lane, view, nowMs, hints, this.#demand[row]!, replica);
    this.lane = beyond ? beyond.lane : lane;
    return beyond ? beyond.replica : replica;
  }
}
