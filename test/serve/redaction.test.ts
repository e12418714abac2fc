import { afterEach, describe, expect, it } from "vitest";
import { createHttpClient, serveHttp } from "../../src/adapters/http-raw/index.ts";
import type { Redaction } from "../../src/catalog/index.ts";
import { failWith, startUpstream, wellBehaved } from "./misbehaving-upstream.ts";
import { createGateway, serveWorld, testMesh } from "./test-mesh.ts";

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((close) => close()));
});

async function start(redaction: Redaction) {
  const near = await startUpstream(wellBehaved);
  const bloc = await startUpstream(wellBehaved);
  const plain = serveWorld();
  const mesh = testMesh({
    world: { ...plain, workloads: plain.workloads.map((workload) => ({ ...workload, redaction })) },
    upstreams: { "near-edge": near.url, "bloc-core": bloc.url },
    client: (origin) => createHttpClient({ origin }),
  });
  const service = await serveHttp(createGateway(mesh.parts), { host: "127.0.0.1", port: 0 });
  open.push(
    () => service.close(100),
    () => near.close(),
    () => bloc.close(),
  );
  const content = "I am anna@mail.example.org, card 4111 1111 1111 1111";
  const ask = async () => {
    const body = { user: "anna@mail.example.org", model: "disperse/chat", messages: [{ role: "user", content }] };
    const response = await fetch(`${service.url}/v1/chat/completions`, { method: "POST", body: JSON.stringify(body) });
    await response.text();
    return response;
  };
  return { ask, near, bloc, url: service.url, mesh, stop: () => service.close(100) };
}

describe("a workload that takes patterns out of texts", () => {
  it("does so before the text leaves, and tells how much", async () => {
    const { ask, near, url, mesh, stop } = await start({ kinds: ["email", "card"], when: "always" });
    const response = await ask();
    expect(response.headers.get("x-disperse-redacted")).toBe("email=2, card=1");
    expect(JSON.parse(near.requests[0]!.body)).toEqual({
      user: "[e-mail address]",
      model: "upstream-model",
      messages: [{ role: "user", content: "I am [e-mail address], card [card number]" }],
    });
    const route = await (await fetch(`${url}/v1/routes/${response.headers.get("x-request-id")}`)).text();
    expect(JSON.parse(route)).toMatchObject({ redacted: { email: 2, card: 1 } });
    await stop();
    for (const text of [route, JSON.stringify(await mesh.store.read(0, 9)), mesh.telemetry.render()]) {
      expect(text).not.toMatch(/anna|4111/);
    }
  });

  it("may do so only when the text leaves the country, and then also when another site takes over", async () => {
    const { ask, near, bloc } = await start({ kinds: ["email"], when: "leaving-country" });
    expect((await ask()).headers.get("x-disperse-redacted")).toBeNull();
    expect(near.requests[0]!.body).toContain("anna@mail");
    near.behave(failWith(500));
    expect((await ask()).headers.get("x-disperse-redacted")).toBe("email=2");
    expect(bloc.requests[0]!.body).not.toContain("anna@mail");
    expect(bloc.requests[0]!.body).toContain("4111 1111");
  });

  it("refuses what it cannot look through", async () => {
    const { url, near } = await start({ kinds: ["email"], when: "always" });
    const form = new FormData();
    form.set("model", "disperse/chat");
    form.set("file", new Blob(["sound"]), "a.wav");
    const response = await fetch(`${url}/v1/audio/transcriptions`, { method: "POST", body: form });
    expect(response.status).toBe(400);
    expect(near.requests).toHaveLength(0);
  });
});
