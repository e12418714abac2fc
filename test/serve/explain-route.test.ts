import { afterEach, describe, expect, it } from "vitest";
import { createHttpClient, serveHttp } from "../../src/adapters/http-raw/index.ts";
import { crash, runCliHere } from "../cli/run-cli.ts";
import { failWith, startUpstream, wellBehaved } from "./misbehaving-upstream.ts";
import { createGateway, testMesh } from "./test-mesh.ts";

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((close) => close()));
});

async function served() {
  const near = await startUpstream(failWith(503, "retry-after: 9\r\n"));
  const bloc = await startUpstream(wellBehaved);
  const { parts } = testMesh({
    upstreams: { "near-edge": near.url, "bloc-core": bloc.url },
    client: (origin) => createHttpClient({ origin }),
  });
  const service = await serveHttp(createGateway(parts), { host: "127.0.0.1", port: 0 });
  open.push(
    () => service.close(100),
    () => near.close(),
    () => bloc.close(),
  );
  const response = await fetch(`${service.url}/v1/chat/completions`, {
    method: "POST",
    body: JSON.stringify({ model: "disperse/chat", messages: [{ role: "user", content: "my secret" }] }),
  });
  await response.text();
  return { url: service.url, id: response.headers.get("x-disperse-request-id")! };
}

describe("the route of a request", () => {
  it("tells candidates with their terms, refusals with their reasons, and every attempt", async () => {
    const { url, id } = await served();
    const route = (await (await fetch(`${url}/v1/routes/${id}`)).json()) as object;
    expect(route).toMatchObject({
      target: { site: "near-edge", terms: { rttMs: expect.any(Number) } },
      rejected: [{ site: "abroad-core", reason: "residency" }],
      attempts: [
        { number: 1, reason: "first", site: "near-edge", outcome: "upstream-failed", status: 503, ttft_ms: null },
        { number: 2, reason: "fallback", site: "bloc-core", outcome: "served", status: 200 },
      ],
    });
    expect(JSON.stringify(route)).not.toMatch(/secret|127\.0\.0\.1/);
  });

  it("is explained on the command line", async () => {
    const { url, id } = await served();
    const { exitCode, stdout } = await runCliHere(["explain", "route", id, "--url", url]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/went to near-edge/);
    expect(stdout).toMatch(/abroad-core +residency/);
    expect(stdout).toMatch(/1 +first +near-edge +upstream-failed +503[^]*2 +fallback +bloc-core +served +200/);
    const json = await runCliHere(["explain", "route", id, "--url", url, "--json"]);
    expect(JSON.parse(json.stdout)).toMatchObject({ format: "disperse/route/v1", object: "disperse.route", id });
  });

  it.each([
    ["a gateway that is not there", ["req_x", "--url", "http://127.0.0.1:9"], /No gateway answers/],
    ["no address", ["req_x", "--url", "gateway"], /no http or https address/],
    ["a key that is not set", ["req_x", "--key-env", "NOT_SET_ANYWHERE"], /NOT_SET_ANYWHERE is not set/],
  ])("cannot be explained with %s, which is said", async (_name, args, message) => {
    const { exitCode, stderr } = await runCliHere(["explain", "route", ...args]);
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(crash);
  });

  it("is unknown once the gateway has forgotten it", async () => {
    const { url } = await served();
    const { exitCode, stderr } = await runCliHere(["explain", "route", "req_other", "--url", url]);
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(/does not remember a request "req_other"/);
  });
});
