import { describe, expect, it } from "vitest";
import { EventLog } from "./event-log.ts";
import type { Reply } from "../wire/transport.ts";

/** A client that reads when it is told to. */
function reader(log: EventLog, from: number) {
  const state = { text: "", ended: false, willing: true };
  const take = (text: string | Uint8Array, last: boolean) => {
    state.text += String(text);
    state.ended ||= last;
    return state.willing;
  };
  const reply: Reply = { send: (_s, _h, text, last) => take(text, last), write: take, reset() {} };
  return { state, exchange: log.follow(reply, from) };
}

describe("a log of events", () => {
  it("gives each reader what it has missed and what follows, from where it wants to begin", () => {
    const log = new EventLog(1_000, () => "missed");
    log.add("a", "b");
    const [early, late] = [reader(log, 0), reader(log, 2)];
    log.add("c");
    log.end();
    expect(early.state).toMatchObject({ text: "abc", ended: true });
    expect(late.state).toMatchObject({ text: "c", ended: true });
    expect(reader(log, 1).state).toMatchObject({ text: "bc", ended: true });
    expect(reader(log, 9).state).toMatchObject({ text: "", ended: true });
    expect(log.isRead).toBe(false);
  });

  it("writes no more to a reader than it takes, and tells it when that was too little", () => {
    const log = new EventLog(10, (number) => `missed ${number}`);
    const slow = reader(log, 0);
    slow.state.willing = false;
    log.add("12345");
    log.add("67890", "abcde");
    expect(slow.state.text).toBe("12345");
    log.add("fghij");
    expect(log.first).toBe(2);
    slow.exchange.drained();
    expect(slow.state).toMatchObject({ text: "12345missed 1", ended: true });
  });

  it("forgets readers that leave", () => {
    const log = new EventLog(10, () => "");
    const gone = reader(log, 0);
    gone.exchange.clientLeft();
    log.add("a");
    expect([gone.state.text, log.isRead]).toEqual(["", false]);
  });
});
