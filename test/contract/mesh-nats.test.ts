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

  it("begins when the server is not there yet", async () => {
    const later = await startNatsServer();
    await later.stop();
    const mesh = createNatsMesh({ servers: [later.url], subject: "s", credentials: null });
    expect(() => mesh.publish("into nothing")).not.toThrow();
    await mesh.close();
  });
});
