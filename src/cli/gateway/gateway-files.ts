import { X509Certificate, createPrivateKey } from "node:crypto";
import type { PlanDocument } from "../../plan/index.ts";
import type { SimulationResult } from "../../simulate/index.ts";
import { namedUpstreams, type ReadyUpstream } from "./compose-engines.ts";
import { CommandFailure, exitCodes } from "../terminal/exit-codes.ts";
import { pepperPath } from "./key-secret.ts";
import { inPeriod } from "../document/period-option.ts";
import { readJson, readPlan, readText } from "../document/read-plan.ts";
import { readUpstreams } from "./upstream.ts";

/** Files and words a running gateway is configured with. Keys and certificate are read again by themselves, all others when one of them changes. */
export interface GatewayFiles {
  readonly plan: string;
  /** Period of the plan that is served; null = the first. */
  readonly period: string | null;
  readonly simulation: string | null;
  readonly upstreamSpecs: readonly string[];
  readonly upstreams: string | null;
  readonly keys: string | null;
  readonly tlsCert: string | null;
  readonly tlsKey: string | null;
  readonly defaultArea: string | null;
}

/** What was read from them, checked. */
export interface Configuration {
  readonly plan: PlanDocument;
  readonly simulation: SimulationResult | null;
  readonly upstreams: readonly ReadyUpstream[];
  readonly keys: string | null;
  readonly defaultArea: string | null;
}

/** Reads and checks everything; ends the command with code 3 when something is wrong. */
export async function readConfiguration(files: GatewayFiles, env: NodeJS.ProcessEnv): Promise<Configuration> {
  const whole = readPlan(files.plan);
  // The console still draws the other periods.
  const { horizon, value = null } = whole;
  const plan = { ...inPeriod(whole, files.period ?? undefined), horizon, value };
  if (files.defaultArea !== null && !plan.world.areas.some(({ id }) => id === files.defaultArea)) {
    throw new CommandFailure(exitCodes.invalid, `--area: the plan has no area "${files.defaultArea}".`);
  }
  return {
    plan,
    simulation: files.simulation === null ? null : readSimulation(files.simulation),
    upstreams: await namedUpstreams(readUpstreams(files.upstreamSpecs, files.upstreams, plan, env)),
    keys: files.keys,
    defaultArea: files.defaultArea,
  };
}

/** Paths whose change is a reason to read the keys again. */
export function keyPaths({ keys }: GatewayFiles): string[] {
  return keys === null ? [] : [keys, pepperPath(keys)];
}

/** Paths whose change is a reason to read the configuration again. */
export function watchedPaths({ plan, simulation, upstreams }: GatewayFiles): string[] {
  return [plan, simulation, upstreams].filter((path) => path !== null);
}

/** Paths whose change is a reason to read the certificate again. */
export function tlsPaths({ tlsCert, tlsKey }: GatewayFiles): string[] {
  return [tlsCert, tlsKey].filter((path) => path !== null);
}

/** Certificate and key in PEM; null = HTTP without TLS. */
export type Tls = { readonly cert: string; readonly key: string } | null;

/** Reads and checks certificate and key; ends the command with code 3 when they cannot be used. */
export function readTls({ tlsCert: certPath, tlsKey: keyPath }: GatewayFiles): Tls {
  if (certPath === null && keyPath === null) return null;
  if (certPath === null || keyPath === null) {
    throw new CommandFailure(exitCodes.invalid, "--tls-cert and --tls-key go together: name both files.");
  }
  const [cert, key] = [readText(certPath), readText(keyPath)];
  let fits: boolean;
  try {
    fits = new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  } catch {
    throw new CommandFailure(
      exitCodes.invalid,
      `${certPath} and ${keyPath} must hold a certificate and its private key in PEM, without a passphrase.`,
    );
  }
  if (!fits) throw new CommandFailure(exitCodes.invalid, `${keyPath} is not the private key of ${certPath}.`);
  return { cert, key };
}

function readSimulation(path: string): SimulationResult {
  const result = readJson(path) as Partial<SimulationResult> | null;
  if (result?.format !== "disperse/simulation/v1") {
    throw new CommandFailure(
      exitCodes.invalid,
      `${path} is no simulation result. Make one with: disperse simulate plan.json --out simulation.json`,
    );
  }
  return result as SimulationResult;
}
