import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { createPeerEngine, PeerLink } from "../../adapters/engine-peer/index.ts";
import { createHttpClient } from "../../adapters/http-raw/index.ts";
import { createNatsMesh } from "../../adapters/mesh-nats/index.ts";
import { createEd25519Seal } from "../../adapters/seal-ed25519/index.ts";
import type { PlanDocument } from "../../plan/index.ts";
import type { Group } from "../../route/index.ts";
import { Peers, ToldGroup, type Clock, type Drains, type EngineBinding } from "../../serve/index.ts";
import { readText } from "../document/read-plan.ts";
import { CommandFailure, exitCodes } from "../terminal/exit-codes.ts";
import { guardedLookup } from "./guarded-lookup.ts";
import { readMeshFile } from "./mesh-file.ts";
import { tellMeshNews } from "./mesh-news.ts";

/** This gateway's place in a mesh. */
export interface MeshSettings {
  /** File that all gateways of the mesh share. */
  readonly file: string;
  /** Name of this gateway there. */
  readonly self: string;
  /** File of its private key, Ed25519 in PEM. */
  readonly key: string;
}

export interface OpenMesh {
  readonly peers: Peers;
  /**
   * Engines of a plan: those at this gateway's sites as `own` makes them, those of other gateways by way of them, and none at sites
   * that nobody holds.
   */
  engines(
    plan: Pick<PlanDocument, "world" | "deployment" | "seal" | "period">,
    own: (group: Group) => EngineBinding | null,
  ): (group: Group) => EngineBinding | null;
  /** Ends the command when an upstream is named for a site that this gateway does not hold. */
  requireOwn(upstreams: readonly { readonly site: string }[]): void;
  close(): Promise<void>;
}

/** Groups of engines a gateway can tell of in one text: NATS takes a megabyte. */
const mostGroups = 3_000;

/** Joins a mesh. Waits for nobody: gateways and network are found when they are there. */
export function openMesh(
  settings: MeshSettings,
  plan: Pick<PlanDocument, "world">,
  { clock, drains, say }: { readonly clock: Clock; readonly drains: Drains; readonly say: (line: string) => void },
): OpenMesh {
  const { self } = settings;
  const file = readMeshFile(settings.file, plan);
  const own = file.gateways.find(({ name }) => name === self);
  if (own === undefined) {
    const names = file.gateways.map(({ name }) => name).join(", ");
    throw invalid(`--mesh-as ${self}: ${settings.file} has no such gateway. It has ${names}.`);
  }
  const privateKey = readPrivateKey(settings.key);
  if (!createPublicKey(privateKey).equals(own.publicKey))
    throw invalid(`${settings.key} is not the private key of "${self}" in ${settings.file}.`);
  const seal = createEd25519Seal(privateKey, new Map(file.gateways.map(({ name, publicKey }) => [name, publicKey])));
  const { natsCredentials } = file;
  const credentials = natsCredentials === null ? null : () => readText(natsCredentials);
  // One that cannot be read is told now, not with every try.
  credentials?.();
  const mesh = createNatsMesh({
    servers: file.nats,
    subject: `disperse.mesh.${file.name}.report`,
    credentials,
    onChange: (works) =>
      say(works ? "mesh: the control network is there" : "mesh: the control network is away; going on without"),
    onTrouble: (why) => say(`mesh: the control network cannot be reached (${why}); going on without`),
  });
  /** Of the configuration that was read last. */
  let places = placesOf(plan);
  let planMark: string | null = null;
  const peers = new Peers({
    self,
    members: file.gateways,
    ownerOf: (site) => places.owners.get(site) ?? "",
    knows: (site, workload) => places.owners.has(site) && (workload === null || places.workloads.has(workload)),
    planMark: () => planMark,
    mesh,
    seal,
    clock,
    drains,
  });
  const gatewayOf = new Map(file.gateways.map((gateway) => [gateway.name, gateway]));
  const endNews = tellMeshNews(peers, (name) => gatewayOf.get(name)!.url, say);
  const nowMs = () => clock.monotonicMs();
  const links = new Map(
    peers.others.map((peer) => {
      const { url, network } = gatewayOf.get(peer.name)!;
      const open = () => createHttpClient({ origin: url, lookup: guardedLookup(network) });
      return [peer, new PeerLink({ peer, http: open(), probe: open(), nowMs })];
    }),
  );

  function elsewhere(world: PlanDocument["world"], group: Group, pool: string, position: number): EngineBinding | null {
    const site = world.sites[group.site]!.id;
    const peer = peers.holderOf(site);
    if (peer === null) return null;
    const told = new ToldGroup(peer, { site, pool, position });
    return {
      engine: createPeerEngine({ peers, group: told, link: links.get(peer)!, seal }),
      model: `disperse/${world.workloads[group.workloads[0]!]!.id}`,
      told,
      get emulated() {
        return told.told?.emulated ?? false;
      },
      get continues() {
        return told.told?.continues ?? false;
      },
    };
  }

  return {
    peers,
    engines({ world, deployment, seal: planSeal, period }, here) {
      places = placesOf({ world });
      planMark = planSeal === undefined ? null : `${planSeal.slice(0, 16)}/${world.periods[period]!.id}`;
      const pools = deployment.pools.filter(({ site }) => peers.holds(world.sites[site]!.id));
      const groups = pools.reduce((sum, pool) => sum + pool.groups.length, 0);
      if (groups > mostGroups)
        throw invalid(
          `"${self}" holds ${groups} groups of engines, and can tell the others of ${mostGroups}: give some of its sites to another gateway.`,
        );
      const seen = new Map<number, number>();
      return (group) => {
        // Groups come in the order of the plan, which all gateways have.
        const position = seen.get(group.pool) ?? 0;
        seen.set(group.pool, position + 1);
        if (peers.holds(world.sites[group.site]!.id)) return here(group);
        return elsewhere(world, group, deployment.pools[group.pool]!.id, position);
      };
    },
    requireOwn(upstreams) {
      const astray = upstreams.find(({ site }) => !peers.holds(site));
      if (astray === undefined) return;
      const holder = peers.holderOf(astray.site)?.name ?? "no gateway";
      throw invalid(`an upstream is named for ${astray.site}, which ${holder} holds and not "${self}".`);
    },
    async close() {
      endNews();
      peers.close();
      await Promise.all([mesh.close(), ...[...links.values()].map((link) => link.close())]);
    },
  };
}

/** Owners by site, and the workloads there are. */
function placesOf({ world }: Pick<PlanDocument, "world">) {
  return {
    owners: new Map(world.sites.map(({ id, owner }) => [id, world.owners[owner]?.id ?? ""])),
    workloads: new Set(world.workloads.map(({ id }) => id)),
  };
}

function readPrivateKey(path: string): KeyObject {
  try {
    const key = createPrivateKey(readText(path));
    if (key.asymmetricKeyType === "ed25519") return key;
  } catch (error) {
    if (error instanceof CommandFailure) throw error;
  }
  throw invalid(`${path} holds no Ed25519 private key in PEM.`);
}

const invalid = (why: string) => new CommandFailure(exitCodes.invalid, why);
