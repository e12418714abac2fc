/**
 * Readers of published facility-location files, each turned into the planner's own problem: a facility is a site with one
 * pool of at most one module that carries the whole facility; a customer is a demand row that must be served.
 */
import type { PlanProblem } from "../src/plan/index.ts";

export interface LocationInstance {
  readonly name: string;
  readonly problem: PlanProblem;
}

/** What is wrong with a file, in words: shown to the user as it is. */
export class LocationFileFault extends Error {}

/** It holds another count of numbers than a file of its kind would. */
export class LocationSizeFault extends LocationFileFault {}

/** Beyond this a sum of costs loses its last dollar. */
const largest = 1e15;

function numbersOf(name: string, text: string): number[] {
  return text
    .split(/\s+/)
    .filter((token) => token !== "")
    .map((token, i) => {
      const value = Number(token);
      const shown = token.length > 20 ? `${token.slice(0, 20)}…` : token;
      if (Math.abs(value) > largest)
        throw new LocationFileFault(`${name}: number ${i + 1} is ${shown}, too large to be computed with`);
      if (Number.isFinite(value)) return value;
      throw new LocationFileFault(`${name}: number ${i + 1} reads "${shown}", which is no number`);
    });
}

/** More arcs than this are no published instance but a broken header. */
const mostArcs = 2e7;

/** The sizes at the head of a file, and that the file is as long as they say. */
function requireSize(
  name: string,
  what: string,
  sizes: readonly (number | undefined)[],
  expected: number,
  found: number,
): void {
  if (found === 0) throw new LocationSizeFault(`${name}: the file is empty`);
  for (const size of sizes) {
    if (size === undefined || !Number.isInteger(size) || size < 1) {
      throw new LocationSizeFault(`${name}: the file must begin with ${what}, whole numbers of at least 1`);
    }
  }
  if (!(expected <= mostArcs))
    throw new LocationSizeFault(`${name}: ${what} ask for ${expected} numbers; is the header right?`);
  if (found < expected)
    throw new LocationSizeFault(`${name}: ${expected} numbers expected, ${found} found; the file was cut`);
  if (found > expected) {
    throw new LocationSizeFault(
      `${name}: ${expected} numbers expected, ${found} found; it may be a file of another kind`,
    );
  }
}

function requireSigns(name: string, what: string, values: ArrayLike<number>, above: boolean): void {
  for (let i = 0; i < values.length; i++) {
    if (above ? values[i]! > 0 : values[i]! >= 0) continue;
    throw new LocationFileFault(
      `${name}: ${what} ${i + 1} is ${values[i]}; it must be ${above ? "above" : "at least"} 0`,
    );
  }
}

interface FacilityData {
  readonly name: string;
  readonly sites: number;
  readonly customers: number;
  readonly capacity: ArrayLike<number>;
  readonly fixed: ArrayLike<number>;
  readonly demand: ArrayLike<number>;
  /** Cost of serving all of a customer from a site. */
  cost(site: number, customer: number): number;
  readonly maxSites?: number;
}

/** Share of a site that a customer without demand takes: what counts as something, and no more. */
const leastLoad = 1e-8;

/** Every customer has an arc to every site; leaving all of one unserved costs more than any plan (parts of one: `serve-everyone.ts`). */
function facilityProblem(data: FacilityData): PlanProblem {
  const { name, sites, customers } = data;
  requireSigns(name, "the capacity of site", data.capacity, true);
  requireSigns(name, "the fixed cost of site", data.fixed, false);
  requireSigns(name, "the demand of customer", data.demand, false);
  const total = (values: ArrayLike<number>): number => Array.from(values).reduce((sum, value) => sum + value, 0);
  const [asked, there] = [total(data.demand), total(data.capacity)];
  if (asked > there * (1 + 1e-9)) {
    throw new LocationFileFault(
      `${name}: the customers ask for ${asked}, all sites together carry ${there}; there is no solution`,
    );
  }
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
      // Who asks for nothing still needs an open site.
      load[arc] = Math.max(data.demand[customer]! / data.capacity[site]!, leastLoad);
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
  const inName = (/[_-](\d+)/.exec(name) ?? /(\d{3,})$/.exec(name))?.[1];
  if (text.includes("capacity") && inName === undefined) {
    throw new LocationFileFault(
      `${name}: the file says "capacity" where a number should be; name it by the number, for example capa_8000.txt`,
    );
  }
  const values = numbersOf(name, text.replaceAll("capacity", inName ?? ""));
  const [sitesSaid = 0, customersSaid = 0] = values;
  const expected = 2 + 2 * sitesSaid + customersSaid * (1 + sitesSaid);
  requireSize(name, "the numbers of sites and customers", values.slice(0, 2), expected, values.length);
  let at = 0;
  const next = (): number => {
    const value = values[at++];
    if (value === undefined) throw new LocationFileFault(`${name}: number ${at} is missing`);
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
      name,
      sites,
      customers,
      capacity,
      fixed,
      demand,
      cost: (site, customer) => costs[site * customers + customer]!,
    }),
  };
}

/**
 * The reader for a facility file whose name says nothing. With as many sites as customers both kinds hold as many numbers; then
 * lines tell: OR-Library has a line of two numbers for every site.
 */
export function usualReader(name: string, text: string): (name: string, text: string) => LocationInstance {
  const lines = text.split("\n").map((line) => line.trim().split(/\s+/));
  const [head = [], ...rest] = lines.filter(([first]) => first !== "");
  const isSquare = head.length === 2 && head[0] === head[1];
  if (!isSquare || name.startsWith("cap") || text.includes("capacity")) return readOrLibrary;
  return rest.slice(0, Number(head[0])).every((line) => line.length === 2) ? readOrLibrary : readTestBed;
}

/** TBED1: customers, sites, demands, capacities, fixed costs, then unit costs site by site. */
export function readTestBed(name: string, text: string): LocationInstance {
  const values = numbersOf(name, text);
  const [customers = 0, sites = 0] = values;
  const expected = 2 + customers + 2 * sites + sites * customers;
  requireSize(name, "the numbers of customers and sites", values.slice(0, 2), expected, values.length);
  const demand = values.slice(2, 2 + customers);
  const capacity = values.slice(2 + customers, 2 + customers + sites);
  const fixed = values.slice(2 + customers + sites, 2 + customers + 2 * sites);
  const first = 2 + customers + 2 * sites;
  return {
    name,
    problem: facilityProblem({
      name,
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
  const values = numbersOf(name, text);
  const [vertices = 0, edges = 0, medians = 0] = values;
  requireSize(name, "the numbers of vertices, edges and medians", values.slice(0, 3), 3 + 3 * edges, values.length);
  if (vertices ** 2 > mostArcs || medians > vertices) {
    throw new LocationFileFault(
      `${name}: ${medians} medians among ${vertices} vertices cannot be; is the header right?`,
    );
  }
  const distance = new Float64Array(vertices * vertices).fill(Infinity);
  for (let vertex = 0; vertex < vertices; vertex++) distance[vertex * vertices + vertex] = 0;
  for (let edge = 0; edge < edges; edge++) {
    const from = values[3 + edge * 3]! - 1;
    const to = values[4 + edge * 3]! - 1;
    if (!(from >= 0 && from < vertices && to >= 0 && to < vertices && values[5 + edge * 3]! >= 0)) {
      throw new LocationFileFault(
        `${name}: edge ${edge + 1} is ${values.slice(3 + edge * 3, 6 + edge * 3).join(" ")}; two vertices and a length expected`,
      );
    }
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
  if (distance.includes(Infinity))
    throw new LocationFileFault(`${name}: not every vertex can be reached from every other`);
  return {
    name,
    problem: facilityProblem({
      name,
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
