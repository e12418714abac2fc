import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { createNodeClock } from "../../adapters/clock-node/index.ts";
import { Drains } from "../../serve/index.ts";
import { runCliHere } from "../../../test/cli/run-cli.ts";
import { writePlan } from "../../../test/serve/gateway-process.ts";
import { serveDeployment, serveWorld } from "../../../test/serve/test-mesh.ts";
import { openMesh } from "./open-mesh.ts";

const folder = mkdtempSync(join(tmpdir(), "open-mesh-"));
afterAll(() => rmSync(folder, { recursive: true }));
const world = serveWorld();
const file = join(folder, "mesh.yaml");
const keyOf = (name: string) => join(folder, `${name}.key`);
const gateways = Object.entries({ near: "near-edge", core: "bloc-core" }).map(([name, site]) => {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  writeFileSync(keyOf(name), privateKey.export({ type: "pkcs8", format: "pem" }));
  const pem = publicKey.export({ type: "spki", format: "pem" });
  return { name, sites: [site], url: `http://${name}.localhost:1`, publicKey: pem };
});
writeFileSync(file, JSON.stringify({ name: "test", nats: "nats://127.0.0.1:1", gateways }));

const open = (self: string, key = keyOf(self)) =>
  openMesh({ file, self, key }, { world }, { clock: createNodeClock(), drains: new Drains(), say: () => {} });

describe("a place in a mesh", () => {
  it("has engines of its own at its sites, those of others elsewhere, and none where nobody is", async () => {
    const mesh = open("near");
    const deployment = serveDeployment(world);
    const own = { engine: null as never, emulated: true, model: "own" };
    const engines = mesh.engines({ world, deployment, period: 0 }, () => own);
    const made = deployment.pools.map(({ site }, pool) => engines({ site, pool, workloads: [0] } as never));
    expect(made[0]).toBe(own);
    expect(made[1]!.told!.healthRatio(0)).toBe(0);
    expect(made[2]).toBeNull();
    expect(() => mesh.requireOwn([{ site: "near-edge" }, { site: "bloc-core" }])).toThrow(
      /which core holds and not "near"/,
    );
    await mesh.close();
  });

  it("is for the one with its key", () => {
    expect(() => open("near", keyOf("core"))).toThrow(/not the private key of "near"/);
    expect(() => open("near", file)).toThrow(/no Ed25519 private key/);
    expect(() => open("paris", keyOf("near"))).toThrow(/no such gateway. It has near, core/);
  });

  it.each<[string, string[], RegExp]>([
    ["without a name and a key", ["--mesh", file], /go together/],
    [
      "for several processes",
      ["--mesh", file, "--mesh-as", "near", "--mesh-key", keyOf("near"), "--workers", "2"],
      /single process/,
    ],
  ])("is refused %s", async (_how, args, message) => {
    const { exitCode, stderr } = await runCliHere(["serve", writePlan(folder), ...args]);
    expect([exitCode, stderr]).toEqual([3, expect.stringMatching(message)]);
  });
});
