/**
 * Textbook queues built from the inference engine by choosing its coefficients: the engine is then the queue, up to the
 * length of one step. Times in units of the mean service time.
 */
import { Engine, RandomStream, RequestTable, type EngineCosts } from "../src/simulate/index.ts";

/** Steps per mean service time; theory is continuous, the engine is off by at most about one step. */
export const stepsPerService = 2000;

const plain: EngineCosts = {
  baseMs: 0,
  batchMs: null,
  perSequenceMs: 0,
  perContextTokenMs: 0,
  perPrefillTokenMs: 0,
  perTokenPairMs: 0,
  requestOverheadMs: 0,
  maxSequences: 1,
  maxBatchedTokens: 1 << 30,
  kvBlocks: 1 << 30,
  kvBlockTokens: 16,
  maxRequestTokens: Number.MAX_SAFE_INTEGER,
};

export interface QueueSystem {
  readonly name: string;
  readonly costs: EngineCosts;
  readonly arrivalRate: number;
  /** Service demand in mean service times. */
  readonly service: (random: RandomStream) => number;
  /** Theory, in mean service times. */
  readonly meanWait: number | null;
  readonly meanSojourn: number;
}

/** Poisson arrivals, exponential service, c servers: one seat per server and steps that cost the same however full. */
export function mmc(servers: number, load: number): QueueSystem {
  const wait = erlangC(servers, load * servers) / (servers * (1 - load));
  return {
    name: `M/M/${servers}`,
    costs: { ...plain, baseMs: 1 / stepsPerService, maxSequences: servers },
    arrivalRate: load * servers,
    service: (random) => random.exponential(),
    meanWait: wait,
    meanSojourn: wait + 1,
  };
}

/** Poisson arrivals, constant service, one server. Theory: Pollaczek and Khinchine. */
export function md1(load: number): QueueSystem {
  const wait = load / (2 * (1 - load));
  return {
    name: "M/D/1",
    costs: { ...plain, baseMs: 1 / stepsPerService },
    arrivalRate: load,
    service: () => 1,
    meanWait: wait,
    meanSojourn: wait + 1,
  };
}

/**
 * Poisson arrivals, general service (gamma with the given coefficient of variation), processor sharing: unlimited seats
 * and steps that cost one unit of work per sequence. The mean sojourn depends on the load alone.
 */
export function mg1ps(load: number, variation: number): QueueSystem {
  const quantum = 1 / stepsPerService;
  return {
    name: `M/G/1-PS, cv ${variation}`,
    costs: { ...plain, perSequenceMs: quantum, perPrefillTokenMs: quantum, maxSequences: 1 << 30 },
    arrivalRate: load,
    service: (random) => random.gamma(1 / (variation * variation)),
    meanWait: null,
    meanSojourn: 1 / (1 - load),
  };
}

function erlangC(servers: number, offered: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; k < servers; k++) {
    term *= offered / k;
    sum += term;
  }
  const last = ((term * offered) / servers) * (servers / (servers - offered));
  return last / (sum + last);
}

export interface QueueMeans {
  readonly wait: number;
  readonly sojourn: number;
}

/** Means over the requests of one replication, the first tenth left out. */
export function simulateQueue(system: QueueSystem, requests: number, seed: number): QueueMeans {
  const table = new RequestTable();
  const random = new RandomStream(seed, system.name);
  const warmUp = requests / 10;
  let counted = 0;
  let wait = 0;
  let sojourn = 0;
  const engine = new Engine(system.costs, table, {
    finished(request, time) {
      if (table.floatOf(request, "serial") >= warmUp) {
        counted++;
        wait += table.floatOf(request, "scheduledMs") - table.floatOf(request, "readyMs");
        sojourn += time - table.floatOf(request, "readyMs");
      }
      table.release(request);
    },
  });
  let now = 0;
  for (let serial = 0; serial < requests; serial++) {
    now += random.exponential() / system.arrivalRate;
    const request = table.take();
    table.setFloat(request, "serial", serial);
    table.setInt(request, "inputTokens", 1);
    table.setInt(request, "cachedTokens", 0);
    // Rounding up at random keeps the mean of the demand exact.
    table.setInt(
      request,
      "outputTokens",
      Math.max(1, Math.floor(system.service(random) * stepsPerService + random.uniform())),
    );
    table.setFloat(request, "readyMs", now);
    engine.advance(now);
    engine.enqueue(request);
  }
  engine.advance(Number.MAX_VALUE);
  return { wait: wait / counted, sojourn: sojourn / counted };
}

/** Student's t at 99 % (two-sided) for 19 degrees of freedom: 20 replications. Source: any table of the distribution. */
const t99of20 = 2.861;

export interface QueueComparison {
  readonly mean: number;
  readonly halfWidth: number;
  readonly theory: number;
  /** Whether theory lies within the interval, widened by one step for what the steps cost. */
  readonly isWithin: boolean;
}

export function compareWithTheory(values: readonly number[], theory: number): QueueComparison {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  const halfWidth = t99of20 * Math.sqrt(variance / n);
  return { mean, halfWidth, theory, isWithin: Math.abs(mean - theory) <= halfWidth + 1.5 / stepsPerService };
}

export const replications = 20;
