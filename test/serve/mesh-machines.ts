import { generateKeyPairSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { World } from "../../src/catalog/index.ts";
import { startServe, writePlan, type GatewayProcess } from "./gateway-process.ts";
import { freePort } from "./mesh-gateways.ts";

/** Gateways as an operator starts them on several machines: a process each, with keys, ledger and the file of the mesh in `folder`. */
export async function meshMachines<Name extends string>(
  folder: string,
  nats: string,
  sites: Readonly<Record<Name, string>>,
  world?: World,
) {
  const names = Object.keys(sites) as Name[];
  const ports = new Map<Name, number>();
  const running = new Map<Name, GatewayProcess>();
  const plan = writePlan(folder, world);
  const url = (name: Name) => `http://127.0.0.1:${ports.get(name)}`;
  const ledger = (name: Name) => join(folder, `${name}.db`);
  const gateways = [];
  for (const name of names) {
    ports.set(name, await freePort());
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    writeFileSync(join(folder, `${name}.key`), privateKey.export({ type: "pkcs8", format: "pem" }));
    const pem = publicKey.export({ type: "spki", format: "pem" });
    gateways.push({ name, sites: [sites[name]], url: url(name), publicKey: pem });
  }
  writeFileSync(join(folder, "mesh.yaml"), JSON.stringify({ name: "test", nats, gateways }));

  const of = (name: Name) => running.get(name)!;
  return {
    names,
    url,
    ledger,
    async start(name: Name): Promise<void> {
      const place = ["--mesh", join(folder, "mesh.yaml"), "--mesh-as", name, "--mesh-key", join(folder, `${name}.key`)];
      const port = String(ports.get(name));
      running.set(name, await startServe(plan, [...place, "--ledger", ledger(name), "--port", port]));
    },
    signal: (name: Name, signal: NodeJS.Signals) => void of(name).child.kill(signal),
    async end(name: Name, signal: "SIGTERM" | "SIGKILL"): Promise<void> {
      of(name).child.kill(signal);
      await of(name).ended;
    },
    async endAll(): Promise<void> {
      for (const { child } of running.values()) child.kill("SIGKILL");
      await Promise.all([...running.values()].map(({ ended }) => ended));
    },
    /** What a gateway says of the others. */
    async heard(name: Name) {
      const body = (await (await fetch(`${url(name)}/readyz`)).json()) as {
        status: string;
        mesh: { network: string; gateways_heard: number };
      };
      return { status: body.status, network: body.mesh.network, count: body.mesh.gateways_heard };
    },
  };
}
