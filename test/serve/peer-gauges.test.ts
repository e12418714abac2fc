import { expect, it } from "vitest";
import { createMemoryMesh } from "../../src/adapters/mesh-memory/index.ts";
import { createPrometheusTelemetry } from "../../src/adapters/telemetry-prometheus/index.ts";
import { createGateway, Drains, Peers } from "../../src/serve/index.ts";
import { createMemoryStore } from "../../src/adapters/store-memory/index.ts";
import { createManualClock } from "./manual-clock.ts";
import { serveDeployment, serveWorld } from "./test-mesh.ts";

it("counts what was refused once, also when another configuration is put in force", async () => {
  const clock = createManualClock();
  const network = createMemoryMesh();
  const peers = new Peers({
    self: "near",
    members: [{ name: "near", sites: ["near-edge"] }],
    ownerOf: () => "one",
    knows: () => true,
    planMark: () => null,
    mesh: network.join(),
    seal: { seal: () => "x", holds: () => false, digest: () => "" },
    clock,
    drains: new Drains(),
  });
  const telemetry = createPrometheusTelemetry();
  const world = serveWorld();
  const compose = () =>
    createGateway({
      world,
      deployment: serveDeployment(world),
      engines: () => null,
      peers,
      store: createMemoryStore(),
      clock,
      telemetry,
      rng: () => 0.5,
    });
  network.join().publish("not a report");
  await Promise.resolve();
  for (const gateway of [compose(), compose()]) gateway.observe();
  expect(telemetry.render()).toContain('disperse_mesh_reports_refused_total{reason="forged"} 1\n');
});
