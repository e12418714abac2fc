import { afterEach, describe, expect, it } from "vitest";
import { createHttpClient, serveHttp } from "../../src/adapters/http-raw/index.ts";
import type { GatewayOptions, LedgerRow } from "../../src/serve/index.ts";
import { afterContent, beforeContent, brokenWhole, oddButComplete, patience } from "./fault-catalogue.ts";
import {
  contentEvent,
  doneEvent,
  endless,
  failWith,
  finishEvent,
  roleEvent,
  sendThen,
  startUpstream,
  streamOf,
  usageEvent,
  wellBehaved,
  type Behaviour,
} from "./misbehaving-upstream.ts";
import { realClients } from "./real-clients.ts";
import { createGateway, testMesh } from "./test-mesh.ts";

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((close) => close()));
});

/** A gateway over the engine that misbehaves, one that may take over, and one the law forbids. */
async function meshOf(near: Behaviour, options: Partial<GatewayOptions> = {}) {
  const upstreams = [await startUpstream(near), await startUpstream(wellBehaved), await startUpstream(wellBehaved)];
  const [first, bloc, abroad] = upstreams as [(typeof upstreams)[0], (typeof upstreams)[0], (typeof upstreams)[0]];
  const mesh = testMesh({
    upstreams: { "near-edge": first.url, "bloc-core": bloc.url, "abroad-core": abroad.url },
    client: (origin) => createHttpClient({ origin }),
    gateway: { ...patience(near), ...options },
  });
  const service = await serveHttp(createGateway(mesh.parts), { host: "127.0.0.1", port: 0 });
  const close = async () => {
    await service.close(500);
    await Promise.all(upstreams.map((upstream) => upstream.close()));
  };
  open.push(close);
  const rows = async () => {
    await service.close(500);
    return mesh.store.read(0, 100);
  };
  return { url: service.url, near: first, bloc, abroad, rows };
}

const charged = (rows: readonly LedgerRow[]) => rows.filter((row) => row.chargeNanoUsd > 0);

describe.each(realClients)("$name, unchanged,", (client) => {
  it.each(Object.keys(beforeContent))("never learns of a failure before the first token: %s", async (fault) => {
    const mesh = await meshOf(beforeContent[fault]!);
    const seen = await client.stream(mesh.url);
    expect(seen).toMatchObject({ text: "one two three", finish: "stop", error: null });
    expect([seen.inputTokens, seen.outputTokens]).toEqual([11, 3]);
    expect(charged(await mesh.rows())).toHaveLength(1);
    expect(mesh.abroad.requests).toHaveLength(0);
  });

  it.each(Object.keys(afterContent))("is told of a failure in mid-stream, and pays nothing: %s", async (fault) => {
    const mesh = await meshOf(afterContent[fault]!);
    const seen = await client.stream(mesh.url);
    expect(seen.text).toBe("one ");
    expect(seen.error).not.toBeNull();
    expect(seen.finish).not.toBe("stop");
    const rows = await mesh.rows();
    expect(rows).toHaveLength(1);
    expect(charged(rows)).toHaveLength(0);
    expect(mesh.bloc.requests).toHaveLength(0);
  });

  it.each(Object.keys(oddButComplete))("gets the whole answer of an odd engine: %s", async (oddity) => {
    const { behaviour, counted = false } = oddButComplete[oddity]!;
    const mesh = await meshOf(behaviour);
    const seen = await client.stream(mesh.url);
    expect(seen).toMatchObject({ text: "one two three", finish: "stop", error: null });
    const rows = await mesh.rows();
    // Whether stated or counted, what the client sees is what it is charged for.
    expect(rows).toMatchObject([
      { outcome: "served", site: "near-edge", tokenSource: counted ? "counted" : "engine", outputTokens: 3 },
    ]);
    expect([seen.inputTokens, seen.outputTokens]).toEqual([rows[0]!.inputTokens, 3]);
    expect(charged(rows)).toHaveLength(1);
  });

  it("reads a large event, and text that is not UTF-8", async () => {
    const large = "x".repeat(300_000);
    const mesh = await meshOf(
      streamOf(roleEvent, contentEvent(large), contentEvent("a\xff\xfeb"), finishEvent, usageEvent, doneEvent),
    );
    const seen = await client.stream(mesh.url);
    expect(seen.text).toBe(`${large}a\ufffd\ufffdb`);
    expect(seen).toMatchObject({ finish: "stop", error: null });
  });

  it.each(Object.keys(brokenWhole))("gets an answer that is no stream in spite of: %s", async (fault) => {
    const mesh = await meshOf(brokenWhole[fault]!);
    expect(await client.whole(mesh.url)).toEqual(
      expect.objectContaining({ text: "one two three", finish: "stop", error: null, inputTokens: 11, outputTokens: 3 }),
    );
    expect(charged(await mesh.rows())).toHaveLength(1);
  });

  it.each<[string, Behaviour, number]>([
    ["every engine is down", sendThen("", "reset"), 502],
    ["every engine asks to be left alone", failWith(503, "retry-after: 3\r\n"), 429],
    ["every engine is silent", beforeContent["silence before headers"]!, 504],
    ["the request is wrong", failWith(400), 400],
  ])("gets an error with its status when %s", async (_name, behaviour, status) => {
    const mesh = await meshOf(behaviour);
    mesh.bloc.behave(behaviour);
    for (const ask of [client.stream, client.whole]) {
      expect((await ask(mesh.url)).error).toMatchObject({ status, message: expect.any(String) });
    }
    expect(charged(await mesh.rows())).toHaveLength(0);
    expect(mesh.abroad.requests).toHaveLength(0);
  });

  it("stops the engine when its user leaves, and pays once for what came", async () => {
    const mesh = await meshOf(endless(2));
    let seen = 0;
    await client.stream(mesh.url, () => ++seen < 5);
    await mesh.near.abandoned;
    const rows = await mesh.rows();
    expect(rows).toMatchObject([{ outcome: "client-left", tokenSource: "counted" }]);
    expect(rows[0]!.outputTokens).toBeGreaterThanOrEqual(5);
    expect(charged(rows)).toHaveLength(1);
  });
});
