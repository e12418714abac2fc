import { generateKeyPairSync } from "node:crypto";
import { createServer, type AddressInfo } from "node:net";
import { createNodeClock } from "../../src/adapters/clock-node/index.ts";
import { createPeerEngine, PeerLink } from "../../src/adapters/engine-peer/index.ts";
import { createOpenAiEngine } from "../../src/adapters/engine-openai/index.ts";
import { createHttpClient, serveHttp } from "../../src/adapters/http-raw/index.ts";
import { createMemoryMesh } from "../../src/adapters/mesh-memory/index.ts";
import { createEd25519Seal } from "../../src/adapters/seal-ed25519/index.ts";
import { createMemoryStore } from "../../src/adapters/store-memory/index.ts";
import { createPrometheusTelemetry } from "../../src/adapters/telemetry-prometheus/index.ts";
import { createUnpack } from "../../src/adapters/unpack-zlib/index.ts";
import type { World } from "../../src/catalog/index.ts";
import {
  createGateway,
  Drains,
  Peers,
  ToldGroup,
  type Accounts,
  type Clock,
  type GatewayOptions,
  type Mesh,
} from "../../src/serve/index.ts";
import { seededRng } from "../worlds/random-world.ts";
import { serveDeployment, serveWorld } from "./test-mesh.ts";

/** One gateway of a mesh and the servers behind its sites. */
export interface MemberSpec {
  readonly name: string;
  /** URL of the server by site. */
  readonly sites: Readonly<Record<string, string>>;
  readonly accounts?: Accounts;
  readonly maxInFlight?: number;
  readonly continues?: boolean;
  /** What its clock is ahead of everybody else's, ms. */
  readonly aheadMs?: number;
  readonly world?: World;
  readonly options?: Partial<GatewayOptions>;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Gateways of one mesh in this process, with a control network in memory and HTTP over loopback between them. */
export async function startMesh(specs: readonly MemberSpec[]) {
  const network = createMemoryMesh();
  const said: string[] = [];
  network.join().listen((text) => void said.push(text));
  const keys = new Map(specs.map(({ name }) => [name, generateKeyPairSync("ed25519")]));
  const publicKeys = new Map([...keys].map(([name, { publicKey }]) => [name, publicKey]));
  const ports = new Map<string, number>();
  for (const { name } of specs) ports.set(name, await freePort());
  const members = specs.map(({ name, sites }) => ({ name, sites: Object.keys(sites) }));
  const sealOf = (name: string) => createEd25519Seal(keys.get(name)!.privateKey, publicKeys);

  const start = async (spec: MemberSpec, mesh: Mesh = network.join()) => {
    const { name, sites, accounts, maxInFlight, continues = false, aheadMs = 0, world = serveWorld() } = spec;
    const real = createNodeClock();
    const clock: Clock = {
      ...real,
      epochMs: () => real.epochMs() + aheadMs,
      monotonicMs: () => real.monotonicMs() + aheadMs,
    };
    const drains: Drains = new Drains((change) => {
      peers.drainChanged(change);
      return null;
    });
    const seal = sealOf(name);
    const owners = new Map(world.sites.map(({ id, owner }) => [id, world.owners[owner]!.id]));
    const ownerOf = (site: string) => owners.get(site) ?? "";
    const knows = (site: string, workload: string | null) =>
      owners.has(site) && (workload === null || world.workloads.some(({ id }) => id === workload));
    const peers = new Peers({ self: name, members, ownerOf, knows, planMark: () => null, mesh, seal, clock, drains });
    const links = new Map(
      peers.others.map((peer) => {
        const open = () => createHttpClient({ origin: `http://127.0.0.1:${ports.get(peer.name)}` });
        return [peer, new PeerLink({ peer, http: open(), probe: open(), nowMs: () => clock.monotonicMs() })];
      }),
    );
    const store = createMemoryStore();
    const telemetry = createPrometheusTelemetry();
    const deployment = serveDeployment(world);
    const gateway = createGateway({
      world,
      deployment,
      engines(group) {
        const site = world.sites[group.site]!.id;
        if (peers.holds(site)) {
          const client = (origin: string) => createHttpClient({ origin });
          const engine = createOpenAiEngine({ url: sites[site]!, client });
          return { engine, emulated: false, model: "upstream-model", continues, ...(maxInFlight && { maxInFlight }) };
        }
        const peer = peers.holderOf(site);
        if (peer === null) return null;
        const told = new ToldGroup(peer, { site, pool: deployment.pools[group.pool]!.id, position: 0 });
        return {
          engine: createPeerEngine({ peers, group: told, link: links.get(peer)!, seal }),
          model: "disperse/chat",
          told,
          get emulated() {
            return told.told?.emulated ?? false;
          },
          get continues() {
            return told.told?.continues ?? false;
          },
        };
      },
      peers,
      drains,
      store,
      clock,
      telemetry,
      rng: seededRng(7),
      ...(accounts && { accounts }),
      ...(spec.options && { options: spec.options }),
    });
    const port = ports.get(name)!;
    const service = await serveHttp(gateway, { host: "127.0.0.1", port, unpack: createUnpack() });
    peers.start(() => gateway.engineReports());
    let closed: Promise<void> | null = null;
    const stop = async () => {
      peers.close();
      await mesh.close();
      await service.close(0);
      await Promise.all([...links.values()].map((link) => link.close()));
    };
    return {
      name,
      url: service.url,
      peers,
      drains,
      clock,
      stop: () => (closed ??= stop()),
      rows: () => store.read(0, 1_000),
      metrics: () => {
        gateway.observe();
        return telemetry.render();
      },
      post: (body: unknown, headers: Record<string, string> = {}, path = "/v1/chat/completions") =>
        fetch(service.url + path, {
          method: "POST",
          headers,
          body: typeof body === "string" ? body : JSON.stringify(body),
        }),
    };
  };

  const gateways = new Map<string, Awaited<ReturnType<typeof start>>>();
  for (const spec of specs) gateways.set(spec.name, await start(spec));
  const heardAll = () =>
    [...gateways.values()].every(({ peers, clock }) =>
      peers.others.every((peer) => peer.standing(clock.monotonicMs()) === "fresh"),
    );
  await until(heardAll, "all gateways heard each other");
  return {
    network,
    /** Everything that was said in the control network. */
    said,
    sealOf,
    of: (name: string) => gateways.get(name)!,
    restart: async (spec: MemberSpec) => void gateways.set(spec.name, await start(spec)),
    close: async () => void (await Promise.all([...gateways.values()].map((gateway) => gateway.stop()))),
  };
}

export async function until(met: () => boolean | Promise<boolean>, what: string, ms = 10_000): Promise<void> {
  for (const endsMs = performance.now() + ms; !(await met());) {
    if (performance.now() > endsMs) throw new Error(`not in ${ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
