import type { SimulationResult } from "../simulate/index.ts";
import { CommandFailure, exitCodes } from "./exit-codes.ts";
import { readJson, readPlan } from "./read-plan.ts";
import { startGateway } from "./start-gateway.ts";
import { untilStopped } from "./interrupts.ts";
import { parseUpstream } from "./upstream.ts";

export interface ServeOptions {
  readonly host: string;
  readonly port: number;
  readonly upstream: readonly string[];
  readonly emulated: boolean;
  readonly area?: string;
  readonly simulation?: string;
  readonly ledger?: string;
  readonly keys?: string;
}

/** `disperse serve`: runs until Ctrl-C; running streams are finished before it ends. */
export async function serve(file: string, options: ServeOptions): Promise<void> {
  const plan = readPlan(file);
  if (options.area !== undefined && !plan.world.areas.some((area) => area.id === options.area)) {
    throw new CommandFailure(exitCodes.invalid, `--area: the plan has no area "${options.area}".`);
  }
  const service = await startGateway({
    plan,
    simulation: options.simulation === undefined ? null : readSimulation(options.simulation),
    host: options.host,
    port: options.port,
    anyPort: false,
    upstreams: options.upstream.map((spec) => parseUpstream(spec, plan, process.env)),
    emulated: options.emulated,
    ...(options.area === undefined ? {} : { defaultArea: options.area }),
    ...(options.ledger === undefined ? {} : { ledger: options.ledger }),
    ...(options.keys === undefined ? {} : { keys: options.keys }),
  });
  process.stdout.write(`gateway and console: ${service.url}\n`);
  await untilStopped();
  process.stderr.write("stopping: finishing running requests …\n");
  await service.close();
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
