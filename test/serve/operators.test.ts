import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { Accounts, OperatorAccess, type Call, type KeyRecord } from "../../src/serve/index.ts";
import { runCliHere } from "../cli/run-cli.ts";
import { startServe, writePlan, type GatewayProcess } from "./gateway-process.ts";
import { createManualClock } from "./manual-clock.ts";
import { contentEvent, roleEvent, startUpstream, streamThen, wellBehaved } from "./misbehaving-upstream.ts";
import { createGateway, testMesh, transports } from "./test-mesh.ts";

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((close) => close()));
});

describe("who may see console and metrics, and who may change what runs", () => {
  const key = (id: string, changes: Partial<KeyRecord> = {}): KeyRecord => ({
    id,
    digest: id,
    account: "team",
    workloads: "*",
    expiresEpochMs: null,
    ...changes,
  });
  const accountsWith = (...keys: KeyRecord[]) => {
    const limits = { budgetNanoUsd: null, spentNanoUsd: 0, requestsPerMinute: null, tokensPerMinute: null };
    return new Accounts({ accounts: [{ id: "team", ...limits }], keys, digests: (secret) => [secret] }, 0);
  };
  const roles = [
    key("looks", { role: "viewer" }),
    key("acts", { role: "operator" }),
    key("asks"),
    key("late", { role: "operator", expiresEpochMs: 5 }),
    key("gone", { role: "operator", revoked: true }),
  ];
  const access = (accounts: Accounts, more: object = {}) =>
    new OperatorAccess({ accounts, clock: createManualClock(10), ...more });
  const from = (local: boolean, headers: Record<string, string> = {}): Call => ({
    method: "GET",
    path: "/metrics",
    body: "",
    bodyBytes: 0,
    local,
    header: (name) => ({ host: "127.0.0.1:4400", ...headers })[name],
  });
  const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` });
  const basic = (secret: string) => ({ authorization: `Basic ${btoa(`me:${secret}`)}` });

  it("is asked for a key with a role as soon as there is one, wherever it calls from", () => {
    const guarded = access(accountsWith(...roles));
    const may = (call: Call, role: "viewer" | "operator") => guarded.enter(call, role).ok;
    for (const local of [true, false]) {
      expect(
        ["looks", "acts", "asks", "late", "gone", "nobody"].map((id) => may(from(local, bearer(id)), "viewer")),
      ).toEqual([true, true, false, false, false, false]);
      expect(["looks", "acts", "asks"].map((id) => may(from(local, basic(id)), "operator"))).toEqual([
        false,
        true,
        false,
      ]);
      expect(guarded.enter(from(local), "viewer")).toMatchObject({
        ok: false,
        error: { status: 401, code: "operator_key_required" },
        headers: ["www-authenticate", expect.stringMatching(/^Basic /)],
      });
    }
  });

  it("is anyone on this machine while no key has a role, and nobody who was passed on from elsewhere", () => {
    const free = access(accountsWith(key("asks")));
    expect(free.enter(from(true), "operator")).toEqual({ ok: true, known: true });
    expect(free.enter(from(true, { host: "localhost:4400", ...bearer("asks") }), "operator").ok).toBe(true);
    for (const call of [
      from(false),
      from(true, { host: "gateway.example" }),
      from(true, { "x-forwarded-for": "203.0.113.7" }),
      from(true, { forwarded: "for=203.0.113.7" }),
    ]) {
      expect(free.enter(call, "viewer")).toMatchObject({
        ok: false,
        error: { status: 403, code: "local_callers_only" },
      });
    }
  });

  it("may be everyone for looking, who is then not told of tenants, and never for changing", () => {
    const shown = access(accountsWith(key("asks")), { open: true });
    expect(shown.enter(from(false), "viewer")).toEqual({ ok: true, known: false });
    expect(shown.enter(from(false), "operator").ok).toBe(false);
    const both = access(accountsWith(...roles), { open: true });
    expect(both.enter(from(false), "viewer").ok).toBe(false);
  });

  it("takes the operator's own key beside those of accounts", () => {
    const own = access(new Accounts(null, 0), { isOperatorKey: (secret: string) => secret === "mine" });
    expect(own.enter(from(false, basic("mine")), "operator")).toEqual({ ok: true, known: true });
    expect(own.enter(from(true), "viewer").ok).toBe(false);
  });
});

describe.each(transports)("draining over $name", ({ serve, client }) => {
  async function mesh(behave = wellBehaved) {
    const near = await startUpstream(behave);
    const bloc = await startUpstream(wellBehaved);
    const { parts, telemetry } = testMesh({ upstreams: { "near-edge": near.url, "bloc-core": bloc.url }, client });
    const gateway = createGateway(parts);
    const service = await serve(gateway, { host: "127.0.0.1", port: 0 });
    open.push(
      () => service.close(100),
      () => near.close(),
      () => bloc.close(),
    );
    const ask = (stream = false) =>
      fetch(`${service.url}/v1/chat/completions`, {
        method: "POST",
        body: JSON.stringify({ model: "disperse/chat", stream, messages: [{ role: "user", content: "Hello" }] }),
      });
    const admin = (method: string, path: string, body?: object, headers: Record<string, string> = {}) =>
      fetch(`${service.url}/admin/drains${path}`, {
        method,
        headers: { ...(body && { "content-type": "application/json" }), ...headers },
        ...(body && { body: JSON.stringify(body) }),
      });
    const metrics = () => {
      gateway.observe();
      return telemetry.render();
    };
    return { url: service.url, near, ask, admin, metrics };
  }

  it("sends new requests elsewhere while a running stream finishes, and shows it wherever one looks", async () => {
    const { url, near, ask, admin, metrics } = await mesh(streamThen([roleEvent, contentEvent("one ")], "stay"));
    const running = await ask(true);
    const reader = running.body!.getReader();
    expect(Buffer.from((await reader.read()).value!).toString()).toContain("one ");
    expect(running.headers.get("x-disperse-site")).toBe("near-edge");

    const drained = await admin("POST", "", { site: "near-edge", reason: "new kernel" });
    expect(await drained.json()).toMatchObject({ site: "near-edge", workload: null, reason: "new kernel", running: 1 });
    const next = await ask();
    expect(next.headers.get("x-disperse-site")).toBe("bloc-core");
    const route = await (await fetch(`${url}/v1/routes/${next.headers.get("x-disperse-request-id")}`)).json();
    expect(route).toMatchObject({
      target: { site: "bloc-core" },
      rejected: expect.arrayContaining([
        { site: "near-edge", reason: "drained", detail: "taken out by the operator: new kernel" },
      ]) as object,
    });
    expect(await (await fetch(`${url}/readyz`)).json()).toEqual({
      status: "ready",
      drained: [{ site: "near-edge", workload: null }],
    });
    expect(metrics()).toContain('disperse_drained_running_requests{site="near-edge",workload=""} 1');

    const rest = `${contentEvent("two")}data: [DONE]\n\n`;
    for (const socket of near.connections) socket.write(`${rest.length.toString(16)}\r\n${rest}\r\n0\r\n\r\n`);
    let text = "";
    for (let part = await reader.read(); !part.done; part = await reader.read())
      text += Buffer.from(part.value).toString();
    expect(text).toMatch(/two[\s\S]*\[DONE\]/);
    expect(await (await admin("GET", "")).json()).toMatchObject({ data: [{ site: "near-edge", running: 0 }] });

    near.behave(wellBehaved);
    expect((await admin("DELETE", "/near-edge")).status).toBe(200);
    expect((await ask()).headers.get("x-disperse-site")).toBe("near-edge");
    expect((await admin("DELETE", "/near-edge")).status).toBe(404);
  });

  it("says so when everything that may serve a request is taken out", async () => {
    const { url, ask, admin } = await mesh();
    await admin("POST", "", { site: "near-edge", workload: "chat" });
    await admin("POST", "", { site: "bloc-core" });
    const refused = await ask();
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await refused.json()).toMatchObject({
      error: { code: "no_site", message: expect.stringMatching(/taken out by the operator: .*near-edge/) as string },
    });
    const ready = await fetch(`${url}/readyz`);
    expect([ready.status, await ready.json()]).toMatchObject([503, { status: "drained" }]);
  });

  it("refuses what it does not understand, and pages of other origins", async () => {
    const { admin } = await mesh();
    const refusals = [
      await admin("POST", "", { site: "nowhere" }),
      await admin("POST", "", { site: "near-edge", workload: "chess" }),
      await admin("POST", "", { site: "near-edge", until: "noon" }),
      await admin("POST", "", { site: "near-edge" }, { "content-type": "text/plain" }),
      await admin("POST", "", { site: "near-edge" }, { origin: "http://elsewhere.example" }),
      await admin("PUT", "", { site: "near-edge" }),
      await admin("DELETE", "/%zz/a/b"),
    ];
    expect(refusals.map(({ status }) => status)).toEqual([400, 400, 400, 400, 403, 405, 404]);
    expect(await (await admin("GET", "")).json()).toEqual({ object: "list", data: [] });
  });
});

describe("operating a gateway from the command line", () => {
  const folder = mkdtempSync(join(tmpdir(), "operators-"));
  const running: GatewayProcess[] = [];
  afterAll(async () => {
    for (const { child } of running) child.kill("SIGKILL");
    await Promise.all(running.map(({ ended }) => ended));
    rmSync(folder, { recursive: true });
  });

  it("drains all its processes with a key of that role, lists, waits and puts back", async () => {
    const keys = join(folder, "keys.json");
    const made = async (role: string) =>
      (await runCliHere(["keys", "create", "--keys", keys, "--account", "ops", "--role", role])).stdout.trim();
    const [viewer, operator] = [await made("viewer"), await made("operator")];
    const gateway = await startServe(writePlan(folder), ["--keys", keys, "--workers", "2"]);
    running.push(gateway);
    const metrics = (headers: Record<string, string> = {}) => fetch(`${gateway.url}/metrics`, { headers });
    expect((await metrics()).status).toBe(401);
    expect((await metrics({ authorization: `Basic ${btoa(`prometheus:${viewer}`)}` })).status).toBe(200);

    process.env["OPERATOR_KEY"] = operator;
    process.env["VIEWER_KEY"] = viewer;
    const at = ["--url", gateway.url, "--key-env"];
    const refused = await runCliHere(["drain", "near-edge", ...at, "VIEWER_KEY"]);
    expect(refused).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining("may look, but not change") as string,
    });
    const unknown = await runCliHere(["drain", "nowhere", ...at, "OPERATOR_KEY"]);
    expect(unknown).toMatchObject({ exitCode: 3, stderr: expect.stringContaining("no engine at a site") as string });
    const drained = await runCliHere(["drain", "near-edge", "--wait", "20s", ...at, "OPERATOR_KEY"]);
    expect(drained).toMatchObject({
      exitCode: 0,
      stderr: expect.stringMatching(/no new requests.*\n.*Nothing runs/s) as string,
    });
    // Connections are spread over the processes, and every one of them has heard of it.
    for (let asked = 0; asked < 6; asked++) {
      const ready = await fetch(`${gateway.url}/readyz`, { headers: { connection: "close" } });
      expect(await ready.json()).toMatchObject({ drained: [{ site: "near-edge" }] });
    }
    expect((await runCliHere(["drain", ...at, "VIEWER_KEY"])).stdout).toMatch(/near-edge +all/);
    expect((await runCliHere(["undrain", "near-edge", ...at, "OPERATOR_KEY"])).exitCode).toBe(0);
    const admin = (method: string, path: string, body?: object) =>
      fetch(`${gateway.url}/admin/drains${path}`, {
        method,
        headers: {
          authorization: `Bearer ${operator}`,
          connection: "close",
          ...(body && { "content-type": "application/json" }),
        },
        ...(body && { body: JSON.stringify(body) }),
      });
    const drainedSites = async () =>
      ((await (await admin("GET", "")).json()) as { data: { site: string }[] }).data.map(({ site }) => site).toSorted();
    for (let asked = 0; asked < 4; asked++) expect(await drainedSites()).toEqual([]);
    // Two operators at once, most likely at two processes: neither takes back what the other did.
    for (let round = 0; round < 3; round++) {
      const sites = ["near-edge", "bloc-core"];
      await Promise.all(sites.map((site) => admin("POST", "", { site })));
      for (let asked = 0; asked < 4; asked++) expect(await drainedSites()).toEqual(sites.toSorted());
      await Promise.all(sites.map((site) => admin("DELETE", `/${site}`)));
      for (let asked = 0; asked < 4; asked++) expect(await drainedSites()).toEqual([]);
    }
    const again = await runCliHere(["undrain", "near-edge", ...at, "OPERATOR_KEY"]);
    expect(again).toMatchObject({ exitCode: 3, stderr: expect.stringContaining("Nothing is.") as string });
  });

  it("tells who listens to the world that the console is kept from it", async () => {
    const gateway = await startServe(writePlan(folder), ["--host", "0.0.0.0"]);
    running.push(gateway);
    await gateway.says("console and metrics are shown on this machine only");
    expect((await fetch(gateway.url.replace("0.0.0.0", "127.0.0.1"))).status).not.toBe(403);
  });
});
