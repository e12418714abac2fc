import { lookup } from "node:dns/promises";
import { createEmulatedEngine } from "../../adapters/engine-emulated/index.ts";
import { askModels, createOpenAiEngine } from "../../adapters/engine-openai/index.ts";
import { createEnginePool } from "../../adapters/engine-pool/index.ts";
import { createHttpClient } from "../../adapters/http-raw/index.ts";
import type { PlanDocument } from "../../plan/index.ts";
import { compileReplica } from "../../perf/index.ts";
import { groupEngine, placesOf, type Group } from "../../route/index.ts";
import { emulatedId, type Clock, type EngineBinding } from "../../serve/index.ts";
import { addressFault } from "./address-policy.ts";
import { guardedLookup } from "./guarded-lookup.ts";
import { CommandFailure, exitCodes } from "../terminal/exit-codes.ts";
import type { Upstream } from "./upstream.ts";

/** An upstream of which everything is known. */
export type ReadyUpstream = Upstream & { readonly model: string };

/** How long a server may take to name its models, ms. */
const askTimeoutMs = 5_000;
/** How often a name is looked up again, ms. */
const discoverMs = 5_000;

/** Asks servers for the name of their model where none was given; ends the command when one cannot say. */
export async function namedUpstreams(upstreams: readonly Upstream[]): Promise<ReadyUpstream[]> {
  return Promise.all(
    upstreams.map(async (upstream) => {
      if (upstream.model !== null) return { ...upstream, model: upstream.model };
      const url = new URL(upstream.urls[0]!);
      const http = createHttpClient({ origin: url.origin, lookup: guardedLookup(upstream.network) });
      const models = await askModels(http, url.pathname.replace(/\/$/, ""), askTimeoutMs, upstream.apiKey);
      await http.close();
      const place = `the upstream of ${upstream.site}/${upstream.workload}`;
      if (models === null || models.length === 0) {
        const remedies = [
          "If its name resolves to a private address, say network=private.",
          ...(url.protocol === "https:"
            ? ["If an authority of your own signed its certificate, name the authority's file in NODE_EXTRA_CA_CERTS."]
            : []),
        ];
        throw invalid(
          `${place} does not answer GET /v1/models at ${url.origin}: name its model with model=NAME. ${remedies.join(" ")}`,
        );
      }
      if (models.length > 1) throw invalid(`${place} offers ${models.join(", ")}: choose with model=NAME.`);
      return { ...upstream, model: models[0]! };
    }),
  );
}

/** The engines of a plan: real ones where upstreams are given, emulated ones or none elsewhere. */
export function composeEngines(
  { world }: Pick<PlanDocument, "world">,
  upstreams: readonly ReadyUpstream[],
  emulated: boolean,
  parts: { readonly clock: Clock; readonly rng: () => number },
): (group: Group) => EngineBinding | null {
  return (group) => {
    const site = world.sites[group.site]!.id;
    const workloads = group.workloads.map((workload) => world.workloads[workload]!.id);
    const found = upstreams.find((entry) => entry.site === site && workloads.includes(entry.workload));
    if (found) return realEngine(found, parts.rng);
    return emulated ? emulate(group) : null;
  };

  function emulate(group: Group): EngineBinding | null {
    const workload = world.workloads[group.workloads[0]!]!;
    const spec = groupEngine(world, group);
    const replica = spec && compileReplica(spec);
    if (replica === null) return null;
    return {
      emulated: true,
      model: emulatedId(world.models[workload.model]!.id),
      maxInFlight: placesOf(replica, workload) * group.replicas,
      engine: createEmulatedEngine({
        replica,
        replicas: group.replicas,
        speedRatio: group.speedRatio,
        clock: parts.clock,
      }),
    };
  }
}

function realEngine(upstream: ReadyUpstream, rng: () => number): EngineBinding {
  const { urls, model, continues, maxInFlight, discover, network } = upstream;
  const open = (url: string, address?: string) =>
    createOpenAiEngine({
      url,
      client: (origin) => createHttpClient({ origin, lookup: guardedLookup(network), ...(address && { address }) }),
      metricsPath: upstream.metricsPath,
      ...(upstream.apiKey !== undefined && { apiKey: upstream.apiKey }),
    });
  const several = discover || urls.length > 1;
  const limit = maxInFlight === null ? {} : { maxInFlight: maxInFlight * urls.length };
  const engine = discover
    ? createEnginePool({
        addresses: () => addressesOf(urls, network),
        refreshMs: discoverMs,
        open: (place) => open(...(place.split(" ") as [string, string])),
        rng,
      })
    : several
      ? createEnginePool({ addresses: () => urls, refreshMs: null, open, rng })
      : open(urls[0]!);
  return { emulated: false, model, continues, severalServers: several, engine, ...limit };
}

/** `url address` for every address behind the names of the URLs. */
async function addressesOf(urls: readonly string[], network: Upstream["network"]): Promise<string[]> {
  const found = await Promise.all(
    urls.map(async (url) => {
      const { hostname } = new URL(url);
      const written = /(?:^|\.)localhost\.?$/i.test(hostname);
      const addresses = await lookup(hostname.replace(/^\[|\]$/g, ""), { all: true });
      return addresses
        .filter(({ address }) => addressFault(address, network, written) === null)
        .map(({ address }) => `${url} ${address}`);
    }),
  );
  return found.flat();
}

const invalid = (why: string) => new CommandFailure(exitCodes.invalid, why);
