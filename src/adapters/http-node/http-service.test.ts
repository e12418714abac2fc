import { once } from "node:events";
import { connect } from "node:net";
import { expect, it } from "vitest";
import type { Gateway } from "../../serve/index.ts";
import { serveHttp } from "./index.ts";

it("tells a version that is not spoken from a request line that is broken", async () => {
  const gateway = { stop: async () => {} } as Partial<Gateway> as Gateway;
  const service = await serveHttp(gateway, { host: "127.0.0.1", port: 0 });
  const statusOf = async (bytes: string) => {
    const socket = connect(Number(new URL(service.url).port), "127.0.0.1");
    let text = "";
    socket.setEncoding("latin1").on("data", (part) => (text += part));
    socket.write(bytes);
    await once(socket, "close");
    return text.split(" ")[1];
  };
  expect(await statusOf("GET / HTTP/3.7\r\n\r\n")).toBe("505");
  expect(await statusOf("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")).toBe("505");
  expect(await statusOf("GET / HTTP/1.1 x\r\n\r\n")).toBe("400");
  await service.close(0);
});
