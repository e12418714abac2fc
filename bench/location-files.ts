/**
 * Readers of published facility-location files, each turned into the planner's own problem: a facility is a site with one
 * pool of at most one module that carries the whole facility; a customer is a demand row that must be served.
 */
import type { PlanProblem } from "../src/plan/index.ts";

export interface LocationInstance {
  readonly name: string;
  readonly problem: PlanProblem;
}

function numbersOf(text: string): number[] {
  return text
    .split(/\s+/)
    .filter((token) => token !== "")
    .map(Number);
}

interface FacilityData {
  readonly sites: number;
  readonly customers: number;
  readonly capacity: ArrayLike<number>;
  readonly fixed: ArrayLike<number>;
  readonly demand: ArrayLike<number>;
  /** Cost of serving all of a customer from a site. */
  cost(site: number, customer: number): number;
  readonly maxSites?: number;
}

/** Every customer has an arc to every site; leaving one unserved costs more than any plan, so no optimum does. */
function facilityProblem(data: FacilityData): PlanProblem {
  const { sites, customers } = data;
  const arcs = sites * customers;
  const usd = new Float64Array(arcs);
  const load = new Float64Array(arcs);
  const pool = new Int32Array(arcs);
  const dearest = new Float64Array(customers);
  for (let customer = 0; customer < customers; customer++) {
    for (let site = 0; site < sites; site++) {
      const arc = customer * sites + site;
      pool[arc] = site;
      usd[arc] = data.cost(site, customer);
      load[arc] = data.demand[customer]! / data.capacity[site]!;
      dearest[customer] = Math.max(dearest[customer]!, usd[arc]!);
    }
  }
  let allFixed = 0;
  for (let site = 0; site < sites; site++) allFixed += data.fixed[site]!;
  const limited = data.maxSites !== undefined;
  const everySite = Int32Array.from({ length: sites }, (_, site) => site);
  return {
    rows: {
      count: customers,
      unservedUsd: dearest.map((value) => value + allFixed + 1),
      gbps: new Float64Array(customers),
    },
    arcs: { starts: Int32Array.from({ length: customers + 1 }, (_, customer) => customer * sites), pool, usd, load },
    pools: {
      count: sites,
      site: everySite,
      usd: Float64Array.from(data.fixed),
      kw: new Float64Array(sites),
      minCount: new Float64Array(sites),
      maxCount: new Float64Array(sites).fill(1),
    },
    sites: {
      count: sites,
      usd: new Float64Array(sites),
      kw: new Float64Array(sites).fill(Infinity),
      gbps: new Float64Array(sites).fill(Infinity),
      forced: new Uint8Array(sites),
    },
    limits: limited
      ? [
          {
            name: "most sites",
            upper: data.maxSites ?? 0,
            sites: new Int32Array(0),
            siteWeights: new Float64Array(0),
            pools: everySite,
            poolWeights: new Float64Array(sites).fill(1),
          },
        ]
      : [],
  };
}

/**
 * OR-Library CFLP: `sites customers`, then capacity and fixed cost per site, then per customer its demand and the cost of
 * serving it whole from each site. In capa, capb and capc the token `capacity` stands for the number in the name.
 */
export function readOrLibrary(name: string, text: string): LocationInstance {
  const inName = /_(\d+)/.exec(name)?.[1];
  const values = numbersOf(text.replaceAll("capacity", inName ?? "capacity"));
  let at = 0;
  const next = (): number => {
    const value = values[at++];
    if (value === undefined || !Number.isFinite(value))
      throw new Error(`${name}: number ${at} is missing or not a number`);
    return value;
  };
  const sites = next();
  const customers = next();
  const capacity: number[] = [];
  const fixed: number[] = [];
  for (let site = 0; site < sites; site++) {
    capacity.push(next());
    fixed.push(next());
  }
  const demand: number[] = [];
  const costs = new Float64Array(sites * customers);
  for (let customer = 0; customer < customers; customer++) {
    demand.push(next());
    for (let site = 0; site < sites; site++) costs[site * customers + customer] = next();
  }
  return {
    name,
    problem: facilityProblem({
      sites,
      customers,
      capacity,
      fixed,
      demand,
      cost: (site, customer) => costs[site * customers + customer]!,
    }),
  };
}

/** TBED1: customers, sites, demands, capacities, fixed costs, then unit costs site by site. */
export function readTestBed(name: string, text: string): LocationInstance {
  const values = numbersOf(text);
  const [customers = 0, sites = 0] = values;
  const expected = 2 + customers + 2 * sites + sites * customers;
  if (values.length < expected) throw new Error(`${name}: ${expected} numbers expected, ${values.length} found`);
  const demand = values.slice(2, 2 + customers);
  const capacity = values.slice(2 + customers, 2 + customers + sites);
  const fixed = values.slice(2 + customers + sites, 2 + customers + 2 * sites);
  const first = 2 + customers + 2 * sites;
  return {
    name,
    problem: facilityProblem({
      sites,
      customers,
      capacity,
      fixed,
      demand,
      cost: (site, customer) => values[first + site * customers + customer]! * demand[customer]!,
    }),
  };
}

/** OR-Library p-median: `vertices edges p`, then edges with lengths; distances are shortest paths. */
export function readMedian(name: string, text: string): LocationInstance {
  const values = numbersOf(text);
  const [vertices = 0, edges = 0, medians = 0] = values;
  const distance = new Float64Array(vertices * vertices).fill(Infinity);
  for (let vertex = 0; vertex < vertices; vertex++) distance[vertex * vertices + vertex] = 0;
  for (let edge = 0; edge < edges; edge++) {
    const from = values[3 + edge * 3]! - 1;
    const to = values[4 + edge * 3]! - 1;
    // Where a pair is listed twice the last length counts: that is how the published optima were obtained.
    distance[from * vertices + to] = values[5 + edge * 3]!;
    distance[to * vertices + from] = values[5 + edge * 3]!;
  }
  for (let via = 0; via < vertices; via++) {
    for (let from = 0; from < vertices; from++) {
      const first = distance[from * vertices + via]!;
      if (first === Infinity) continue;
      for (let to = 0; to < vertices; to++) {
        const length = first + distance[via * vertices + to]!;
        if (length < distance[from * vertices + to]!) distance[from * vertices + to] = length;
      }
    }
  }
  return {
    name,
    problem: facilityProblem({
      sites: vertices,
      customers: vertices,
      capacity: new Float64Array(vertices).fill(vertices),
      fixed: new Float64Array(vertices),
      demand: new Float64Array(vertices).fill(1),
      cost: (site, customer) => distance[site * vertices + customer]!,
      maxSites: medians,
    }),
  };
}
