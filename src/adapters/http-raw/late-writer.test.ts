import type { Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { LateWriter, requestBegan, requestEnded } from "./late-writer.ts";

/** A socket as far as a writer looks at it; `waiting`: bytes the other side has not read. */
function connection(waiting = 0) {
  const written: string[] = [];
  const state = { writable: true, writableLength: waiting };
  const write = (given: string | Buffer) => written.push(given.toString("latin1")) > 0;
  const socket = Object.assign(state, { write }) as unknown as Socket;
  return { written, state, writer: new LateWriter(socket) };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
let begun = 0;
function begin(count: number): void {
  for (let index = 0; index < count; index++) requestBegan();
  begun += count;
}

describe("writes to sockets", () => {
  afterEach(() => {
    for (; begun > 0; begun--) requestEnded();
  });

  it("of one turn leave together at its end, each connection's in one piece and in order", async () => {
    begin(8);
    const [one, other] = [connection(), connection()];
    expect(one.writer.write("a")).toBe(true);
    other.writer.write("b");
    one.writer.write("c");
    expect([...one.written, ...other.written]).toEqual([]);
    await turn();
    expect(one.written).toEqual(["ac"]);
    expect(other.written).toEqual(["b"]);
    one.writer.write("d");
    await turn();
    expect(one.written).toEqual(["ac", "d"]);
  });

  it("do not wait where there is nobody to wait for", () => {
    const { written, writer } = connection();
    writer.write("a");
    writer.write("b");
    expect(written).toEqual(["a", "b"]);
  });

  it("do not wait for more than a few others", () => {
    begin(100);
    const all = Array.from({ length: 40 }, () => connection());
    for (const { writer } of all) writer.write("a");
    const left = all.filter(({ written }) => written.length === 0).length;
    expect(left).toBeLessThan(16);
  });

  it("tell at once when the other side does not keep up, and are then as large as they come", () => {
    begin(8);
    const slow = connection(100_000);
    slow.writer.write("a");
    expect(slow.written).toEqual(["a"]);
    const large = connection();
    large.writer.write("a");
    large.writer.write("b".repeat(100_000));
    expect(large.written).toEqual([`a${"b".repeat(100_000)}`]);
  });

  it("which the system does not take at once are still whole when it takes the rest", () => {
    const taken: Buffer[] = [];
    const slow = {
      writable: true,
      writableLength: 0,
      write(bytes: Buffer): boolean {
        slow.writableLength = bytes.length;
        return taken.push(bytes) > 0;
      },
    };
    new LateWriter(slow as unknown as Socket).write("a".repeat(500), "b".repeat(500));
    for (let index = 0; index < 3; index++) connection().writer.write("c".repeat(2_000));
    expect(taken[0]!.toString("latin1")).toBe("a".repeat(500) + "b".repeat(500));
  });

  it("that wait leave before the connection ends, and never after", async () => {
    begin(8);
    const [ended, gone] = [connection(), connection()];
    ended.writer.write("a");
    ended.writer.flush();
    expect(ended.written).toEqual(["a"]);
    gone.writer.write("a");
    gone.state.writable = false;
    await turn();
    expect(ended.written).toEqual(["a"]);
    expect(gone.written).toEqual([]);
  });
});
