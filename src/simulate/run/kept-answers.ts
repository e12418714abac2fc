import type { World } from "../../catalog/index.ts";
import type { Routes } from "../../route/index.ts";
import type { Callers } from "../arrival/callers.ts";
import type { Fleet } from "../engine/fleet.ts";
import * as requestRecords from "../engine/request-records.ts";
import type { RequestTable } from "../engine/request-table.ts";
import type { Isolation } from "../fault/isolation.ts";
import type { SiteLinks } from "../fault/site-links.ts";
import { readAnswered } from "../measure/completed-request.ts";
import type { FinishedBatch } from "../measure/finished-batch.ts";
import type { Measures } from "../measure/measures.ts";
import type { ResidencyAudit } from "../measure/residency-audit.ts";
import { nearestOf, sampleRtt } from "../mesh/lane-reading.ts";
import * as packedPlaces from "../mesh/packed-places.ts";
import type { ResponseCaches } from "../mesh/response-caches.ts";
import type { RowLanes } from "../mesh/row-lanes.ts";

// Of this module, so that they are constants to the compiler: what is imported is fetched and checked at every use.
const { groupFloat, groupSize, rowInt, rowInts } = packedPlaces;
const { requestFloat, requestInt, requestInts, requestSize } = requestRecords;

/** What answers are kept in, and what of the simulation has to know of a request that one serves. */
export interface AnswerParts {
  readonly caches: ResponseCaches;
  readonly world: World;
  readonly routes: Routes;
  readonly table: RequestTable;
  /** See `packRows` and `packGroups`. */
  readonly rows: Int32Array;
  readonly groups: Float64Array;
  readonly lanes: RowLanes;
  readonly fleet: Fleet;
  readonly isolation: Isolation;
  readonly links: SiteLinks;
  readonly audit: ResidencyAudit;
  readonly measures: Measures;
  readonly finished: FinishedBatch;
  /** Null where no workload names its callers. */
  readonly callers: Callers | null;
}

/** Answers that sites keep: a request whose answer the nearest site has needs no engine. */
export class KeptAnswers {
  readonly #caches: ResponseCaches;
  readonly #world: World;
  readonly #routes: Routes;
  readonly #table: RequestTable;
  readonly #rows: Int32Array;
  readonly #groups: Float64Array;
  readonly #lanes: RowLanes;
  readonly #fleet: Fleet;
  readonly #isolation: Isolation;
  readonly #links: SiteLinks;
  readonly #audit: ResidencyAudit;
  readonly #measures: Measures;
  readonly #finished: FinishedBatch;
  readonly #callers: Callers | null;
  /** What each request in flight asks, by slot; -1 where answers are not kept. */
  readonly #questionOf: number[] = [];

  constructor(parts: AnswerParts) {
    this.#caches = parts.caches;
    this.#world = parts.world;
    this.#routes = parts.routes;
    this.#table = parts.table;
    this.#rows = parts.rows;
    this.#groups = parts.groups;
    this.#lanes = parts.lanes;
    this.#fleet = parts.fleet;
    this.#isolation = parts.isolation;
    this.#links = parts.links;
    this.#audit = parts.audit;
    this.#measures = parts.measures;
    this.#finished = parts.finished;
    this.#callers = parts.callers;
  }

  /** Whether the nearest site that may serve the request has its answer; then it is answered and done. */
  answers(request: number, nowMs: number): boolean {
    const answers = this.#caches;
    const table = this.#table;
    const row = table.int[request * requestInts + requestInt.row]!;
    const workload = this.#rows[row * rowInts + rowInt.workload]!;
    const question = answers.questionOf(table.float[request * requestSize + requestFloat.serial]!, workload);
    this.#questionOf[request] = question;
    if (question < 0) return false;
    const lane = this.#lanes.lane(row);
    const position = nearestOf(lane);
    if (position < 0) return false;
    const groupIndex = lane.group[position]!;
    const { site } = this.#routes.groups[groupIndex]!;
    if (!this.#isThere(groupIndex, row) || !answers.has(site, question)) return false;
    if (!this.#audit.allows(this.#rows[row * rowInts + rowInt.auditOrigin]!, site))
      this.#measures.residencyViolations++;
    const { requestBytes, responseBytes } = this.#world.workloads[workload]!;
    const rttMs =
      sampleRtt(lane, groupIndex, table.float[request * requestSize + requestFloat.networkDraw]!) *
      this.#links.factorOf(site);
    const portMs = this.#links.receiveMs(site, requestBytes, nowMs) + this.#links.sendMs(site, responseBytes, nowMs);
    const out = this.#finished;
    const at = out.size;
    out.row[at] = row;
    out.workload[at] = workload;
    out.stream[at] = table.int[request * requestInts + requestInt.stream]!;
    out.tier[at] = this.#groups[groupIndex * groupSize + groupFloat.tier]!;
    out.site[at] = site;
    out.group[at] = -1;
    readAnswered(table, request, rttMs + answers.hitMs + portMs, out);
    if (this.#callers !== null) out.caller[at] = this.#callers.kindOf(request);
    out.addRead();
    table.release(request);
    return true;
  }

  /** The answer is kept where the user would look for it first, if that site may have it and is there to take it. */
  keep(request: number, row: number): void {
    const question = this.#questionOf[request]!;
    const lane = this.#lanes.lane(row);
    const position = question < 0 ? -1 : nearestOf(lane);
    if (position < 0) return;
    const groupIndex = lane.group[position]!;
    if (this.#isThere(groupIndex, row)) this.#caches.keep(this.#routes.groups[groupIndex]!.site, question);
  }

  /** Whether the site of a group is up and within reach of a row's users. */
  #isThere(groupIndex: number, row: number): boolean {
    const { site, firstReplica } = this.#routes.groups[groupIndex]!;
    const isolation = this.#isolation;
    const isReachable = !isolation.isActive || isolation.isReachable(this.#rows[row * rowInts + rowInt.area]!, site);
    return isReachable && this.#fleet.isUp(firstReplica);
  }

  /** The site has crashed. */
  clear(site: number): void {
    this.#caches.clear(site);
  }
}
