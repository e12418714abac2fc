import { createNodeClock } from "../../src/adapters/clock-node/index.ts";
import { createEmulatedEngine } from "../../src/adapters/engine-emulated/index.ts";
import { createOpenAiEngine } from "../../src/adapters/engine-openai/index.ts";
import { createHttpClient as createUndiciClient, serveHttp as serveNode } from "../../src/adapters/http-node/index.ts";
import { createHttpClient, serveHttp as serveRaw } from "../../src/adapters/http-raw/index.ts";
import { createMemoryStore } from "../../src/adapters/store-memory/index.ts";
import { createPrometheusTelemetry } from "../../src/adapters/telemetry-prometheus/index.ts";
import type { World } from "../../src/catalog/index.ts";
import { createUnpack } from "../../src/adapters/unpack-zlib/index.ts";
import { compileReplica } from "../../src/perf/index.ts";
import type { Deployment, Group } from "../../src/route/index.ts";
import {
  createGateway,
  emulatedId,
  type Clock,
  type EngineBinding,
  type HttpClient,
  type GatewayParts,
  type Store,
} from "../../src/serve/index.ts";
import { deployEverywhere, seededRng } from "../worlds/random-world.ts";
import { testArea, testSite, testWorkload, tinyWorld } from "../worlds/tiny-world.ts";

/** Two sites users in AA may be served from, one in each country of their bloc, and one the law keeps them out of. */
export function serveWorld(changes: Partial<World> = {}): World {
  return tinyWorld({
    sites: [
      testSite({ id: "near-edge", tier: "edge" }),
      testSite({ id: "bloc-core", tier: "core", country: "BB", latitude: 50.5, longitude: 9 }),
      testSite({ id: "abroad-core", tier: "core", country: "CC", latitude: 50.2, longitude: 8.2 }),
    ],
    areas: [testArea({ id: "town" }), testArea({ id: "far-town", latitude: -30, longitude: 150 })],
    workloads: [
      testWorkload({
        id: "chat",
        inputTokens: { mean: 64, cv: 0.5 },
        outputTokens: { mean: 24, cv: 0.5 },
        ttft: { budgetMs: 400, attainmentRatio: 0.9 },
        dataClass: "personal",
        priceUsdPerRequest: 0.001,
      }),
    ],
    demand: [{ area: 0, workload: 0, access: 0, peakPerS: [10], meanPerS: [4] }],
    ...changes,
  });
}

/** One small box with two engines at every site. */
export function serveDeployment(world: World): Deployment {
  return deployEverywhere(world, (_site, module) => module === 0);
}

/** A transport: how clients reach the gateway and how the gateway reaches engines. */
export interface Transport {
  readonly name: string;
  readonly serve: typeof serveNode;
  readonly client: (origin: string) => HttpClient;
}

const unpack = createUnpack();

/** Both transports; they owe the same behaviour. */
export const transports: readonly Transport[] = [
  {
    name: "raw sockets",
    serve: (gateway, options) => serveRaw(gateway, { unpack, ...options }),
    client: (origin) => createHttpClient({ origin }),
  },
  {
    name: "node:http",
    serve: (gateway, options) => serveNode(gateway, { unpack, ...options }),
    client: (origin) => createUndiciClient({ origin }),
  },
];

export interface TestMesh {
  readonly parts: GatewayParts;
  readonly store: Store;
  readonly telemetry: ReturnType<typeof createPrometheusTelemetry>;
}

/** Parts of a gateway with emulated engines, or with the upstream a site is mapped to. */
export function testMesh(
  options: {
    world?: World;
    upstreams?: Readonly<Record<string, string>>;
    client?: Transport["client"] | undefined;
    continues?: boolean;
    gateway?: GatewayParts["options"];
  } = {},
): TestMesh {
  const world = options.world ?? serveWorld();
  const store = createMemoryStore();
  const telemetry = createPrometheusTelemetry();
  const clock = createNodeClock();
  const engines = (group: Group): EngineBinding | null => {
    const site = world.sites[group.site]!;
    if (options.upstreams) {
      const url = options.upstreams[site.id];
      return url === undefined
        ? null
        : {
            engine: createOpenAiEngine({ url, client: options.client ?? ((origin) => createHttpClient({ origin })) }),
            emulated: false,
            model: "upstream-model",
            continues: options.continues ?? false,
          };
    }
    return emulatedBinding(world, group, clock);
  };
  const parts: GatewayParts = {
    world,
    deployment: serveDeployment(world),
    engines,
    store,
    clock,
    telemetry,
    rng: seededRng(7),
    ...(options.gateway && { options: options.gateway }),
  };
  return { parts, store, telemetry };
}

/** Emulated engines of a group, for the model of its first workload. */
export function emulatedBinding(
  world: World,
  group: Pick<Group, "module" | "tensorParallel" | "workloads" | "replicas" | "speedRatio">,
  clock: Clock,
): EngineBinding {
  const workload = world.workloads[group.workloads[0]!]!;
  const model = world.models[workload.model]!;
  const replica = compileReplica({
    accelerator: world.modules[group.module]!.accelerator,
    tensorParallel: group.tensorParallel,
    model,
    engine: world.engines[workload.engine]!,
    weightPrecision: workload.weightPrecision,
    kvPrecision: workload.kvPrecision,
  })!;
  const { replicas, speedRatio } = group;
  return {
    engine: createEmulatedEngine({ replica, replicas, speedRatio, clock }),
    emulated: true,
    model: emulatedId(model.id),
  };
}

export { createGateway };
