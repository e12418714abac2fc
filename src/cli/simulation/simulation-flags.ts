import type { Command } from "commander";
import { InvalidArgumentError, Option } from "commander";
import type {
  Autoscaling,
  Burstiness,
  Conversations,
  ResponseCaching,
  RoutingRule,
  WaitingLine,
} from "../../simulate/index.ts";
import { collect, number, positive, seconds, secondsFromZero, share, wholeNumber } from "../terminal/option-values.ts";

/** As in `simulate/routing-rule.ts`; named here so that `--help` need not load the simulator. */
const ruleNames = [
  "disperse",
  "nearest",
  "round-robin",
  "least-load",
  "power-of-two",
  "prefix-hash",
  "regional-spill",
] as const satisfies readonly RoutingRule[];

/** As in `simulate/gateway-line.ts`. */
const gatewayPlaces = ["one", "country", "area"] as const satisfies readonly WaitingLine["gateways"][];

/** What `simulate` and `sweep` share on the command line. */
export interface SimulationFlags {
  readonly seconds: number;
  readonly warmUp: number;
  readonly window?: number;
  readonly startHour: number;
  readonly demand: "curve" | "peak" | "mean";
  readonly rateFactor: number;
  readonly bursty?: Burstiness;
  readonly conversations?: Conversations;
  readonly autoscale?: Partial<Autoscaling>;
  readonly answerCache?: ResponseCaching;
  readonly trace: readonly string[];
  readonly workload?: string;
  readonly traceLoop?: boolean;
  readonly traceLocalTime?: boolean;
  readonly fault: readonly string[];
  readonly faults?: string;
  readonly randomFaults: readonly string[];
  readonly snapshotInterval: number;
  readonly waitingLine?: Partial<WaitingLine> | false;
  readonly period?: string;
}

/** Adds the flags to a command. */
export function withSimulationFlags(command: Command): Command {
  return command
    .option("--period <id>", "simulate this period of the plan instead of the first")
    .option("--seconds <duration>", "simulated time, for example 600, 10min or 24h", seconds, 3600)
    .option("--warm-up <duration>", "do not count the requests of the first so many seconds", secondsFromZero, 0)
    .option("--window <duration>", "width of a time window in the result (default: 60s, wider for long spans)", seconds)
    .option("--start-hour <number>", "hour of the day (UTC) at which it begins", number, 18)
    .addOption(
      new Option("--demand <level>", "along the daily curve of every area, all at the peak, or all at the mean")
        .choices(["curve", "peak", "mean"])
        .default("curve"),
    )
    .option("--rate-factor <number>", "multiply all demand", positive, 1)
    .option("--bursty <clients,cv>", "single bursty clients: number per area and workload, variation of gaps", bursty)
    .option(
      "--conversations <turns,gap[,shared]>",
      "requests belong to conversations: mean turns, mean gap, tokens of a shared system prompt, for example 4,30s,200",
      conversations,
    )
    .option(
      "--autoscale <fields>",
      "start and stop engines with the load, for example min=20%,idle=2min,start=15s,load=3 (GB/s); on for all defaults",
      autoscale,
    )
    .option(
      "--answer-cache <distinct,zipf,entries[,workloads]>",
      "sites keep answers and give them again, for example 100000,1.0,5000",
      answerCache,
    )
    .option(
      "--trace <[workload=]file>",
      "requests from a trace (Azure CSV, Mooncake JSONL, gzipped or not) or a folder of ServeGen clients; repeatable",
      collect,
      [],
    )
    .option("--workload <id>", "workload the trace stands for")
    .option("--trace-loop", "begin a trace again when it ends before the simulated time does")
    .option("--trace-local-time", "every area lives through the trace on its own clock")
    .option("--fault <spec>", "for example site:fra@600s+300s; may be given several times", collect, [])
    .option("--faults <file>", "faults from a YAML or JSON file: a list of what --fault takes")
    .option(
      "--random-faults <spec>",
      "for example mtbf=720h,mttr=4h,each=engine,of=slow×3:tier:edge; may be given several times",
      collect,
      [],
    )
    .option(
      "--waiting-line <fields>",
      "requests that find no room wait in the gateway, as there, for example places=2000,patience=1s,gateways=country; off: at the engines",
      waitingLine,
    )
    .option("--snapshot-interval <ms>", "how often engines report their load, ms; 0 = always known", wholeNumber, 250);
}

/** Names of routing rules separated by commas; `all` for every one. */
export function parseRules(text: string): readonly RoutingRule[] {
  if (text === "all") return ruleNames;
  return text.split(",").map((name) => {
    const rule = ruleNames.find((entry) => entry === name.trim());
    if (rule === undefined) throw new InvalidArgumentError(`There is no rule "${name}": ${ruleNames.join(", ")}.`);
    return rule;
  });
}

/** The one rule of a simulation. */
export function ruleOption(): Option {
  return new Option("--rule <name>", "how requests find their engine: the policy itself or a rival to compare with")
    .choices(ruleNames)
    .default("disperse");
}

function bursty(text: string): Burstiness {
  const [clients, variation, ...rest] = text.split(",").map(Number);
  if (rest.length > 0 || !Number.isInteger(clients) || !(clients! >= 1) || !(variation! > 0)) {
    throw new InvalidArgumentError("Write the number of clients and the coefficient of variation, for example 10,4.");
  }
  return { clientsPerRow: clients!, gapVariation: variation! };
}

function conversations(text: string): Conversations {
  const [turns = "", gap = "", shared = "0", ...workloads] = text.split(",");
  const gapS = /^[\d.]+\s*(s|min|h)?$/.test(gap) ? seconds(gap) : Number.NaN;
  if (!(Number(turns) >= 1) || !(gapS > 0) || !/^\d+$/.test(shared)) {
    throw new InvalidArgumentError("Write mean turns, mean gap and shared tokens, for example 4,30s,200.");
  }
  return { turns: Number(turns), gapS, sharedTokens: Number(shared), ...(workloads.length > 0 ? { workloads } : {}) };
}

function autoscale(text: string): Partial<Autoscaling> {
  if (text === "on") return {};
  const fields: Record<string, number> = {};
  for (const part of text.split(",")) {
    const [name = "", value = ""] = part.split("=");
    const known = autoscaleFields[name.trim()];
    if (known === undefined) {
      throw new InvalidArgumentError(`There is no field "${name}": ${Object.keys(autoscaleFields).join(", ")}.`);
    }
    fields[known.option] = known.read(value);
  }
  return fields;
}

const autoscaleFields: Readonly<Record<string, { option: keyof Autoscaling; read: (text: string) => number }>> = {
  min: { option: "minRatio", read: share },
  every: { option: "intervalS", read: seconds },
  idle: { option: "idleS", read: seconds },
  headroom: { option: "headroomRatio", read: positive },
  start: { option: "startS", read: secondsFromZero },
  load: { option: "loadGBps", read: positive },
};

function waitingLine(text: string): Partial<WaitingLine> | false {
  if (text === "off") return false;
  const fields: { -readonly [field in keyof WaitingLine]?: WaitingLine[field] } = {};
  for (const part of text.split(",")) {
    const [name = "", value = ""] = part.split("=");
    if (name.trim() === "places") fields.maxQueued = wholeNumber(value);
    else if (name.trim() === "patience") fields.patienceMs = 1000 * secondsFromZero(value);
    else if (name.trim() === "gateways") fields.gateways = gatewaysOf(value);
    else throw new InvalidArgumentError(`There is no field "${name}": places, patience, gateways; or off.`);
  }
  return fields;
}

function gatewaysOf(value: string): (typeof gatewayPlaces)[number] {
  const place = gatewayPlaces.find((name) => name === value.trim());
  if (place === undefined)
    throw new InvalidArgumentError(`gateways is one of ${gatewayPlaces.join(", ")}, not "${value}".`);
  return place;
}

function answerCache(text: string): ResponseCaching {
  const [distinct, zipf, entries, ...workloads] = text.split(",");
  const numbers = [distinct, zipf, entries].map((part) => (part?.trim() ? Number(part) : Number.NaN));
  if (numbers.some((value) => Number.isNaN(value))) {
    throw new InvalidArgumentError(
      "Write distinct questions, Zipf exponent and entries per site, for example 100000,1.0,5000.",
    );
  }
  return {
    distinct: numbers[0]!,
    zipf: numbers[1]!,
    entries: numbers[2]!,
    hitMs: 1,
    ...(workloads.length > 0 ? { workloads } : {}),
  };
}
