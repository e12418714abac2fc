import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer, type Server } from "node:http";
import { request as requestTls } from "node:https";
import { connect, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { TLSSocket } from "node:tls";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { serveHttp } from "../../src/adapters/http-raw/index.ts";
import type { LedgerReport, LedgerRow } from "../../src/serve/index.ts";
import { runCliHere } from "../cli/run-cli.ts";
import { testWorkload } from "../worlds/tiny-world.ts";
import { startServe, writePlan, type GatewayProcess } from "./gateway-process.ts";
import { contentEvent, failWith, roleEvent, startUpstream, streamThen, wellBehaved } from "./misbehaving-upstream.ts";
import { createGateway, serveWorld, testMesh } from "./test-mesh.ts";

const folder = mkdtempSync(join(tmpdir(), "operations-"));
afterAll(() => rmSync(folder, { recursive: true }));
const running: GatewayProcess[] = [];
afterEach(async () => {
  for (const { child } of running) child.kill("SIGKILL");
  await Promise.all(running.splice(0).map(({ ended }) => ended));
});
async function start(...args: Parameters<typeof startServe>): Promise<GatewayProcess> {
  const started = await startServe(...args);
  running.push(started);
  return started;
}
let made = 0;
const newFolder = () => mkdtempSync(join(folder, `${made++}-`));

const chat = { model: "disperse/chat", messages: [{ role: "user", content: "Hello" }] };
const post = (url: string, body: object, headers: Record<string, string> = {}) =>
  fetch(`${url}/v1/chat/completions`, { method: "POST", headers, body: JSON.stringify(body) });
const modelsOf = async (url: string) =>
  ((await (await fetch(`${url}/v1/models`)).json()) as { data: { id: string }[] }).data.map(({ id }) => id);

describe("a configuration that changes under a running gateway", () => {
  const second = () => [...serveWorld().workloads, testWorkload({ id: "second", model: 0 })];

  it("is taken over, by file or by signal, while a broken one is told and left alone", async () => {
    const place = newFolder();
    const plan = writePlan(place);
    const gateway = await start(plan, []);
    expect(await modelsOf(gateway.url)).not.toContain("disperse/second");

    writeFileSync(plan, '{"format": "disperse/plan/v1", "world": ');
    await gateway.says("the last good one stays in force");
    expect(gateway.stderr()).toMatch(/plan\.json is not valid JSON/);
    expect((await post(gateway.url, chat)).status).toBe(200);

    writePlan(place, serveWorld({ workloads: second() }));
    await gateway.says("configuration reloaded (a file has changed)");
    expect(await modelsOf(gateway.url)).toContain("disperse/second");

    gateway.child.kill("SIGHUP");
    await gateway.says("configuration reloaded (SIGHUP)");
    const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
    expect(metrics).toMatch(/disperse_config_reloads_total\{result="refused"\} [1-9]/);
    expect(metrics).toMatch(/disperse_config_reloads_total\{result="applied"\} [1-9]/);
    expect(metrics).toMatch(/disperse_requests_total\{.*outcome="served".*\} 1/);
  });

  it("refuses a key soon after it was revoked", async () => {
    const place = newFolder();
    const keys = join(place, "keys.json");
    const secret = (await runCliHere(["keys", "create", "--keys", keys, "--account", "team"])).stdout.trim();
    const gateway = await start(writePlan(place), ["--keys", keys]);
    const authorized = { authorization: `Bearer ${secret}` };
    expect((await post(gateway.url, chat, authorized)).status).toBe(200);
    await runCliHere(["keys", "revoke", "key-1", "--keys", keys]);
    await gateway.says("keys reloaded");
    expect((await post(gateway.url, chat, authorized)).status).toBe(401);
  });

  it("refuses a key soon after it was revoked also while the plan cannot be used", async () => {
    const place = newFolder();
    const keys = join(place, "keys.json");
    const secret = (await runCliHere(["keys", "create", "--keys", keys, "--account", "team"])).stdout.trim();
    const plan = writePlan(place);
    const gateway = await start(plan, ["--keys", keys]);
    const authorized = { authorization: `Bearer ${secret}` };
    writeFileSync(plan, "{");
    await gateway.says("the last good one stays in force");
    await runCliHere(["keys", "revoke", "key-1", "--keys", keys]);
    await gateway.says("keys reloaded");
    expect((await post(gateway.url, chat, authorized)).status).toBe(401);
  });

  it("goes on knowing its answers and routes when nothing but keys has changed", async () => {
    const place = newFolder();
    const keys = join(place, "keys.json");
    const create = () => runCliHere(["keys", "create", "--keys", keys, "--account", "team"]);
    const authorized = { authorization: `Bearer ${(await create()).stdout.trim()}`, "x-disperse-cache": "use" };
    const gateway = await start(writePlan(place), ["--keys", keys, "--cache-mb", "1"]);
    const first = await post(gateway.url, chat, authorized);
    expect([first.headers.get("x-disperse-cache"), await first.json()]).toEqual(["miss", expect.anything()]);
    const other = (await create()).stdout.trim();
    await gateway.says("keys reloaded");
    expect((await post(gateway.url, chat, { authorization: `Bearer ${other}` })).status).toBe(200);
    expect((await post(gateway.url, chat, authorized)).headers.get("x-disperse-cache")).toBe("hit");
  });

  it.skipIf(!existsSync("/proc/self/status")).each([1, 2])(
    "is read again when that was asked for before it listened, and neither then nor while it stops does asking end it (--workers %i)",
    async (workers) => {
      const upstream = await startUpstream(streamThen([roleEvent, contentEvent("one ")], "stay"));
      const place = newFolder();
      const spec = `site=near-edge,workload=chat,url=${upstream.url},model=m,metrics=none`;
      let asking: NodeJS.Timeout | undefined;
      const hearsHangUps = (pid: number) =>
        (Number.parseInt(/SigCgt:\s*(\w+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]!.slice(-1), 16) & 1) >
        0;
      const args = ["--upstream", spec, "--no-emulated", "--workers", String(workers), "--grace", "1"];
      const gateway = await start(writePlan(place), args, {}, (child) => {
        asking = setInterval(() => hearsHangUps(child.pid!) && child.kill("SIGHUP"), 10);
      });
      clearInterval(asking);
      await gateway.says("configuration reloaded (SIGHUP)");
      const reader = (await post(gateway.url, { ...chat, stream: true })).body!.getReader();
      await reader.read();
      gateway.child.kill("SIGTERM");
      await gateway.says("stopping");
      asking = setInterval(() => gateway.child.kill("SIGHUP"), 50);
      let text = "";
      for (let part = await reader.read(); !part.done; part = await reader.read())
        text += Buffer.from(part.value).toString();
      clearInterval(asking);
      expect(text).toContain('"code":"shutting_down"');
      expect(await gateway.ended).toBe(0);
      await upstream.close();
    },
  );

  it("lets streams that began before finish", async () => {
    const place = newFolder();
    const upstream = await startUpstream(streamThen([roleEvent, contentEvent("one ")], "stay"));
    const plan = writePlan(place);
    const spec = `site=near-edge,workload=chat,url=${upstream.url},model=m,metrics=none`;
    const gateway = await start(plan, ["--upstream", spec, "--no-emulated"]);
    const answer = await post(gateway.url, { ...chat, stream: true });
    const reader = answer.body!.getReader();
    expect(Buffer.from((await reader.read()).value!).toString()).toContain("one ");
    gateway.child.kill("SIGHUP");
    await gateway.says("configuration reloaded");
    for (const socket of upstream.connections) {
      const rest =
        'data: {"id":"x","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"two"},"finish_reason":null}]}\n\ndata: {"id":"x","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n';
      socket.write(`${rest.length.toString(16)}\r\n${rest}\r\n0\r\n\r\n`);
    }
    let text = "";
    for (let part = await reader.read(); !part.done; part = await reader.read())
      text += Buffer.from(part.value).toString();
    expect(text).toMatch(/two[\s\S]*\[DONE\]/);
    await upstream.close();
  });
});

describe("what a gateway knows when its configuration changes", () => {
  it("is kept: rows that wait for a ledger that cannot be written, and where requests went", async () => {
    const place = newFolder();
    const ledger = join(place, "ledger.db");
    const gateway = await start(writePlan(place), ["--ledger", ledger]);
    const other = new DatabaseSync(ledger);
    other.exec("BEGIN IMMEDIATE");
    const answer = await post(gateway.url, chat);
    await answer.text();
    await gateway.says("the ledger cannot be written");
    gateway.child.kill("SIGHUP");
    await gateway.says("configuration reloaded");
    const id = answer.headers.get("x-disperse-request-id")!;
    const route = await fetch(`${gateway.url}/v1/routes/${id}`);
    expect([route.status, await route.json()]).toEqual([200, expect.objectContaining({ id, workload: "chat" })]);
    const { unsavedRows } = (await (await fetch(`${gateway.url}/console/ledger.json`)).json()) as LedgerReport;
    expect(unsavedRows).toBe(1);
    other.exec("ROLLBACK");
    other.close();
    await gateway.says("the ledger is written again");
    gateway.child.kill("SIGTERM");
    expect(await gateway.ended).toBe(0);
    const { stdout } = await runCliHere(["ledger", "verify", ledger]);
    expect(stdout).toMatch(/\b1 row/);
  });
});

describe("rows that a ledger does not take until the gateway has stopped", () => {
  it("are kept in a file, and added once, however often", async () => {
    const place = newFolder();
    const ledger = join(place, "ledger.db");
    const gateway = await start(writePlan(place), ["--ledger", ledger, "--grace", "1"], { TMPDIR: place });
    await (await post(gateway.url, chat)).text();
    await expect.poll(async () => (await runCliHere(["ledger", "verify", ledger])).stdout).toMatch(/\b1 row/);
    const other = new DatabaseSync(ledger);
    other.exec("BEGIN IMMEDIATE");
    for (let index = 0; index < 3; index++) await (await post(gateway.url, chat)).text();
    await gateway.says("the ledger cannot be written");
    gateway.child.kill("SIGTERM");
    expect(await gateway.ended).toBe(0);
    other.exec("ROLLBACK");
    other.close();
    const [, path] = /3 rows of the ledger could not be saved and are kept in (\S+):/.exec(gateway.stderr())!;
    expect(statSync(path!).mode & 0o077).toBe(0);
    const broken = join(place, "broken.jsonl");
    writeFileSync(broken, '{"requestId":"req_1"}\n');
    const add = (...files: string[]) => runCliHere(["ledger", "add", ledger, ...files]);
    expect(await add(path!, broken)).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining("broken.jsonl:1 is no row of a ledger: it has no attempt") as string,
    });
    expect((await add(path!)).stdout).toBe("3 rows added\n");
    expect((await add(path!)).stdout).toBe("0 rows added, 3 were there already\n");
    expect((await runCliHere(["ledger", "verify", ledger])).stdout).toMatch(/whole, 4 rows/);

    // An earlier version knew fewer columns, a later one will know more.
    const { rule: _rule, ttftMs: _ttft, ...row } = JSON.parse(readFileSync(path!, "utf8").split("\n")[0]!) as LedgerRow;
    writeFileSync(broken, `${JSON.stringify({ ...row, requestId: "req_earlier" })}\n`);
    expect((await add(broken)).stdout).toBe("1 rows added\n");
    expect((await runCliHere(["ledger", "verify", ledger])).stdout).toMatch(/whole, 5 rows/);
    writeFileSync(
      broken,
      JSON.stringify({ ...row, requestId: "req_vast" }).replace(/"chargeNanoUsd":\d+/, '"chargeNanoUsd":1e999'),
    );
    expect((await add(broken)).stderr).toContain("no row of a ledger: its chargeNanoUsd is ");
    writeFileSync(broken, `${JSON.stringify({ ...row, requestId: "req_later", humidity: 1 })}\n`);
    expect((await add(broken)).stderr).toContain("no row of a ledger that this version knows: it has humidity");
  });
});

describe("stopping on SIGTERM", () => {
  it("waits no longer than its grace for what began before a reload", async () => {
    const upstream = await startUpstream(streamThen([roleEvent, contentEvent("one ")], "stay"));
    const spec = `site=near-edge,workload=chat,url=${upstream.url},model=m,metrics=none`;
    const gateway = await start(writePlan(newFolder()), ["--upstream", spec, "--no-emulated", "--grace", "1"]);
    const answer = await post(gateway.url, { ...chat, stream: true });
    const body = answer.text();
    gateway.child.kill("SIGHUP");
    await gateway.says("configuration reloaded");
    const stopped = performance.now();
    gateway.child.kill("SIGTERM");
    expect(await body).toContain("shutting_down");
    expect(await gateway.ended).toBe(0);
    expect(performance.now() - stopped).toBeLessThan(5_000);
    await upstream.close();
  });

  it("finishes a running stream first and ends with code 0", async () => {
    const gateway = await start(writePlan(newFolder()), []);
    const answer = await post(gateway.url, { ...chat, stream: true });
    const body = answer.text();
    gateway.child.kill("SIGTERM");
    expect(await body).toContain("[DONE]");
    expect(await gateway.ended).toBe(0);
  });

  it.each([1, 2])(
    "tells that it finishes streams, and ends at once at a second signal; %i processes",
    async (workers) => {
      const upstream = await startUpstream(streamThen([roleEvent, contentEvent("one ")], "stay"));
      const spec = `site=near-edge,workload=chat,url=${upstream.url},model=m,metrics=none`;
      const args = ["--upstream", spec, "--no-emulated", "--workers", `${workers}`];
      const gateway = await start(writePlan(newFolder()), args);
      const answer = await post(gateway.url, { ...chat, stream: true });
      const reader = answer.body!.getReader();
      await reader.read();
      gateway.child.kill("SIGTERM");
      await gateway.says("stopping: finishing running requests");
      // One that follows within half a second is taken for the same wish.
      await new Promise((resolve) => setTimeout(resolve, 600));
      expect(gateway.child.exitCode).toBeNull();
      gateway.child.kill("SIGTERM");
      expect(await gateway.ended).toBe(130);
      await expect(reader.read()).rejects.toThrow();
      await upstream.close();
    },
  );
});

describe.skipIf(!existsSync("/usr/bin/openssl"))("TLS", () => {
  const certify = (place: string, name: string) =>
    execFileSync(
      "openssl",
      ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"].concat(
        ["-subj", `/CN=${name}`, "-addext", `subjectAltName=DNS:${name}`],
        ["-keyout", join(place, "key.pem"), "-out", join(place, "cert.pem")],
      ),
      { stdio: "ignore" },
    );
  const nameShown = (url: string) =>
    new Promise<string>((resolve, reject) => {
      const asked = requestTls(`${url}/healthz`, { rejectUnauthorized: false, agent: false }, (answer) => {
        answer.resume();
        resolve(String((answer.socket as TLSSocket).getPeerCertificate().subject.CN));
      });
      asked.on("error", reject).end();
    });

  it("tells who asks it that its certificate is not trusted, not that nobody answers", async () => {
    const place = newFolder();
    certify(place, "localhost");
    const args = ["--tls-cert", join(place, "cert.pem"), "--tls-key", join(place, "key.pem")];
    const { url } = await start(writePlan(place), args);
    const { exitCode, stderr } = await runCliHere(["drain", "--url", url]);
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(/certificate of the gateway at .* is not trusted here.*NODE_EXTRA_CA_CERTS/);
  });

  it("is spoken with the certificate that is there now", async () => {
    const place = newFolder();
    certify(place, "one.test");
    const tls = ["--tls-cert", join(place, "cert.pem"), "--tls-key", join(place, "key.pem")];
    const gateway = await start(writePlan(place), tls);
    expect(gateway.url).toMatch(/^https:/);
    expect(await nameShown(gateway.url)).toBe("one.test");
    const plain = await fetch(`${gateway.url.replace("https", "http")}/v1/models`);
    expect([plain.status, await plain.text()]).toEqual([400, expect.stringContaining("Use https:// in the address")]);
    certify(place, "two.test");
    await gateway.says("certificate reloaded");
    expect(await nameShown(gateway.url)).toBe("two.test");
    // A certificate without its key is refused, and the one in force goes on.
    writeFileSync(join(place, "key.pem"), "nonsense");
    await gateway.says("the certificate is not reloaded (a file has changed); the last good one stays in force");
    expect(await nameShown(gateway.url)).toBe("two.test");
  });

  it("is spoken with a renewed certificate also while the plan cannot be used", async () => {
    const place = newFolder();
    certify(place, "one.test");
    const tls = ["--tls-cert", join(place, "cert.pem"), "--tls-key", join(place, "key.pem")];
    const plan = writePlan(place);
    const gateway = await start(plan, tls);
    writeFileSync(plan, "{");
    await gateway.says("the configuration is not reloaded");
    certify(place, "two.test");
    await gateway.says("certificate reloaded (a file has changed)");
    expect(await nameShown(gateway.url)).toBe("two.test");
    certify(place, "three.test");
    gateway.child.kill("SIGHUP");
    await gateway.says("certificate reloaded (SIGHUP)");
    expect(await nameShown(gateway.url)).toBe("three.test");
  });

  it("waits for nobody who begins a handshake and leaves it at that", async () => {
    const place = newFolder();
    certify(place, "one.test");
    const pem = (name: string) => readFileSync(join(place, name), "utf8");
    const { parts } = testMesh({});
    const tls = { cert: pem("cert.pem"), key: pem("key.pem") };
    const service = await serveHttp(createGateway(parts), { host: "127.0.0.1", port: 0, tls, headersTimeoutMs: 60 });
    const knock = () =>
      new Promise<void>((resolve) => {
        const socket = connect(Number(new URL(service.url).port), "127.0.0.1", () => socket.write("\x16\x03\x01"));
        socket.on("error", () => {}).resume();
        socket.on("close", () => resolve());
      });
    await knock();
    await service.close(0);
    const patient = await serveHttp(createGateway(parts), { host: "127.0.0.1", port: 0, tls });
    const left = connect(Number(new URL(patient.url).port), "127.0.0.1");
    left.on("error", () => {}).resume();
    const gone = new Promise((resolve) => left.on("close", resolve));
    await new Promise((resolve) => left.on("connect", resolve));
    expect(await nameShown(patient.url)).toBe("one.test");
    await patient.close(0);
    await gone;
    expect(left.destroyed).toBe(true);
  });

  it("is there for those who come while others begin no handshake", async () => {
    const place = newFolder();
    certify(place, "one.test");
    const pem = (name: string) => readFileSync(join(place, name), "utf8");
    const { parts } = testMesh({});
    const options = { tls: { cert: pem("cert.pem"), key: pem("key.pem") }, maxConnections: 8 };
    const service = await serveHttp(createGateway(parts), { host: "127.0.0.1", port: 0, ...options });
    const port = Number(new URL(service.url).port);
    const silent = Array.from({ length: 20 }, () => connect(port, "127.0.0.1").on("error", () => {}));
    await Promise.all(silent.map((socket) => new Promise((resolve) => socket.on("connect", resolve))));
    for (let count = 0; count < 3; count++) expect(await nameShown(service.url)).toBe("one.test");
    for (const socket of silent) socket.destroy();
    await service.close(0);
  });

  it("is refused with words when certificate and key do not fit", async () => {
    const [place, other] = [newFolder(), newFolder()];
    certify(place, "one.test");
    certify(other, "two.test");
    const args = [
      "serve",
      writePlan(place),
      "--tls-cert",
      join(place, "cert.pem"),
      "--tls-key",
      join(other, "key.pem"),
    ];
    expect(await runCliHere(args)).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining("is not the private key of") as string,
    });
  });
});

/** A collector that keeps what it is sent. */
async function startCollector(): Promise<{ url: string; received: string[]; server: Server }> {
  const received: string[] = [];
  const server = createHttpServer((message, response) => {
    let body = "";
    message.on("data", (bytes: Buffer) => (body += bytes.toString()));
    message.on("end", () => {
      received.push(`${message.url} ${JSON.stringify(message.headers)} ${body}`);
      response.end("{}");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received, server };
}

describe("what a gateway tells about its requests", () => {
  it("is complete and holds no key, no prompt and no answer, wherever one looks", async () => {
    const place = newFolder();
    const secrets = {
      prompt: "PROMPT-CANARY-7",
      answer: "ANSWER-CANARY-7",
      upstream: "sk-UPSTREAM-CANARY-7",
      otlp: "OTLP-CANARY-7",
    };
    const keys = join(place, "keys.json");
    const key = (await runCliHere(["keys", "create", "--keys", keys, "--account", "team"])).stdout.trim();
    const upstream = await startUpstream(wellBehaved);
    const collector = await startCollector();
    const spec = `site=near-edge,workload=chat,url=${upstream.url},model=m,metrics=none,key-env=UPSTREAM_KEY`;
    const gateway = await start(
      writePlan(place),
      ["--upstream", spec, "--no-emulated", "--keys", keys, "--ledger", join(place, "ledger.db")].concat([
        "--access-log",
        join(place, "access.jsonl"),
        "--otlp",
        collector.url,
      ]),
      { UPSTREAM_KEY: secrets.upstream, OTEL_EXPORTER_OTLP_HEADERS: `x-token=${secrets.otlp}` },
    );
    const authorized = { authorization: `Bearer ${key}` };
    const traceId = "0af7651916cd43dd8448eb211c80319c";
    const asked = { ...chat, messages: [{ role: "user", content: secrets.prompt }] };
    const heard: string[] = [];
    const ask = async (body: object, headers: Record<string, string> = authorized) => {
      const answer = await post(gateway.url, body, headers);
      if (answer.status !== 200) heard.push(await answer.text(), JSON.stringify([...answer.headers]));
      else await answer.text();
    };
    await ask({ ...asked, stream: true }, { ...authorized, traceparent: `00-${traceId}-b7ad6b7169203331-01` });
    upstream.behave((socket, request) =>
      streamThen([roleEvent, contentEvent(secrets.answer)], "reset")(socket, request),
    );
    await ask({ ...asked, stream: true });
    upstream.behave(failWith(500));
    await ask(asked);
    await ask(asked, { authorization: `Bearer ${key}wrong` });
    await ask({ ...asked, model: secrets.prompt.toLowerCase() });
    const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
    const ledgerPage = await (await fetch(`${gateway.url}/console/ledger.json`)).text();
    gateway.child.kill("SIGTERM");
    await gateway.ended;
    await upstream.close();
    collector.server.close();
    expect(upstream.requests[0]!.head).toContain(secrets.upstream);

    // Everything that was written, wherever it went; the file of digests included, the pepper's own file not.
    const files = readdirSync(place).filter((name) => !name.endsWith(".pepper"));
    const written = files.map((name) => readFileSync(join(place, name), "latin1"));
    const exported = collector.received.map((entry) => entry.replace(/"x-token":"[^"]*"/, ""));
    const everywhere = [
      ...written,
      gateway.stdout(),
      gateway.stderr(),
      metrics,
      ledgerPage,
      ...heard,
      ...exported,
    ].join("\n");
    for (const secret of [key, secrets.prompt, secrets.answer, secrets.upstream, secrets.otlp]) {
      expect(everywhere).not.toContain(secret);
    }
    // It was there to be found: an error names the model that was asked for, in the caller's own answer alone.
    expect(heard.join("")).toContain(secrets.prompt.toLowerCase());

    const log = readFileSync(join(place, "access.jsonl"), "utf8").trim().split("\n");
    const lines = log.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.map(({ outcome, error }) => [outcome, error])).toEqual([
      ["served", null],
      ["failed", "upstream_failed"],
      ["failed", "upstream_failed"],
      ["refused", "invalid_api_key"],
      ["refused", "model_not_found"],
    ]);
    expect(lines[0]).toMatchObject({
      site: "near-edge",
      accountId: "team",
      keyId: "key-1",
      traceId,
      workload: "chat",
      status: 200,
    });
    const traces = collector.received.filter((entry) => entry.startsWith("/v1/traces")).join("");
    expect(traces).toContain(traceId);
    expect(traces).toContain("b7ad6b7169203331");
    expect(traces).toContain('"gen_ai.request.model"');
    const measured = collector.received.filter((entry) => entry.startsWith("/v1/metrics")).join("");
    for (const name of ["disperse_requests_total", "gen_ai.server.time_to_first_token", "gen_ai.client.token.usage"]) {
      expect(measured).toContain(`"${name}"`);
    }
    expect(collector.received[0]).toContain(`"x-token":"${secrets.otlp}"`);
  });

  it("does not stop the service when the collector is away", async () => {
    const gateway = await start(writePlan(newFolder()), ["--otlp", "http://127.0.0.1:9"]);
    expect((await post(gateway.url, chat)).status).toBe(200);
    gateway.child.kill("SIGTERM");
    expect(await gateway.ended).toBe(0);
    expect(gateway.stderr()).toContain("telemetry is not exported");
  });
});
