import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { PlanDocument } from "../../plan/index.ts";
import { answer, startUpstream } from "../../../test/serve/misbehaving-upstream.ts";
import { serveDeployment, serveWorld } from "../../../test/serve/test-mesh.ts";
import { addressFault } from "./address-policy.ts";
import { guardedLookup } from "./guarded-lookup.ts";
import { namedUpstreams } from "./compose-engines.ts";
import { parseUpstream, readUpstreams, withoutUpstream } from "./upstream.ts";

const world = serveWorld();
const plan = { world, deployment: serveDeployment(world) } as unknown as PlanDocument;
const folder = mkdtempSync(join(tmpdir(), "upstreams-"));
afterAll(() => rmSync(folder, { recursive: true }));
const place = "site=near-edge,workload=chat";

describe("real engines", () => {
  it("are read from words and from a list, and several of one place share its requests", () => {
    const file = join(folder, "engines.yaml");
    writeFileSync(
      file,
      `upstreams:
  - { site: near-edge, workload: chat, url: [http://10.0.0.7:8000/, http://10.0.0.8:8000/v1], model: m, continues: true, max-in-flight: 64, key-env: KEY }
  - { site: bloc-core, workload: chat, url: http://localhost:1, metrics: none, discover: dns }
`,
    );
    const spec = `${place},url=http://10.0.0.9:8000,model=m,continues=yes,max-in-flight=64,key-env=KEY`;
    const found = readUpstreams([spec], file, plan, { KEY: "secret" });
    expect(found).toMatchObject([
      {
        site: "near-edge",
        urls: ["http://10.0.0.9:8000", "http://10.0.0.7:8000", "http://10.0.0.8:8000"],
        model: "m",
        apiKey: "secret",
        continues: true,
        maxInFlight: 64,
        metricsPath: "auto",
      },
      { site: "bloc-core", model: null, metricsPath: null, discover: true },
    ]);
  });

  it("are missing where the plan has an engine and none is named", () => {
    const all = withoutUpstream(plan, []);
    expect(all).toContain("near-edge/chat");
    expect(withoutUpstream(plan, [{ site: "near-edge", workload: "chat" }])).toEqual(
      all.filter((engine) => engine !== "near-edge/chat"),
    );
  });

  it.each<[string, RegExp]>([
    [`${place},url=http://10.0.0.7:1,modle=m`, /unknown key "modle"/],
    [`${place}`, /"url" is missing/],
    [`${place},url=ftp://x`, /no http or https address/],
    [`${place},url=http://user:pw@10.0.0.7`, /key-env/],
    [`${place},url=http://169.254.169.254/latest,model=m`, /link-local.*network=any/],
    [`${place},url=http://[fe80::1]:8000,model=m`, /link-local/],
    [`${place},url=http://0.0.0.0:8000,model=m`, /reserved/],
    [`${place},url=http://x,max-in-flight=0`, /above 0/],
    [`${place},url=http://x,metrics=metrics`, /must be a path/],
    [`${place},url=http://x,network=lan`, /public or private or any/],
    [`${place},url=http://x,key-env=NOT_SET`, /NOT_SET is not set/],
    ["site=nowhere,workload=chat,url=http://x", /has no engine/],
  ])("are refused with what is wrong: %s", (spec, message) => {
    expect(() => parseUpstream(spec, plan, {})).toThrow(message);
  });

  it("of one place must agree", () => {
    const specs = [`${place},url=http://10.0.0.7:1,model=a`, `${place},url=http://10.0.0.7:2,model=b`];
    expect(() => readUpstreams(specs, null, plan, {})).toThrow(/must agree/);
  });

  it("are asked for the name of their model, with their key", async () => {
    const upstream = await startUpstream((socket, { head }) => {
      const allowed = head.startsWith("GET /v1/models ") && head.includes("authorization: Bearer secret");
      answer(socket, allowed ? 200 : 401, JSON.stringify({ data: allowed ? [{ id: "org/model" }] : [] }));
    });
    const spec = `${place},url=${upstream.url},key-env=KEY`;
    const [named] = await namedUpstreams([parseUpstream(spec, plan, { KEY: "secret" })]);
    expect(named!.model).toBe("org/model");
    await expect(namedUpstreams([parseUpstream(`${place},url=${upstream.url}`, plan, {})])).rejects.toThrow(
      /model=NAME/,
    );
    upstream.behave((socket) => answer(socket, 200, JSON.stringify({ data: [{ id: "a" }, { id: "b" }] })));
    await expect(namedUpstreams([parseUpstream(spec, plan, { KEY: "secret" })])).rejects.toThrow(/a, b: choose/);
    await upstream.close();
  });
});

describe("addresses a name may resolve to", () => {
  it.each<[string, "public" | "private" | "any", boolean, boolean]>([
    ["93.184.216.34", "public", false, true],
    ["10.1.2.3", "public", false, false],
    ["10.1.2.3", "public", true, true],
    ["10.1.2.3", "private", false, true],
    ["127.0.0.1", "public", false, false],
    ["::1", "public", false, false],
    ["::ffff:192.168.0.1", "public", false, false],
    ["100.64.0.1", "public", false, false],
    ["fd12::1", "public", false, false],
    ["169.254.169.254", "private", false, false],
    ["::ffff:169.254.169.254", "private", true, false],
    ["fe80::1", "private", true, false],
    ["224.0.0.1", "private", true, false],
    ["169.254.169.254", "any", false, true],
  ])("%s under %s, written down: %s → allowed: %s", (address, network, written, allowed) => {
    expect(addressFault(address, network, written) === null).toBe(allowed);
  });

  it("let localhost be itself and refuse what they must", async () => {
    const resolve = (name: string) =>
      new Promise<string>((done) => {
        guardedLookup("public")(name, { family: 4 }, (error, address) =>
          done(error ? String(error.code) : typeof address === "string" ? address : ""),
        );
      });
    expect(await resolve("localhost")).toBe("127.0.0.1");
  });
});
