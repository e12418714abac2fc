import type { World } from "../../catalog/index.ts";
import { reportTimes, type Deployment } from "../../route/index.ts";
import type { Burstiness } from "../arrival/arrivals-clients.ts";
import type { Autoscaling } from "../engine/autoscaler.ts";
import type { ClientProfile } from "../trace/client-profiles.ts";
import type { TraceWindow } from "../measure/chrome-trace.ts";
import type { Conversations } from "../arrival/conversations.ts";
import type { DemandLevel } from "../chance/demand-rate.ts";
import type { Fault } from "../fault/fault.ts";
import type { RandomFaults } from "../fault/random-faults.ts";
import type { ResponseCaching } from "../mesh/response-caches.ts";
import { defaultWaitingLine, gatewayPlaces, type WaitingLine } from "../mesh/gateway-line.ts";
import type { RoutingRule } from "../mesh/routing-rule.ts";
import type { Trace } from "../trace/trace.ts";

export interface SimulationOptions {
  /** The same seed gives the same result, whatever the machine and however the run is sliced. */
  readonly seed: number;
  readonly durationS: number;
  /** Requests sent in the first so many seconds of the span are simulated but not counted: engines begin empty. */
  readonly warmUpS: number;
  /** UTC hour at which the simulation starts, 0 to 24; decides where it is evening. */
  readonly startHourUtc: number;
  /** Multiplies all demand. */
  readonly rateFactor: number;
  readonly demand: DemandLevel;
  /** Whether requests come from single, bursty clients; null = as one Poisson stream per demand row. */
  readonly burstiness: Burstiness | null;
  /** Whether requests belong to conversations, whose turns share their beginnings; null = each stands alone. */
  readonly conversations: Conversations | null;
  /** Whether engines are started and stopped with the load; null = all that are planned are always up. */
  readonly autoscaling: Autoscaling | null;
  /** Whether sites keep answers and give them again; null = every request needs an engine. */
  readonly responseCaching: ResponseCaching | null;
  /** How the site of a request is found; `disperse` is the policy of `route`, the others are there to compare. */
  readonly rule: RoutingRule;
  /** How requests wait that find no room; null = they go to an engine at once and wait there, as under every rival rule. */
  readonly waitingLine: WaitingLine | null;
  /** How often engines report their load to the policy, ms (0 = at every decision), and when a report is too old. */
  readonly snapshotIntervalMs: number;
  readonly snapshotMaxAgeMs: number;
  /** How long the mesh takes to miss the heartbeats of a dead site, ms. */
  readonly failureNoticeMs: number;
  /** How long a client waits for a site that does not answer, ms. */
  readonly connectTimeoutMs: number;
  /** Sites a request may be sent to before it is given up. */
  readonly maxAttempts: number;
  readonly faults: readonly Fault[];
  readonly randomFaults: RandomFaults | readonly RandomFaults[] | null;
  /** Width of a time window in the result, s. */
  readonly windowS: number;
  /** Whether the result has attainment by area and hour. */
  readonly byAreaHour: boolean;
  /** Whether the result has attainment by site and window. */
  readonly bySiteWindow: boolean;
  /** Relative error of all quantiles. */
  readonly quantileError: number;
  /** Requests whose stages `Simulation.chromeTrace` returns; null = none. */
  readonly traceWindow: TraceWindow | null;
}

/** Recorded requests, or requests of measured clients, in place of the random ones of a workload. */
export interface TraceInput {
  readonly source: Trace | readonly ClientProfile[];
  /** Position in `World.workloads`. */
  readonly workload: number;
  /** Whether a trace that is shorter than the span begins again (clients always do). */
  readonly loop?: boolean;
  /** Whether every area lives through it on its own clock. */
  readonly byTimeZone?: boolean;
}

export interface SimulationInput {
  readonly world: World;
  readonly deployment: Deployment;
  readonly options?: Partial<SimulationOptions>;
  /** At most one for each workload. */
  readonly traces?: readonly TraceInput[];
}

export const defaultSimulationOptions: SimulationOptions = {
  seed: 1,
  durationS: 3600,
  warmUpS: 0,
  startHourUtc: 18,
  rateFactor: 1,
  demand: "curve",
  burstiness: null,
  conversations: null,
  autoscaling: null,
  responseCaching: null,
  rule: "disperse",
  waitingLine: defaultWaitingLine,
  // As the gateways of a mesh do.
  snapshotIntervalMs: reportTimes.reportMs,
  snapshotMaxAgeMs: reportTimes.unknownAfterMs,
  failureNoticeMs: reportTimes.suspectAfterMs,
  connectTimeoutMs: 250,
  maxAttempts: 3,
  faults: [],
  randomFaults: null,
  windowS: 60,
  byAreaHour: false,
  bySiteWindow: false,
  quantileError: 0.005,
  traceWindow: null,
};

/** Every window keeps measures of its own for each workload and site. */
const mostWindows = 1_000_000;

/** Fills in defaults and refuses values that would make a result meaningless. */
export function completeOptions(given: Partial<SimulationOptions> = {}): SimulationOptions {
  const asked = { ...defaultSimulationOptions, ...given };
  // The line belongs to the gateway that decides by the policy; rivals stand for what has none.
  const options: SimulationOptions = asked.rule === "disperse" ? asked : { ...asked, waitingLine: null };
  const rules: readonly [keyof SimulationOptions, boolean, string][] = [
    ["seed", Number.isSafeInteger(options.seed), "must be a whole number"],
    ["durationS", isAbove(options.durationS, 0), "must be above 0 s"],
    [
      "warmUpS",
      isAtLeast(options.warmUpS, 0) && options.warmUpS < options.durationS,
      "must be at least 0 s and end before the span does",
    ],
    ["startHourUtc", isAtLeast(options.startHourUtc, 0) && options.startHourUtc <= 24, "must lie between 0 and 24"],
    ["rateFactor", isAtLeast(options.rateFactor, 0), "must be at least 0"],
    ["snapshotIntervalMs", isAtLeast(options.snapshotIntervalMs, 0), "must be at least 0 ms"],
    ["snapshotMaxAgeMs", isAtLeast(options.snapshotMaxAgeMs, 0), "must be at least 0 ms"],
    ["failureNoticeMs", isAtLeast(options.failureNoticeMs, 0), "must be at least 0 ms"],
    ["connectTimeoutMs", isAtLeast(options.connectTimeoutMs, 0), "must be at least 0 ms"],
    ["maxAttempts", Number.isInteger(options.maxAttempts) && options.maxAttempts >= 1, "must be at least 1"],
    ["windowS", isAbove(options.windowS, 0), "must be above 0 s"],
    ["quantileError", isAbove(options.quantileError, 0) && options.quantileError < 0.5, "must lie between 0 and 0.5"],
  ];
  for (const [name, ok, demand] of rules) {
    if (!ok) throw new RangeError(`simulation option ${name} ${demand}, not ${JSON.stringify(options[name])}`);
  }
  if (options.durationS / options.windowS > mostWindows) {
    const leastS = Math.ceil(options.durationS / mostWindows);
    throw new RangeError(`simulation option windowS would make more than ${mostWindows} windows: ${leastS} s at least`);
  }
  const { burstiness } = options;
  if (burstiness !== null) {
    const isCount = Number.isInteger(burstiness.clientsPerRow) && burstiness.clientsPerRow >= 1;
    if (!isCount) throw new RangeError("burstiness.clientsPerRow must be at least 1");
    if (!isAbove(burstiness.gapVariation, 0)) throw new RangeError("burstiness.gapVariation must be above 0");
  }
  const { autoscaling, responseCaching } = options;
  if (autoscaling !== null) {
    const { minRatio, intervalS, idleS, headroomRatio, startS, loadGBps } = autoscaling;
    const isRatio = isAtLeast(minRatio, 0) && minRatio <= 1 && isAbove(headroomRatio, 0);
    if (!isRatio) throw new RangeError("autoscaling.minRatio must lie between 0 and 1, headroomRatio above 0");
    if (!isAbove(intervalS, 0) || !isAtLeast(idleS, 0) || !isAtLeast(startS, 0) || !isAbove(loadGBps, 0)) {
      throw new RangeError("autoscaling needs an interval and a load rate above 0, and times of at least 0 s");
    }
  }
  if (responseCaching !== null) {
    const { distinct, zipf, entries, hitMs } = responseCaching;
    const isCount = Number.isInteger(distinct) && distinct >= 1 && distinct <= 10_000_000 && isAtLeast(entries, 1);
    if (!isCount) throw new RangeError("responseCaching needs 1 to 10 million distinct questions and at least 1 entry");
    if (!isAtLeast(zipf, 0) || !isAtLeast(hitMs, 0))
      throw new RangeError("responseCaching.zipf and hitMs must be at least 0");
  }
  if (options.waitingLine !== null) {
    const { maxQueued, patienceMs, gateways = "one" } = options.waitingLine;
    if (!Number.isSafeInteger(maxQueued) || maxQueued < 0 || !isAtLeast(patienceMs, 0))
      throw new RangeError(
        "simulation option waitingLine needs a whole number of places from 0 on and a patience of at least 0 ms",
      );
    if (!gatewayPlaces.includes(gateways))
      throw new RangeError(`simulation option waitingLine needs gateways: ${gatewayPlaces.join(", ")}`);
  }
  const { conversations } = options;
  if (conversations !== null) {
    const isTalk = isAtLeast(conversations.turns, 1) && isAbove(conversations.gapS, 0);
    if (!isTalk) throw new RangeError("conversations need at least 1 turn and a gap above 0 s");
    if (!isAtLeast(conversations.sharedTokens, 0))
      throw new RangeError("conversations.sharedTokens must be at least 0");
  }
  for (const fault of options.faults) {
    const isSpan = isAtLeast(fault.fromS, 0) && (fault.toS === undefined || fault.toS > fault.fromS);
    if (!isSpan) throw new RangeError(`fault ${fault.kind} must start at 0 s or later and end after it starts`);
    if ("factor" in fault && !isAbove(fault.factor, 0))
      throw new RangeError(`fault ${fault.kind} needs a factor above 0`);
  }
  for (const random of [options.randomFaults ?? []].flat()) {
    const { meanHoursBetweenFailures, meanHoursToRepair, factor = 2 } = random;
    const isSensible = [meanHoursBetweenFailures, meanHoursToRepair, factor].every((value) => isAbove(value, 0));
    if (!isSensible) throw new RangeError("random faults need mean times and a factor above 0");
  }
  return options;
}

function isAbove(value: number, bound: number): boolean {
  return value > bound && value < Number.POSITIVE_INFINITY;
}

function isAtLeast(value: number, bound: number): boolean {
  return value === bound || isAbove(value, bound);
}
