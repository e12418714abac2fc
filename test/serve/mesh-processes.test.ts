import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { hasNatsServer, startNatsServer, type NatsServer } from "../contract/nats-server.ts";
import { until } from "./mesh-gateways.ts";
import { meshMachines } from "./mesh-machines.ts";

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

/** Each gateway has emulated engines at a site of its own. */
describe.skipIf(!hasNatsServer)("gateways on several machines", () => {
  const folder = mkdtempSync(join(tmpdir(), "disperse-mesh-"));
  let nats: NatsServer;
  let machines: Awaited<ReturnType<typeof meshMachines<Name>>>;

  const url = (name: Name) => machines.url(name);
  const ask = (name: Name, body: object = {}) =>
    fetch(`${url(name)}/v1/chat/completions`, { method: "POST", body: JSON.stringify({ ...chat, ...body }) });
  const siteOf = async (name: Name) => {
    const response = await ask(name);
    await response.text();
    return response.headers.get("x-disperse-site");
  };
  const hears = (name: Name, count: number) =>
    until(async () => (await machines.heard(name)).count === count, `${name} hears ${count} gateways`);

  beforeAll(async () => {
    nats = await startNatsServer();
    machines = await meshMachines(folder, nats.url, sites);
    await Promise.all(names.map((name) => machines.start(name)));
    for (const name of names) await hears(name, 2);
  }, 60_000);

  afterAll(async () => {
    await machines.endAll();
    await nats.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  afterEach(async () => {
    await until(async () => {
      const heard = await Promise.all(names.map((name) => machines.heard(name)));
      return heard.every(({ count }) => count === 2);
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
      await until(async () => (await machines.heard("near")).network === "away", "it is seen to be away", 3_000);
      expect(await siteOf("near")).toBe("near-edge");
      expect((await machines.heard("near")).status).toBe("ready");
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
      machines.signal("core", signal);
      let text = "";
      for (let part = await reader.read(); !part.done; part = await reader.read()) text += part.value;
      expect(text).toContain('"error"');
      expect(text).not.toContain("[DONE]");
      // A hung machine keeps its connections; that it is silent is noticed, not waited out.
      expect(performance.now() - since).toBeLessThan(8_000);
      await fetch(`${url("near")}/admin/drains/near-edge`, { method: "DELETE" });
      expect(await siteOf("near")).toBe("near-edge");
      if (signal === "SIGSTOP") machines.signal("core", "SIGCONT");
      else await machines.start("core");
      await hears("near", 2);
      // What was drained meanwhile is known to who comes back.
      expect(await (await fetch(`${url("core")}/admin/drains`)).json()).toMatchObject({ data: [] });
    },
    60_000,
  );

  it("serve alone at their sites when everybody else is gone", async () => {
    await machines.end("core", "SIGKILL");
    await machines.end("abroad", "SIGTERM");
    await nats.restart();
    expect(await siteOf("near")).toBe("near-edge");
    await Promise.all([machines.start("core"), machines.start("abroad")]);
  }, 60_000);
});
