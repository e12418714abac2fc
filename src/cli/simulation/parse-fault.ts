import { tiers, type Tier, type World } from "../../catalog/index.ts";
import { faultUnits, type Fault, type FaultScope, type FaultUnit, type RandomFaults } from "../../simulate/index.ts";
import { CommandFailure, exitCodes } from "../terminal/exit-codes.ts";

const kinds = "down|recall|drain|slow|stale|link|cut|control|crowd";
const dimensions = "site|tier|country|module|zone|pool|engine|area|workload";
const form = `[${kinds.replace("slow", "slow×2").replace("link", "link×4").replace("crowd", "crowd×3")}:]site|tier|country|module|zone|pool|engine:NAME@FROM+LENGTH`;
const withFactor = ["slow", "link", "crowd"];

type Kind = Fault["kind"];

/** `kind[×factor]:scope:NAME`, and `all` for everything. */
const scopePattern = new RegExp(`^(?:(${kinds})(?:[x×]([\\d.]+))?:)?(?:(${dimensions}):(.+)|(all))$`);
const timePattern = /^(.*)@([\d.]+)(s|min|h)?(?:\+([\d.]+)(s|min|h)?)?$/;
const unitSeconds = { s: 1, min: 60, h: 3600 } as const;

/** Reads `site:fra@600s+300s`, `tier:edge@0s`, `slow×3:country:DE@1min+60s`, `cut:site:ber@5min`, `engine:ber/l4#0@10s`. */
export function parseFault(spec: string, world: World, option = "--fault"): Fault {
  const timed = timePattern.exec(spec);
  const scoped = timed && scopePattern.exec(timed[1]!);
  if (!timed || !scoped) {
    throw new CommandFailure(
      exitCodes.invalid,
      `${option}: "${spec}" is not understood. Write ${form}, for example site:${world.sites[0]?.id ?? "fra"}@600s+300s.`,
    );
  }
  const seconds = (value: string, unit: string | undefined): number =>
    Number(value) * unitSeconds[(unit ?? "s") as keyof typeof unitSeconds];
  const fromS = seconds(timed[2]!, timed[3]);
  const span = { fromS, ...(timed[4] === undefined ? {} : { toS: fromS + seconds(timed[4], timed[5]) }) };
  return { ...what(scoped, spec, world, option), ...span };
}

/** Reads `mtbf=720h,mttr=4h[,each=engine][,of=slow×3:tier:edge]`: faults at random. */
export function parseRandomFaults(spec: string, world: World): RandomFaults {
  const option = "--random-faults";
  const refuse = (why: string) => new CommandFailure(exitCodes.invalid, `${option}: "${spec}": ${why}`);
  const fields = new Map(
    spec.split(",").map((part) => {
      const [name = "", ...rest] = part.split("=");
      return [name.trim(), rest.join("=").trim()] as const;
    }),
  );
  const hours = (name: string): number => {
    const match = /^([\d.]+)\s*(s|min|h|d)$/.exec(fields.get(name) ?? "");
    const value = match ? (Number(match[1]) * { s: 1, min: 60, h: 3600, d: 86_400 }[match[2] as "s"]) / 3600 : 0;
    if (!(value > 0)) throw refuse(`${name} must be a time such as 720h, 30d or 10min.`);
    return value;
  };
  for (const name of fields.keys()) {
    if (!["mtbf", "mttr", "each", "of"].includes(name)) {
      throw refuse(
        `there is no field "${name}". Write mtbf=720h,mttr=4h,each=site|engine|zone|tier,of=slow×3:tier:edge.`,
      );
    }
  }
  const unit = fields.get("each") ?? "site";
  if (!(faultUnits as readonly string[]).includes(unit)) throw refuse(`each is one of ${faultUnits.join(", ")}.`);
  const scoped = scopePattern.exec(fields.get("of") ?? "all");
  if (!scoped) throw refuse("of is written like a fault without a time, for example slow×3:tier:edge or cut:site:fra.");
  const fault = what(scoped, spec, world, option);
  if (fault.kind === "crowd") throw refuse("crowds do not come at random: give them a time with --fault.");
  return {
    meanHoursBetweenFailures: hours("mtbf"),
    meanHoursToRepair: hours("mttr"),
    unit: unit as FaultUnit,
    kind: fault.kind,
    where: fault.where,
    ...("factor" in fault ? { factor: fault.factor } : {}),
  };
}

type Untimed = Fault extends infer F ? (F extends Fault ? Omit<F, "fromS" | "toS"> : never) : never;

function what(match: RegExpExecArray, spec: string, world: World, option: string): Untimed {
  const [, kindText = "down", factorText, dimension, name] = match;
  const refuse = (why: string) => new CommandFailure(exitCodes.invalid, `${option}: "${spec}": ${why}`);
  // A recalled chip stops working wherever it stands.
  const kind = (kindText === "recall" ? "down" : kindText) as Kind;
  if (kindText === "recall" && dimension !== "module") {
    throw refuse(`a recall is of a module, for example recall:module:${world.modules[0]?.id ?? "l4-box"}@60s.`);
  }
  if (factorText !== undefined && !withFactor.includes(kind)) throw refuse("only slow, link and crowd take a factor.");
  const factor = Number(factorText ?? 2);
  if (dimension !== undefined) requireKnown(dimension, name!, world, option);
  if (kind === "crowd") {
    if (dimension === undefined) return { kind, factor, areas: {} };
    if (dimension === "country") return { kind, factor, areas: { country: name! } };
    if (dimension === "area") return { kind, factor, areas: { areas: [name!] } };
    if (dimension === "workload") return { kind, factor, areas: { workload: name! } };
    throw refuse("a crowd comes from a country, area or workload, for example crowd×3:country:DE@60s+60s.");
  }
  if (dimension === "area" || dimension === "workload") throw refuse(`only a crowd comes from an ${dimension}.`);
  const where = scopeOf(dimension, name ?? "");
  return kind === "slow" || kind === "link" ? { kind, factor, where } : { kind, where };
}

function scopeOf(dimension: string | undefined, name: string): FaultScope {
  switch (dimension) {
    case undefined:
      return {};
    case "site":
      return { sites: [name] };
    case "tier":
      return { tier: name as Tier };
    case "engine": {
      const [pool = "", engine = "0"] = name.split("#");
      return { pool, engine: Number(engine) };
    }
    default:
      return { [dimension]: name };
  }
}

function requireKnown(dimension: string, name: string, world: World, option: string): void {
  const pools = world.sites.flatMap((site) => world.modules.map((module) => `${site.id}/${module.id}`));
  const known: Readonly<Record<string, readonly string[]>> = {
    site: world.sites.map((site) => site.id),
    tier: tiers,
    country: [...new Set([...world.sites, ...world.areas].map((place) => place.country))].sort(),
    module: world.modules.map((module) => module.id),
    zone: world.limits.zones.map((zone) => zone.id),
    area: world.areas.map((area) => area.id),
    workload: world.workloads.map((workload) => workload.id),
    pool: pools,
    engine: pools,
  };
  const asked = dimension === "engine" ? name.replace(/#\d+$/, "") : name;
  if (known[dimension]!.includes(asked)) return;
  const some = known[dimension]!.slice(0, 12).join(", ") || "none";
  throw new CommandFailure(exitCodes.invalid, `${option}: the plan has no ${dimension} "${asked}". It has: ${some} …`);
}
