import { expect, it } from "vitest";
import { asItStands, BackgroundRun, queuedResponse } from "../../src/serve/response/background-run.ts";
import { ResponseDesk, type Reply, type Shelf } from "../../src/serve/index.ts";
import { createManualClock } from "./manual-clock.ts";

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

it.each(["before it says that it goes on", "while it says so"])(
  "a response that is whole %s is kept as whole, however slow the place where it is kept",
  async (moment) => {
    const texts = new Map<string, string>();
    let held: (() => void) | null = null;
    let holding: "put" | "get" | null = null;
    const wait = async (kind: "put" | "get") => {
      if (kind !== holding) return;
      holding = null;
      await new Promise<void>((resolve) => (held = resolve));
    };
    const shelf: Shelf = {
      put: async ({ name, text }) => (await wait("put"), texts.set(name, text).has(name)),
      get: async (_owner, name) => (await wait("get"), texts.get(name) ?? null),
      remove: async (_owner, name) => texts.delete(name),
    };
    const clock = createManualClock();
    const desk = new ResponseDesk({ shelf, clock });
    const client: Reply = { send: () => true, write: () => true, reset() {} };
    const place = { area: "a", access: "b", country: "AA", dataClass: "public", items: "" };
    const queued = queuedResponse("resp_1", { model: "m" }, null, 1);
    const run = new BackgroundRun({ desk, account: "team", client, queued, place, streamed: false });
    await run.begin(() => ({ clientLeft() {}, drained() {} }));
    for (let look = 1; look < 5; look++) {
      clock.advance(1_000);
      await settled();
    }
    holding = moment.startsWith("before") ? "get" : "put";
    clock.advance(1_000);
    await settled();
    expect(held).not.toBeNull();
    const output = [{ type: "message", id: "msg_1", content: [] }];
    run.send(200, [], JSON.stringify({ ...queued, status: "completed", output }), true);
    await settled();
    held!();
    await settled();
    const kept = await desk.find("team", "resp_1");
    expect(JSON.parse(kept!.response)).toMatchObject({ status: "completed", output });
    expect(kept!.aliveEpochMs).toBeUndefined();
  },
);

it("a response is under way for as long as its maker says so, whatever becomes of the time of day", async () => {
  const texts = new Map<string, string>();
  const shelf: Shelf = {
    put: async ({ name, text }) => texts.set(name, text).has(name),
    get: async (_owner, name) => texts.get(name) ?? null,
    remove: async (_owner, name) => texts.delete(name),
  };
  const monotonic = createManualClock();
  let setMs = 0;
  const clock = { ...monotonic, epochMs: () => monotonic.epochMs() + setMs };
  const [maker, other] = [new ResponseDesk({ shelf, clock }), new ResponseDesk({ shelf, clock })];
  const client: Reply = { send: () => true, write: () => true, reset() {} };
  const place = { area: "a", access: "b", country: "AA", dataClass: "public", items: "" };
  const queued = queuedResponse("resp_1", { model: "m" }, null, 1);
  const run = new BackgroundRun({ desk: maker, account: "team", client, queued, place, streamed: false });
  await run.begin(() => ({ clientLeft() {}, drained() {} }));
  const statusAt = async (desk: ResponseDesk) => {
    const kept = (await desk.find("team", "resp_1"))!;
    return (JSON.parse(await asItStands(desk, "team", kept)) as { status: string }).status;
  };
  for (const jumpMs of [3_600_000, -7_200_000]) {
    setMs += jumpMs;
    expect(await statusAt(maker)).not.toBe("failed");
    for (let look = 0; look < 12; look++) {
      monotonic.advance(1_000);
      await settled();
    }
    expect(await statusAt(other)).toBe("in_progress");
  }
  // Its process is gone, and then the time is set back once more.
  maker.running.clear();
  setMs -= 3_600_000;
  expect(await statusAt(other)).toBe("failed");
});
