import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { contentEvent, frame, roleEvent, startUpstream, streamHead, type Behaviour } from "./misbehaving-upstream.ts";
import { createGateway, testMesh, transports } from "./test-mesh.ts";

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((close) => close()));
});

const piece = frame(contentEvent("x".repeat(16_000)));

describe.each(transports)("a client that stops reading, over $name,", (transport) => {
  it("holds the engine back, costs little memory, and is given up in the end", async () => {
    let sent = 0;
    /** Writes as fast as it is read, without end. */
    const firehose: Behaviour = (socket) => {
      socket.write(streamHead + frame(roleEvent));
      const pump = () => {
        while (!socket.destroyed && socket.write(piece)) sent += piece.length;
      };
      socket.on("drain", pump);
      pump();
    };
    const upstream = await startUpstream(firehose);
    const mesh = testMesh({
      upstreams: { "near-edge": upstream.url },
      client: transport.client,
      gateway: { stalledClientTimeoutMs: 1_500, idleTimeoutMs: 500 },
    });
    const service = await transport.serve(createGateway(mesh.parts), { host: "127.0.0.1", port: 0 });
    open.push(
      () => service.close(100),
      () => upstream.close(),
    );
    const body = JSON.stringify({ model: "disperse/chat", stream: true, messages: [{ role: "user", content: "Hi" }] });
    const client = connect(Number(new URL(service.url).port), "127.0.0.1", () => {
      client.pause();
      client.write(`POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    });
    client.on("error", () => {});
    // What lies between engine and client is what sockets and the gateway hold, not what the engine could send: it comes
    // to a halt, however long a busy machine takes to get there.
    for (let before = -1; sent === 0 || sent !== before;) {
      before = sent;
      await new Promise((resolve) => setTimeout(resolve, 500));
      expect(sent).toBeLessThan(16 * 1024 * 1024);
    }
    // Silence while the client does not read is not the engine's fault, so only the client's limit ends it.
    await upstream.abandoned;
    client.destroy();
    await service.close(200);
    const rows = await mesh.store.read(0, 10);
    expect(rows).toMatchObject([{ outcome: "client-left" }]);
  });
});
