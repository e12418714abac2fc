import { emptyJudgement, judgePace, judgeWay, refusal, type RouteOrigin } from "./filter.ts";
import { atDistance } from "./latency.ts";
import { areaSiteKm, relationOf, servingAt, type Policy } from "./policy.ts";
import { moneyTerms } from "./score.ts";

/**
 * Every eligible (demand row, site, module), flat: the arcs of row r are positions `rowStart[r]` to `rowStart[r+1]`. What a request
 * costs there follows from its workload and these (`usdPerRequest`): there may be tens of millions of arcs, and few such prices.
 */
export interface ArcTable {
  readonly rowStart: Int32Array;
  readonly site: Int32Array;
  readonly module: Uint16Array;
  /** Position of the engine layout in the policy's `Serving.options`. */
  readonly option: Uint8Array;
  readonly perModulePerS: Float64Array;
}

/** What a request of a workload costs over an arc of one of its rows, USD. */
export function usdPerRequest(policy: Policy, table: ArcTable, workload: number, arc: number): number {
  const terms = moneyTerms(policy, workload, table.site[arc]!, table.module[arc]!, table.option[arc]!);
  return terms.egressUsd + terms.energyUsd;
}

/** Lists the arcs of every demand row. */
export function arcTable(policy: Policy): ArcTable {
  const steps = arcTableSteps(policy);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** The same area by area, for callers that have other things to hear in between; yields the share of the rows that is done. */
export function* arcTableSteps(policy: Policy): Generator<number, ArcTable> {
  const { world } = policy;
  const rowStart = new Int32Array(world.demand.length + 1);
  const columns = new Columns();
  const judgement = emptyJudgement();
  const kmOfArea = new Float64Array(world.sites.length);
  const relationOfArea = new Uint8Array(world.sites.length);
  const reaches = new Map<number, Float64Array>();
  let measuredArea = -1;
  const list = (origin: RouteOrigin): void => {
    const key = origin.workload * world.accessTypes.length + origin.access;
    let reach = reaches.get(key);
    if (!reach) reaches.set(key, (reach = reachKm(policy, origin.workload, origin.access)));
    for (let site = 0; site < kmOfArea.length; site++) {
      // Beyond reach `judge` can only answer with a latency reason; the index saves asking for each module.
      if (kmOfArea[site]! > reach[relationOfArea[site]!]!) continue;
      let isMeasured = false;
      for (let module = 0; module < world.modules.length; module++) {
        if (refusal(policy, origin, site, module) !== null) continue;
        if (!isMeasured) judgeWay(policy, origin, kmOfArea[site]!, relationOfArea[site]!, judgement);
        isMeasured = true;
        if (judgePace(policy, origin, module, judgement) !== null) continue;
        columns.push(site, module, judgement.option, judgement.perModulePerS);
      }
    }
  };
  for (const [row, origin] of world.demand.entries()) {
    if (origin.area !== measuredArea) {
      yield row / world.demand.length;
      for (let site = 0; site < kmOfArea.length; site++) {
        kmOfArea[site] = areaSiteKm(policy, origin.area, site);
        relationOfArea[site] = relationOf(policy, origin.area, site);
      }
      measuredArea = origin.area;
    }
    list(origin);
    rowStart[row + 1] = columns.length;
  }
  return { rowStart, ...columns.trimmed() };
}

/**
 * The farthest distance, km, at which the network leaves the fastest module enough of the budget, by relation. Ratios
 * are rounded up to the next grid position, so nothing eligible lies beyond.
 */
export function reachKm(policy: Policy, workload: number, access: number): Float64Array {
  const { world } = policy;
  let fastestMs = Number.POSITIVE_INFINITY;
  for (let module = 0; module < world.modules.length; module++) {
    for (const option of servingAt(policy, workload, module).options) {
      fastestMs = Math.min(fastestMs, option.unloadedTtftMs);
    }
  }
  const budgetMs = world.workloads[workload]!.ttft.budgetMs;
  const stepKm = 25;
  return Float64Array.from([0, 1, 2], (relation) => {
    const { quantileMs } = policy.latency(workload, access, relation);
    for (let km = 20_050; km >= 0; km -= stepKm) {
      if (budgetMs - atDistance(quantileMs, km) >= fastestMs) return km + stepKm;
    }
    // Nothing works on the grid, not even next door; places closer than one step may still.
    return budgetMs - atDistance(quantileMs, 0) >= fastestMs ? stepKm : -1;
  });
}

/** Columns that grow by doubling; typed so that millions of arcs stay small. What is never written takes no memory. */
class Columns {
  length = 0;
  #site = new Int32Array(1024);
  #module = new Uint16Array(1024);
  #option = new Uint8Array(1024);
  #perModulePerS = new Float64Array(1024);

  push(site: number, module: number, option: number, perModulePerS: number): void {
    if (this.length === this.#site.length) this.#grow();
    this.#site[this.length] = site;
    this.#module[this.length] = module;
    this.#option[this.length] = option;
    this.#perModulePerS[this.length] = perModulePerS;
    this.length++;
  }

  #grow(): void {
    const bigger = <T extends { set(from: T): void }>(to: T, from: T): T => (to.set(from), to);
    const size = this.length * 2;
    this.#site = bigger(new Int32Array(size), this.#site);
    this.#module = bigger(new Uint16Array(size), this.#module);
    this.#option = bigger(new Uint8Array(size), this.#option);
    this.#perModulePerS = bigger(new Float64Array(size), this.#perModulePerS);
  }

  trimmed(): Omit<ArcTable, "rowStart"> {
    return {
      site: this.#site.subarray(0, this.length),
      module: this.#module.subarray(0, this.length),
      option: this.#option.subarray(0, this.length),
      perModulePerS: this.#perModulePerS.subarray(0, this.length),
    };
  }
}
