import { describe, expect, it } from "vitest";
import { createPeerEngine, PeerLink } from "../../src/adapters/engine-peer/index.ts";
import { createMemoryStore } from "../../src/adapters/store-memory/index.ts";
import { createPrometheusTelemetry } from "../../src/adapters/telemetry-prometheus/index.ts";
import type { Group } from "../../src/route/index.ts";
import {
  createGateway,
  Drains,
  Peers,
  ToldGroup,
  type Call,
  type EngineBinding,
  type Gateway,
  type HttpClient,
  type Mesh,
  type Reply,
  type Seal,
} from "../../src/serve/index.ts";
import { seededRng } from "../worlds/random-world.ts";
import { testSite } from "../worlds/tiny-world.ts";
import { createManualClock } from "./manual-clock.ts";
import { emulatedBinding, serveDeployment, serveWorld } from "./test-mesh.ts";

/** What the engines of one site take in time, found by trial; and the way between two gateways, ms. */
const sitePerS = 115;
const hopMs = 3;
const budgetMs = 400;

const world = serveWorld({
  sites: [testSite({ id: "near-edge", tier: "edge" }), testSite({ id: "bloc-core", tier: "core", country: "BB" })],
});
const deployment = serveDeployment(world);

/** Everybody is taken for who they say they are: what is looked at here is load. */
const trusting: Seal = { seal: () => "seal", holds: () => true, digest: () => "" };

/** The gateway or gateways of a world on a clock that is moved by hand, and the engines at each site. */
function serving(together: boolean) {
  const clock = createManualClock(0);
  const rng = seededRng(5);
  const gateways = new Map<string, Gateway>();
  const emulated = (group: Group): EngineBinding => ({
    ...emulatedBinding(world, { ...group, workloads: [0], replicas: 1, speedRatio: 1 }, clock),
    maxInFlight: 8,
  });
  const parts = { world, deployment, store: createMemoryStore(), clock, rng };
  if (together) {
    const gateway = createGateway({ ...parts, engines: emulated, telemetry: createPrometheusTelemetry() });
    for (const site of ["near-edge", "bloc-core"]) gateways.set(site, gateway);
    return { clock, rng, gateways };
  }
  const heard: ((text: string) => void)[] = [];
  const mesh: Mesh = {
    publish: (text) => void clock.schedule(hopMs, () => heard.forEach((hear) => hear(text))),
    listen: (hear) => (heard.push(hear), () => {}),
    close: async () => {},
  };
  const members = world.sites.map(({ id }) => ({ name: id, sites: [id] }));
  for (const { name: self } of members) {
    const drains = new Drains();
    const peers = new Peers({
      self,
      members,
      ownerOf: () => "",
      knows: () => true,
      planMark: () => null,
      mesh,
      seal: trusting,
      clock,
      drains,
    });
    const links = new Map(
      peers.others.map((peer) => {
        const http = over(clock, () => gateways.get(peer.name)!);
        return [peer.name, new PeerLink({ peer, http, probe: http, nowMs: () => clock.monotonicMs() })];
      }),
    );
    const engines = (group: Group): EngineBinding => {
      const site = world.sites[group.site]!.id;
      if (peers.holds(site)) return emulated(group);
      const pool = deployment.pools[group.pool]!.id;
      const told = new ToldGroup(peers.holderOf(site)!, { site, pool, position: 0 });
      const engine = createPeerEngine({ peers, group: told, link: links.get(site)!, seal: trusting });
      return { engine, emulated: true, model: "disperse/chat", told };
    };
    const gateway = createGateway({ ...parts, engines, peers, drains, telemetry: createPrometheusTelemetry() });
    gateways.set(self, gateway);
    peers.start(() => gateway.engineReports());
  }
  clock.advance(1_000);
  return { clock, rng, gateways };
}

/** HTTP without a network: a request comes to the other gateway a moment later. */
function over(clock: ReturnType<typeof createManualClock>, to: () => Gateway): HttpClient {
  return {
    post({ path, headers, body }, events) {
      let over = false;
      let cancel = () => {};
      const header = (name: string) => headers[headers.indexOf(name) + 1];
      const call: Call = { method: "POST", path, body, bodyBytes: body.length, header };
      const reply: Reply = {
        send(status, fields, bytes, last) {
          const after = fields.indexOf("retry-after");
          const contentType = fields[fields.indexOf("content-type") + 1]!;
          events.head({ status, contentType, retryAfterMs: after < 0 ? null : Number(fields[after + 1]) * 1_000 });
          return reply.write(String(bytes), last);
        },
        write(bytes, last) {
          if (!over) events.data(bytes);
          if (last && !over) events.end(null);
          return true;
        },
        reset: () => void (over || events.end({ kind: "reset", message: "reset" })),
      };
      clock.schedule(hopMs, () => {
        if (over) return;
        const exchange = to().handle(call, reply);
        cancel = () => exchange.clientLeft();
      });
      return {
        cancel() {
          over = true;
          cancel();
        },
        pause() {},
        resume() {},
      };
    },
    getText: async () => "",
    close: async () => {},
  };
}

/** Users of the edge who ask so often for half a minute: how many were answered, in time, and where. */
function outcome(together: boolean, perS: number) {
  const { clock, rng, gateways } = serving(together);
  const gateway = gateways.get("near-edge")!;
  const body = JSON.stringify({ model: "disperse/chat", stream: true, messages: [{ role: "user", content: "Hello" }] });
  const call: Call = {
    method: "POST",
    path: "/v1/chat/completions",
    body,
    bodyBytes: body.length,
    header: () => undefined,
  };
  const count = { asked: 0, answered: 0, inTime: 0, elsewhere: 0 };
  const endMs = clock.monotonicMs() + 30_000;
  for (;;) {
    clock.advance((-Math.log(1 - rng()) / perS) * 1_000);
    const atMs = clock.monotonicMs();
    if (atMs > endMs) break;
    count.asked++;
    gateway.handle(call, {
      send(status, headers) {
        if (status !== 200) return true;
        count.answered++;
        if (clock.monotonicMs() - atMs <= budgetMs) count.inTime++;
        if (headers[headers.indexOf("x-disperse-site") + 1] !== "near-edge") count.elsewhere++;
        return true;
      },
      write: () => true,
      reset() {},
    });
  }
  clock.advance(20_000);
  const share = (part: number) => part / count.asked;
  return { answered: share(count.answered), inTime: share(count.inTime), elsewhere: share(count.elsewhere) };
}

describe("a gateway at each of two sites", () => {
  it.each([0.7, 2, 4])("answers as one gateway for both would, at %d times what a site takes", (load) => {
    const one = outcome(true, load * sitePerS);
    const two = outcome(false, load * sitePerS);
    expect(Math.abs(two.answered - one.answered)).toBeLessThan(0.03);
    expect(Math.abs(two.inTime - one.inTime)).toBeLessThan(0.03);
    expect(Math.abs(two.elsewhere - one.elsewhere)).toBeLessThan(0.05);
  });
});
