import type { PlanDocument } from "../plan/index.ts";
import { CommandFailure, exitCodes } from "./exit-codes.ts";

/** A real engine that takes the place of a planned replica group. */
export interface Upstream {
  readonly site: string;
  readonly workload: string;
  readonly url: string;
  readonly model: string;
  readonly apiKey?: string;
  /** Path of the engine's metrics, for example `/metrics`. */
  readonly metricsPath?: string;
  /** The engine can continue an answer that broke off elsewhere (vLLM, SGLang). */
  readonly continues: boolean;
}

/** Reads `site=ID,workload=ID,url=URL,model=NAME[,key-env=VARIABLE][,metrics=PATH][,continues=yes]`; keys come from the environment, never from argv. */
export function parseUpstream(spec: string, { world, deployment }: PlanDocument, env: NodeJS.ProcessEnv): Upstream {
  const wrong = (why: string) => new CommandFailure(exitCodes.invalid, `--upstream "${spec}": ${why}`);
  const fields = new Map<string, string>();
  for (const part of spec.split(",")) {
    const at = part.indexOf("=");
    if (at < 1) throw wrong(`"${part}" is no key=value pair.`);
    fields.set(part.slice(0, at).trim(), part.slice(at + 1).trim());
  }
  const known = ["site", "workload", "url", "model", "key-env", "metrics", "continues"];
  for (const key of fields.keys())
    if (!known.includes(key)) throw wrong(`unknown key "${key}". Known: ${known.join(", ")}.`);
  const need = (key: string) => {
    const value = fields.get(key);
    if (!value) throw wrong(`the key "${key}" is missing.`);
    return value;
  };
  const [site, workload, url, model] = [need("site"), need("workload"), need("url"), need("model")];
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw wrong(`"${url}" is no http or https address.`);
  const places = deployment.pools.flatMap((pool) =>
    pool.groups.flatMap((group) =>
      group.workloads.map((workload) => ({
        site: world.sites[pool.site]!.id,
        workload: world.workloads[workload]!.id,
      })),
    ),
  );
  if (!places.some((place) => place.site === site && place.workload === workload)) {
    const some = places.slice(0, 8).map((place) => `${place.site}/${place.workload}`);
    throw wrong(`the plan has no engine for workload "${workload}" at site "${site}". It has ${some.join(", ")} …`);
  }
  const metricsPath = fields.get("metrics");
  if (metricsPath !== undefined && !metricsPath.startsWith("/"))
    throw wrong(`"metrics" must be a path such as /metrics.`);
  const continues = fields.get("continues") ?? "no";
  if (!["yes", "no"].includes(continues)) throw wrong(`"continues" must be yes or no.`);
  const engine = { site, workload, url, model, continues: continues === "yes", ...(metricsPath && { metricsPath }) };
  const variable = fields.get("key-env");
  if (variable === undefined) return engine;
  const apiKey = env[variable];
  if (!apiKey) throw wrong(`the environment variable ${variable} is not set.`);
  return { ...engine, apiKey };
}
