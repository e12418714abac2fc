import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { hasNatsServer, startNatsServer, type NatsServer } from "../contract/nats-server.ts";
import { freePort, until } from "./mesh-gateways.ts";
import { startServe, writePlan, type GatewayProcess } from "./gateway-process.ts";

const sites = { near: "near-edge", core: "bloc-core", abroad: "abroad-core" } as const;
type Name = keyof typeof sites;
const names = Object.keys(sites) as Name[];

const messages = [{ role: "user", content: "Hello" }];
const chat = { model: "disperse/chat", messages };
const drain = (site: string) => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ site }),
});

/** Three gateways as an operator starts them on three machines, each with emulated engines at a site of its own. */
describe.skipIf(!hasNatsServer)("gateways on several machines", () => {
  const folder = mkdtempSync(join(tmpdir(), "disperse-mesh-"));
  const running = new Map<Name, GatewayProcess>();
  const ports = new Map<Name, number>();
  let nats: NatsServer;

  const url = (name: Name) => `http://127.0.0.1:${ports.get(name)}`;
  const ask = (name: Name, body: object = {}) =>
    fetch(`${url(name)}/v1/chat/completions`, { method: "POST", body: JSON.stringify({ ...chat, ...body }) });
  const siteOf = async (name: Name) => {
    const response = await ask(name);
    await response.text();
    return response.headers.get("x-disperse-site");
  };
  const mesh = async (name: Name) => {
    const body = (await (await fetch(`${url(name)}/readyz`)).json()) as {
      status: string;
      mesh: { network: string; gateways_heard: number };
    };
    return { ...body.mesh, status: body.status };
  };
  const hears = (name: Name, count: number) =>
    until(async () => (await mesh(name)).gateways_heard === count, `${name} hears ${count} gateways`);
  const start = async (name: Name) => {
    const port = String(ports.get(name));
    const place = ["--mesh", join(folder, "mesh.yaml"), "--mesh-as", name, "--mesh-key", join(folder, `${name}.key`)];
    const ledger = ["--ledger", join(folder, `${name}.db`), "--port", port];
    running.set(name, await startServe(join(folder, "plan.json"), [...place, ...ledger]));
  };
  const end = async (name: Name, signal: "SIGTERM" | "SIGKILL") => {
    running.get(name)!.child.kill(signal);
    await running.get(name)!.ended;
  };

  beforeAll(async () => {
    nats = await startNatsServer();
    writePlan(folder);
    const gateways = [];
    for (const name of names) {
      ports.set(name, await freePort());
      const { privateKey, publicKey } = generateKeyPairSync("ed25519");
      writeFileSync(join(folder, `${name}.key`), privateKey.export({ type: "pkcs8", format: "pem" }));
      const pem = publicKey.export({ type: "spki", format: "pem" });
      gateways.push({ name, sites: [sites[name]], url: url(name), publicKey: pem });
    }
    writeFileSync(join(folder, "mesh.yaml"), JSON.stringify({ name: "test", nats: nats.url, gateways }));
    await Promise.all(names.map(start));
    for (const name of names) await hears(name, 2);
  }, 60_000);

  afterAll(async () => {
    for (const { child } of running.values()) child.kill("SIGKILL");
    await Promise.all([...running.values()].map(({ ended }) => ended));
    await nats.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  afterEach(async () => {
    await until(async () => {
      const heard = await Promise.all(names.map(mesh));
      return heard.every(({ gateways_heard: count }) => count === 2);
    }, "all hear each other again");
  }, 30_000);

  it("serve at their own sites, and take each other's drains", async () => {
    expect(await siteOf("near")).toBe("near-edge");
    expect((await fetch(`${url("core")}/admin/drains`, drain("near-edge"))).status).toBe(200);
    await until(async () => (await siteOf("near")) === "bloc-core", "its own site is drained", 2_000);
    expect(await (await fetch(`${url("abroad")}/admin/drains`)).json()).toMatchObject({
      data: [{ site: "near-edge" }],
    });
    // The law keeps these data out of the third, which is told nothing of them.
    expect(await (await fetch(`${url("abroad")}/metrics`)).text()).not.toContain("disperse_handovers_total{");
    await fetch(`${url("abroad")}/admin/drains/near-edge`, { method: "DELETE" });
    await until(async () => (await siteOf("near")) === "near-edge", "put back in", 2_000);
  }, 30_000);

  it.each(["hangs", "dies"])(
    "serve on while the control network %s, and hear each other again after it",
    async (how) => {
      const back = how === "hangs" ? nats.pause() : nats.restart(2_500);
      await until(async () => (await mesh("near")).network === "away", "it is seen to be away", 3_000);
      expect(await siteOf("near")).toBe("near-edge");
      expect((await mesh("near")).status).toBe("ready");
      if (how === "hangs") nats.resume();
      await back;
      await hears("near", 2);
    },
    60_000,
  );

  it.each([
    ["dies", "SIGKILL"],
    ["hangs", "SIGSTOP"],
  ] as const)(
    "end a stream in an error when the gateway that serves it %s, and go on without it",
    async (_how, signal) => {
      await fetch(`${url("near")}/admin/drains`, drain("near-edge"));
      const response = await ask("near", { stream: true, max_tokens: 4_000 });
      expect(response.headers.get("x-disperse-site")).toBe("bloc-core");
      const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
      await reader.read();
      const since = performance.now();
      running.get("core")!.child.kill(signal);
      let text = "";
      for (let part = await reader.read(); !part.done; part = await reader.read()) text += part.value;
      expect(text).toContain('"error"');
      expect(text).not.toContain("[DONE]");
      // A hung machine keeps its connections; that it is silent is noticed, not waited out.
      expect(performance.now() - since).toBeLessThan(8_000);
      await fetch(`${url("near")}/admin/drains/near-edge`, { method: "DELETE" });
      expect(await siteOf("near")).toBe("near-edge");
      if (signal === "SIGSTOP") running.get("core")!.child.kill("SIGCONT");
      else await start("core");
      await hears("near", 2);
      // What was drained meanwhile is known to who comes back.
      expect(await (await fetch(`${url("core")}/admin/drains`)).json()).toMatchObject({ data: [] });
    },
    60_000,
  );

  it("serve alone at their sites when everybody else is gone", async () => {
    await end("core", "SIGKILL");
    await end("abroad", "SIGTERM");
    await nats.restart();
    expect(await siteOf("near")).toBe("near-edge");
    await Promise.all([start("core"), start("abroad")]);
  }, 60_000);
});
