import { parse } from "yaml";
import type { PlanDocument } from "../../plan/index.ts";
import { hostFault, networks, type Network } from "./address-policy.ts";
import { CommandFailure, exitCodes } from "../terminal/exit-codes.ts";
import { readText } from "../document/read-plan.ts";

/** Real engines that take the place of a planned replica group. */
export interface Upstream {
  readonly site: string;
  readonly workload: string;
  /** Roots of the servers that share the requests. */
  readonly urls: readonly string[];
  /** The server's name for the model; null = ask it. */
  readonly model: string | null;
  readonly apiKey?: string;
  /** Path of the engine's metrics; null = it has none, `auto` = find out. */
  readonly metricsPath: string | null;
  /** The engine can continue an answer that broke off elsewhere (vLLM, SGLang). */
  readonly continues: boolean;
  /** Requests each server takes at once; of those found by name, all together. */
  readonly maxInFlight: number | null;
  /** Every address behind the URL's name is a server of its own, looked up again all the time. */
  readonly discover: boolean;
  /** What the name may resolve to. */
  readonly network: Network;
}

const knownFields = [
  "site",
  "workload",
  "url",
  "model",
  "key-env",
  "metrics",
  "continues",
  "max-in-flight",
  "discover",
  "network",
];

/** Reads `--upstream` specifications and files of them; several of one place share its requests. */
export function readUpstreams(
  specs: readonly string[],
  file: string | null,
  plan: PlanDocument,
  env: NodeJS.ProcessEnv,
): Upstream[] {
  const found = specs.map((spec) => parseUpstream(spec, plan, env));
  if (file !== null) found.push(...readUpstreamFile(file, plan, env));
  const merged: Upstream[] = [];
  for (const upstream of found) {
    const at = merged.findIndex(({ site, workload }) => site === upstream.site && workload === upstream.workload);
    if (at < 0) {
      merged.push(upstream);
      continue;
    }
    const { urls, ...rest } = merged[at]!;
    const { urls: more, ...same } = upstream;
    if (JSON.stringify(rest) !== JSON.stringify(same)) {
      throw invalid(
        `upstreams of ${rest.site}/${rest.workload} share requests, so they must agree in everything but their url.`,
      );
    }
    merged[at] = { ...rest, urls: [...new Set([...urls, ...more])] };
  }
  return merged;
}

/**
 * Reads `site=ID,workload=ID,url=URL[,model=NAME][,key-env=VARIABLE][,metrics=PATH|auto|none][,continues=yes]
 * [,max-in-flight=N][,discover=dns][,network=private|any]`; keys come from the environment, never from argv.
 */
export function parseUpstream(spec: string, plan: PlanDocument, env: NodeJS.ProcessEnv): Upstream {
  const where = `--upstream "${spec}"`;
  const fields = new Map<string, string[]>();
  for (const part of spec.split(",")) {
    const at = part.indexOf("=");
    if (at < 1) throw invalid(`${where}: "${part}" is no key=value pair.`);
    fields.set(part.slice(0, at).trim(), [part.slice(at + 1).trim()]);
  }
  return checkUpstream(fields, where, plan, env);
}

/** A list in YAML or JSON: `upstreams: [{site, workload, url: URL or list of URLs, model, …}]`, named as in `--upstream`. */
function readUpstreamFile(path: string, plan: PlanDocument, env: NodeJS.ProcessEnv): Upstream[] {
  let content: unknown;
  try {
    content = parse(readText(path));
  } catch (error) {
    if (error instanceof CommandFailure) throw error;
    throw invalid(`${path} is not valid YAML: ${(error as Error).message.split("\n")[0]!.replace(/:$/, ".")}`);
  }
  const list = (content as { upstreams?: unknown } | null)?.upstreams;
  if (!Array.isArray(list)) throw invalid(`${path}: "upstreams" must be a list.`);
  return list.map((entry: unknown, index) => {
    const where = `${path}: upstream ${index + 1}`;
    if (typeof entry !== "object" || entry === null) throw invalid(`${where} must be an object.`);
    const fields = Object.entries(entry).map(([name, value]): [string, string[]] => {
      const values = (Array.isArray(value) ? value : [value]).map((item: unknown) =>
        typeof item === "boolean" ? (item ? "yes" : "no") : String(item),
      );
      return [name, values];
    });
    return checkUpstream(new Map(fields), where, plan, env);
  });
}

function checkUpstream(
  fields: ReadonlyMap<string, readonly string[]>,
  where: string,
  { world, deployment }: PlanDocument,
  env: NodeJS.ProcessEnv,
): Upstream {
  const wrong = (why: string) => invalid(`${where}: ${why}`);
  for (const key of fields.keys())
    if (!knownFields.includes(key)) throw wrong(`unknown key "${key}". Known: ${knownFields.join(", ")}.`);
  const maybe = (key: string) => fields.get(key)?.[0];
  const need = (key: string) => {
    const value = maybe(key);
    if (!value) throw wrong(`the key "${key}" is missing.`);
    return value;
  };
  const oneOf = <Choice extends string>(key: string, choices: readonly Choice[], otherwise: Choice): Choice => {
    const value = maybe(key) ?? otherwise;
    if (!choices.includes(value as Choice)) throw wrong(`"${key}" must be ${choices.join(" or ")}.`);
    return value as Choice;
  };
  const [site, workload] = [need("site"), need("workload")];
  need("url");
  const network = oneOf("network", networks, "public");
  const urls = fields.get("url")!.map((url) => {
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
      throw wrong(`"${url}" is no http or https address.`);
    const parsed = new URL(url);
    if (parsed.username || parsed.password)
      throw wrong(`a key belongs into the environment (key-env), not into the url.`);
    const fault = hostFault(parsed, network);
    if (fault !== null) throw wrong(`${fault}, where no engine is expected. Say network=any if there is one.`);
    return url.replace(/\/+$/, "").replace(/\/v1$/, "");
  });
  const places = enginesOf({ world, deployment }).flatMap(({ site, workloads }) =>
    workloads.map((one) => ({ site, workload: one })),
  );
  if (!places.some((place) => place.site === site && place.workload === workload)) {
    const some = places.slice(0, 8).map((place) => `${place.site}/${place.workload}`);
    throw wrong(`the plan has no engine for workload "${workload}" at site "${site}". It has ${some.join(", ")} …`);
  }
  const metrics = maybe("metrics") ?? "auto";
  if (!/^(?:\/|auto$|none$)/.test(metrics)) throw wrong(`"metrics" must be a path such as /metrics, or auto, or none.`);
  const limit = maybe("max-in-flight");
  const maxInFlight = limit === undefined ? null : Number(limit);
  if (maxInFlight !== null && !(Number.isSafeInteger(maxInFlight) && maxInFlight > 0))
    throw wrong(`"max-in-flight" must be a whole number above 0.`);
  const variable = maybe("key-env");
  const apiKey = variable === undefined ? undefined : env[variable];
  if (variable !== undefined && !apiKey) throw wrong(`the environment variable ${variable} is not set.`);
  return {
    site,
    workload,
    urls,
    model: maybe("model") || null,
    ...(apiKey !== undefined && { apiKey }),
    metricsPath: metrics === "none" ? null : metrics,
    continues: oneOf("continues", ["yes", "no"], "no") === "yes",
    maxInFlight,
    discover: oneOf("discover", ["dns", "no"], "no") === "dns",
    network,
  };
}

/** Every engine of a plan: where it stands and what it serves. */
function enginesOf({ world, deployment }: Pick<PlanDocument, "world" | "deployment">) {
  return deployment.pools.flatMap((pool) =>
    pool.groups.map((group) => ({
      site: world.sites[pool.site]!.id,
      workloads: group.workloads.map((position) => world.workloads[position]!.id),
    })),
  );
}

/** Engines for which no upstream is named, as `site/workload`. */
export function withoutUpstream(
  plan: Pick<PlanDocument, "world" | "deployment">,
  upstreams: readonly Pick<Upstream, "site" | "workload">[],
): string[] {
  const isNamed = (at: { readonly site: string; readonly workloads: readonly string[] }): boolean =>
    upstreams.some(({ site, workload }) => site === at.site && at.workloads.includes(workload));
  return enginesOf(plan).flatMap((engine) => (isNamed(engine) ? [] : `${engine.site}/${engine.workloads.join("+")}`));
}

const invalid = (why: string) => new CommandFailure(exitCodes.invalid, why);
