import { createNodeClock } from "../adapters/clock-node/index.ts";
import { createEmulatedEngine } from "../adapters/engine-emulated/index.ts";
import { createOpenAiEngine } from "../adapters/engine-openai/index.ts";
import { createHttpClient, serveHttp, type HttpService } from "../adapters/http-raw/index.ts";
import { createMemoryMesh } from "../adapters/mesh-memory/index.ts";
import { createPages } from "../adapters/pages-node/index.ts";
import { createNodeRng } from "../adapters/random-node/index.ts";
import { createMemoryStore } from "../adapters/store-memory/index.ts";
import { createSqliteStore } from "../adapters/store-sqlite/index.ts";
import { createPrometheusTelemetry } from "../adapters/telemetry-prometheus/index.ts";
import type { PlanDocument } from "../plan/index.ts";
import { compilePolicy, type Group } from "../route/index.ts";
import { Accounts, createGateway, emulatedId, type EngineBinding } from "../serve/index.ts";
import type { SimulationResult } from "../simulate/index.ts";
import { existsSync } from "node:fs";
import { CommandFailure, exitCodes } from "./exit-codes.ts";
import { packageRoot } from "./package-root.ts";
import { readAccounts } from "./read-accounts.ts";
import type { Upstream } from "./upstream.ts";

export interface GatewaySettings {
  readonly plan: PlanDocument;
  readonly simulation: SimulationResult | null;
  readonly host: string;
  readonly port: number;
  /** Take any free port when the asked one is in use. */
  readonly anyPort: boolean;
  readonly upstreams: readonly Upstream[];
  /** Whether planned engines without an upstream are emulated. */
  readonly emulated: boolean;
  readonly defaultArea?: string;
  /** File of the ledger; without it rows live as long as the process. */
  readonly ledger?: string;
  /** File of accounts and keys; without it everyone who can connect is served. */
  readonly keys?: string;
}

/** Composes gateway, engines and console of a plan and listens. */
export async function startGateway(settings: GatewaySettings): Promise<HttpService> {
  const { plan, simulation } = settings;
  const { world, deployment } = plan;
  const clock = createNodeClock();
  const telemetry = createPrometheusTelemetry();
  const policy = compilePolicy(world, deployment.period);
  const json = (value: unknown) => () => ({ contentType: "application/json", text: JSON.stringify(value) });
  const console_ = packageRoot("console", "dist");
  const store = settings.ledger === undefined ? createMemoryStore() : createSqliteStore(settings.ledger);
  const accounts =
    settings.keys === undefined ? null : new Accounts(await readAccounts(settings.keys, store), clock.monotonicMs());
  const gateway = createGateway({
    world,
    deployment,
    engines: (group) => upstreamFor(group, settings) ?? (settings.emulated ? emulate(group) : null),
    mesh: createMemoryMesh(),
    store,
    ...(accounts && { accounts }),
    clock,
    telemetry,
    rng: createNodeRng(),
    pages: createPages(
      {
        "/metrics": () => ({ contentType: "text/plain; version=0.0.4; charset=utf-8", text: telemetry.render() }),
        "/console/plan.json": json(plan),
        // `null` says that nothing was simulated; a missing page would be an error in the browser's log.
        "/console/simulation.json": json(simulation),
      },
      existsSync(console_) ? console_ : null,
    ),
    options: settings.defaultArea === undefined ? {} : { defaultArea: settings.defaultArea },
  });
  const listen = async (port: number): Promise<HttpService> => {
    const service = await serveHttp(gateway, { host: settings.host, port });
    return {
      url: service.url,
      async close(graceMs) {
        await service.close(graceMs);
        await store.close();
      },
    };
  };
  try {
    return await listen(settings.port);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EADDRINUSE" && settings.anyPort) return listen(0);
    await store.close();
    const remedy =
      code === "EADDRINUSE" ? "It is in use: choose another with --port." : "Choose another --host or --port.";
    throw new CommandFailure(
      exitCodes.invalid,
      `Cannot listen on ${settings.host}:${settings.port} (${code ?? "unknown error"}). ${remedy}`,
    );
  }

  function emulate(group: Group): EngineBinding {
    const lead = group.workloads[0]!;
    const workload = world.workloads[lead]!;
    const serving = policy.serving[lead * world.modules.length + group.module]!;
    const option =
      serving.options.find((entry) => entry.tensorParallel === group.tensorParallel) ?? serving.options[0]!;
    return {
      emulated: true,
      model: emulatedId(world.models[workload.model]!.id),
      engine: createEmulatedEngine({
        replica: option.replica,
        replicas: group.replicas,
        speedRatio: group.speedRatio,
        clock,
      }),
    };
  }

  function upstreamFor(group: Group, { upstreams }: GatewaySettings): EngineBinding | null {
    const site = world.sites[group.site]!.id;
    const workloads = group.workloads.map((workload) => world.workloads[workload]!.id);
    const found = upstreams.find((entry) => entry.site === site && workloads.includes(entry.workload));
    if (!found) return null;
    return {
      emulated: false,
      model: found.model,
      continues: found.continues,
      engine: createOpenAiEngine({
        url: found.url,
        client: (origin) => createHttpClient({ origin }),
        metricsPath: found.metricsPath ?? null,
        ...(found.apiKey === undefined ? {} : { apiKey: found.apiKey }),
      }),
    };
  }
}
