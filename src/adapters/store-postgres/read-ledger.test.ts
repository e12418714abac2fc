import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { afterEach, expect, it } from "vitest";
import { readOtherCharges } from "./read-ledger.ts";

const open: { close: () => void }[] = [];
afterEach(() => open.splice(0).forEach((each) => each.close()));

/** Greets as PostgreSQL does, and does `onQuery` with the first question. */
async function database(onQuery: (socket: Socket) => void): Promise<string> {
  const authenticationOk = [0x52, 0, 0, 0, 8, 0, 0, 0, 0];
  const readyForQuery = [0x5a, 0, 0, 0, 5, 0x49];
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => {
      socket.write(Uint8Array.from([...authenticationOk, ...readyForQuery]));
      socket.once("data", () => onQuery(socket));
    });
  }).listen(0, "127.0.0.1");
  open.push(server);
  await once(server, "listening");
  return `postgres://someone@127.0.0.1:${(server.address() as AddressInfo).port}/ledger`;
}

it("a database that goes away in the middle of a question is an error of that question, and of nothing else", async () => {
  const loose: unknown[] = [];
  const listen = (error: unknown) => void loose.push(error);
  process.prependListener("uncaughtException", listen);
  try {
    const url = await database((socket) => socket.destroy());
    await expect(readOtherCharges(url, ["north"])).rejects.toThrow("terminated");
    await new Promise((resolve) => setImmediate(resolve));
    expect(loose).toEqual([]);
  } finally {
    process.off("uncaughtException", listen);
  }
});
