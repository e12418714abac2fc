import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createNatsMesh } from "../../src/adapters/mesh-nats/index.ts";
import { until } from "../serve/mesh-gateways.ts";
import { meshContract } from "./mesh.ts";
import { hasNatsServer, startNatsServer, type NatsServer } from "./nats-server.ts";

describe.skipIf(!hasNatsServer)("the control network over NATS", () => {
  let server: NatsServer;
  beforeAll(async () => {
    server = await startNatsServer();
  });
  afterAll(() => server.stop());
  const join = (subject = "disperse.mesh.test.report", onChange?: (works: boolean) => void) =>
    createNatsMesh({ servers: [server.url], subject, credentials: null, ...(onChange && { onChange }) });

  meshContract(() => join());

  it("keeps meshes apart that share a server", async () => {
    const [one, other] = [join("disperse.mesh.one.report"), join("disperse.mesh.other.report")];
    const heard: string[] = [];
    const astray: string[] = [];
    one.listen((text) => void heard.push(text));
    other.listen((text) => void astray.push(text));
    await until(() => {
      one.publish("for one");
      return heard.length > 3;
    }, "heard");
    expect(astray).toEqual([]);
    await Promise.all([one.close(), other.close()]);
  });

  it("comes back by itself when the server does, and brings nothing old", async () => {
    const told: boolean[] = [];
    const mesh = join("disperse.mesh.back.report", (works) => void told.push(works));
    const heard: string[] = [];
    mesh.listen((text) => void heard.push(text));
    const says = (text: string) =>
      until(() => {
        mesh.publish(text);
        return heard.includes(text);
      }, text);
    await says("before");
    const away = server.restart();
    await until(() => told.at(-1) === false, "told that it is away");
    mesh.publish("meanwhile");
    await away;
    await says("after");
    expect(heard).not.toContain("meanwhile");
    expect(told).toEqual([true, false, true]);
    await mesh.close();
  });

  it("says who it is to a server that asks, and why it is not let in", async () => {
    const guarded = await startNatsServer(`authorization { user: "gate", password: "pass:word" }`);
    const heard: string[] = [];
    const troubles: string[] = [];
    const parts = { servers: [guarded.url], subject: "s", onTrouble: (why: string) => void troubles.push(why) };
    const stranger = createNatsMesh({ ...parts, credentials: null });
    await until(() => troubles.some((why) => /authorization/i.test(why)), "not let in");
    const mesh = createNatsMesh({ ...parts, credentials: () => "gate:pass:word\n" });
    mesh.listen((text) => void heard.push(text));
    await until(() => {
      mesh.publish("let in");
      return heard.includes("let in");
    }, "let in");
    await Promise.all([stranger.close(), mesh.close()]);
    await guarded.stop();
  });

  it("begins when the server is not there yet", async () => {
    const later = await startNatsServer();
    await later.stop();
    const troubles: string[] = [];
    const told = { onTrouble: (why: string) => void troubles.push(why) };
    const mesh = createNatsMesh({ servers: [later.url], subject: "s", credentials: null, ...told });
    expect(() => mesh.publish("into nothing")).not.toThrow();
    await until(() => troubles.length > 0, "told why");
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(troubles).toHaveLength(1);
    await mesh.close();
  });
});
