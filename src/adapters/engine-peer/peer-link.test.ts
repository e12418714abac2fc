import { createServer, type AddressInfo, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { until } from "../../../test/serve/mesh-gateways.ts";
import { Peers, type EngineFailure, type Mesh } from "../../serve/index.ts";
import { createNodeClock } from "../clock-node/index.ts";
import { createHttpClient } from "../http-raw/index.ts";
import { createMemoryMesh } from "../mesh-memory/index.ts";
import { Drains } from "../../serve/index.ts";
import { PeerLink } from "./peer-link.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A gateway that is heard, and a way to it: an engine there takes its time, and what is asked beside it is answered while the way is whole. */
async function linked() {
  const clock = createNodeClock();
  const network = createMemoryMesh();
  const sites = { near: ["near-edge"], far: ["bloc-core"] };
  const members = Object.entries(sites).map(([name, own]) => ({ name, sites: own }));
  const seal = { seal: () => "x", holds: () => true, digest: () => "" };
  const join = (self: string, mesh: Mesh = network.join()) => {
    const peers = new Peers({
      self,
      members,
      ownerOf: () => "one",
      knows: () => true,
      planMark: () => null,
      mesh,
      seal,
      clock,
      drains: new Drains(),
    });
    peers.start(() => []);
    closing.push(() => peers.close());
    return peers;
  };
  const [near] = [join("near"), join("far")];
  const state = { cut: false };
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      if (!state.cut && bytes.toString("latin1").startsWith("GET"))
        socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const peer = near.others[0]!;
  const nowMs = () => clock.monotonicMs();
  const link = new PeerLink({ peer, http: createHttpClient({ origin }), probe: createHttpClient({ origin }), nowMs });
  closing.push(async () => {
    await link.close();
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await until(() => peer.standing(nowMs()) === "fresh", "heard");
  const post = () => {
    const run: { failure?: EngineFailure | null } = {};
    const end = (failure: EngineFailure | null) => void (run.failure = failure);
    link.post({ path: "/v1/chat/completions", headers: [], body: "{}" }, { head() {}, data() {}, end });
    return run;
  };
  return { server, state, post, standing: () => peer.standing(nowMs()) };
}

describe("the way to another gateway", () => {
  it("is given up when nothing comes of it, though the gateway is heard, and taken again once it is whole", async () => {
    const { state, post, standing } = await linked();
    state.cut = true;
    const run = post();
    await until(() => run.failure !== undefined, "given up", 3_500);
    expect(run.failure).toMatchObject({ kind: "reset" });
    // What the gateway says goes on to come.
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(standing()).toBe("suspected");
    state.cut = false;
    await until(() => standing() === "fresh", "reachable again", 3_000);
  });

  it("is not given up for what runs there when the gateway takes no new connections, as one does that stops", async () => {
    const { server, post, standing } = await linked();
    const running = post();
    await new Promise((resolve) => setTimeout(resolve, 100));
    server.close();
    const refused = post();
    await until(() => refused.failure !== undefined, "refused");
    expect(standing()).toBe("suspected");
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(running.failure).toBeUndefined();
  });

  it("is waited on for an engine that takes its time", async () => {
    const { post, standing } = await linked();
    const run = post();
    await new Promise((resolve) => setTimeout(resolve, 3_500));
    expect([run.failure, standing()]).toEqual([undefined, "fresh"]);
  });
});
