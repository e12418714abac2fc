import type { World } from "../../catalog/index.ts";
import type { Choices, Lane, Routes } from "../../route/index.ts";
import * as route from "../../route/index.ts";
import * as packedPlaces from "./packed-places.ts";
import * as requestsAhead from "./requests-ahead.ts";

// Of this module, so that they are constants to the compiler: what is imported is fetched and checked at every use.
const { laneTerm, termCount } = route;
const { rowInt, rowInts } = packedPlaces;
const { aheadCount } = requestsAhead;

type ChoicesToFill = { -readonly [key in keyof Choices]: Choices[key] };

/**
 * The lanes of the rows of the demand. Where a lane's terms stand is kept in the row's own record: a large mesh has tens
 * of thousands of lanes, objects strewn over more memory than the processor's caches reach, and most requests ask a lane
 * for nothing but its terms.
 */
export class RowLanes {
  readonly #world: World;
  readonly #routes: Routes;
  readonly #rows: Int32Array;
  /** The arrays in which the terms of lanes stand; the first is of no lane. */
  readonly #shelves: Float64Array[] = [new Float64Array(0)];
  readonly #stakes: (Choices["stakes"] | undefined)[] = [];
  readonly #choices: ChoicesToFill;
  /** Where the lanes that `firstGroups` reads stand. */
  readonly #shelfAhead = new Int32Array(aheadCount);
  readonly #frontAhead = new Int32Array(aheadCount);

  constructor(world: World, routes: Routes, rows: Int32Array) {
    this.#world = world;
    this.#routes = routes;
    this.#rows = rows;
    this.#choices = {
      stakes: { budgetMs: 0, missUsd: 0, latencyUsdPerMs: 0 },
      terms: this.#shelves[0]!,
      count: 0,
      front: 0,
      rest: 0,
    };
  }

  /** What a choice reads of the row's lane; valid until the next call. */
  choices(row: number): Choices {
    const rows = this.#rows;
    const at = row * rowInts;
    if (rows[at + rowInt.shelf] === 0) this.#lookUp(row);
    const choices = this.#choices;
    choices.stakes = this.#stakes[rows[at + rowInt.workload]!]!;
    choices.terms = this.#shelves[rows[at + rowInt.shelf]!]!;
    choices.count = rows[at + rowInt.count]!;
    choices.front = rows[at + rowInt.front]!;
    choices.rest = rows[at + rowInt.rest]!;
    return choices;
  }

  /**
   * Writes down the groups of the first candidates in the lanes of the first `count` of these rows, two of each, as far as the
   * lanes have been looked up already; how many they are. In loops so short that the reads of many lanes overlap.
   */
  firstGroups(rows: Int32Array, count: number, into: Int32Array): number {
    const records = this.#rows;
    const shelves = this.#shelves;
    let lanes = 0;
    for (let at = 0; at < count; at++) {
      const record = rows[at]! * rowInts;
      if (records[record + rowInt.count]! < 2) continue;
      this.#shelfAhead[lanes] = records[record + rowInt.shelf]!;
      this.#frontAhead[lanes++] = records[record + rowInt.front]! + laneTerm.group;
    }
    for (let lane = 0; lane < lanes; lane++) {
      const terms = shelves[this.#shelfAhead[lane]!]!;
      const front = this.#frontAhead[lane]!;
      into[2 * lane] = terms[front]!;
      into[2 * lane + 1] = terms[front + termCount]!;
    }
    return 2 * lanes;
  }

  lane(row: number): Lane {
    const { workload, area, access } = this.#world.demand[row]!;
    return this.#routes.lane(workload, area, access);
  }

  /** All eligible groups, however many. */
  wholeLane(row: number): Lane {
    const { workload, area, access } = this.#world.demand[row]!;
    return this.#routes.wholeLane(workload, area, access);
  }

  #lookUp(row: number): void {
    const { stakes, terms, count, front, rest } = this.lane(row);
    let shelf = this.#shelves.lastIndexOf(terms);
    if (shelf < 1) shelf = this.#shelves.push(terms) - 1;
    const at = row * rowInts;
    this.#rows[at + rowInt.shelf] = shelf;
    this.#rows[at + rowInt.count] = count;
    this.#rows[at + rowInt.front] = front;
    this.#rows[at + rowInt.rest] = rest;
    this.#stakes[this.#rows[at + rowInt.workload]!] = stakes;
  }
}
