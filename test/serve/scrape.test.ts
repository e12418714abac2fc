import { describe, expect, it, vi } from "vitest";
import { createOpenAiEngine } from "../../src/adapters/engine-openai/index.ts";
import { answer, startUpstream } from "./misbehaving-upstream.ts";
import { transports } from "./test-mesh.ts";

describe.each(transports)("load polled over $name", ({ client }) => {
  it("is fresh while the engine answers and grows old when it stops", async () => {
    let waiting = 2;
    const upstream = await startUpstream((socket, { head }) => {
      expect(head).toMatch(/^GET \/metrics /);
      answer(socket, 200, `sglang:num_running_reqs 1\nsglang:num_queue_reqs ${waiting}\n`);
    });
    const engine = createOpenAiEngine({
      url: upstream.url,
      metricsPath: "/metrics",
      scrapeMs: 20,
      client,
    });
    expect(engine.signals().source).toBe("none");
    const until = async (met: () => boolean) => {
      while (!met()) await new Promise((resolve) => setTimeout(resolve, 5));
    };
    await until(() => engine.signals().waitingRequests === 2);
    waiting = 0;
    await until(() => engine.signals().drainMs === 0);
    upstream.behave((socket) => socket.destroy());
    await new Promise((resolve) => setTimeout(resolve, 60));
    const { atMs, source } = engine.signals();
    expect(source).toBe("scrape");
    expect(performance.now() - atMs).toBeGreaterThan(20);
    await engine.close();
    await upstream.close();
  });

  it("is unknown again, and not old, once the engine answers without it", async () => {
    const upstream = await startUpstream((socket) => answer(socket, 200, "sglang:num_running_reqs 1\n"));
    const engine = createOpenAiEngine({
      url: upstream.url,
      metricsPath: "auto",
      scrapeMs: 10,
      client,
    });
    await vi.waitFor(() => expect(engine.signals().source).toBe("scrape"));
    // Started anew, without metrics.
    upstream.behave((socket) => answer(socket, 404, "{}"));
    await vi.waitFor(() => expect(engine.signals().source).toBe("none"));
    await engine.close();
    await upstream.close();
  });
});
