import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createManualClock } from "../../test/serve/manual-clock.ts";
import { Admission, type Candidate } from "./admission.ts";
import { leastShareRatio } from "./least-share.ts";

/** An admission in front of `places` engines' places, and what happened to those who came. */
function door(places: number, limits = { maxQueued: 100, maxQueuedBytes: 1e9 }) {
  const clock = createManualClock(0);
  let free = places;
  let depth = 0;
  const happened: string[] = [];
  const admission = new Admission(clock, limits, { depth: (queued) => (depth = queued), waited() {}, shed() {} });
  const come = (name: string, fields: Partial<Candidate> = {}): Candidate => {
    const candidate: Candidate = {
      lane: 0,
      band: 1,
      account: "",
      weight: 1,
      deadlineMs: clock.monotonicMs() + 100,
      giveUpMs: clock.monotonicMs() + 1_000,
      bytes: 10,
      inputTokens: 1,
      outputTokens: 1,
      late: false,
      begin() {
        if (free === 0) return false;
        free--;
        happened.push(`${name} begins`);
        return true;
      },
      shed: (retryAfterMs) => void happened.push(`${name} is shed ${retryAfterMs >= 1_000}`),
      ...fields,
    };
    admission.submit(candidate);
    return candidate;
  };
  const leave = (count = 1) => {
    free += count;
    admission.look();
  };
  return { admission, clock, come, leave, happened, depth: () => depth };
}

describe("the line in front of the engines", () => {
  it("is passed at once while there is room", () => {
    const { come, happened, depth } = door(2);
    come("a");
    come("b");
    expect([happened, depth()]).toEqual([["a begins", "b begins"], 0]);
  });

  it("is ordered by priority, then by deadline", () => {
    const { come, leave, happened } = door(0);
    come("low", { band: 2 });
    come("later", { deadlineMs: 90 });
    come("sooner", { deadlineMs: 50 });
    come("high", { band: 0 });
    leave(4);
    expect(happened).toEqual(["high begins", "sooner begins", "later begins", "low begins"]);
  });

  it("serves who is more urgent first also where they wait in different lines for the same engines", () => {
    const { come, leave, clock, happened } = door(0);
    come("high", { lane: 1, band: 0, deadlineMs: 90 });
    come("low", { lane: 1, band: 2 });
    come("high too", { lane: 2, band: 0, deadlineMs: 95 });
    leave(2);
    expect(happened).toEqual(["high begins", "high too begins"]);
    come("high again", { lane: 3, band: 0, deadlineMs: 99 });
    leave(0);
    // Room comes free, and the next request to come is one that is less urgent, of a line nobody stands in.
    const pass = { begin: () => (happened.push("newcomer begins"), true) };
    come("newcomer", { lane: 4, band: 2, ...pass });
    expect(happened).toHaveLength(2);
    clock.advance(5);
    expect(happened.slice(2)).toEqual(["newcomer begins"]);
  });

  it("lets others go only where hardly anybody queues, while someone more urgent has found no room", () => {
    const { admission, come, clock } = door(0);
    const yielded: boolean[] = [];
    const asks = { begin: (yields: boolean) => (yielded.push(yields), false) };
    const high = come("high", { lane: 1, band: 0 });
    come("low", { lane: 2, band: 2, ...asks });
    expect(yielded).toEqual([]);
    clock.advance(5);
    admission.withdraw(high);
    clock.advance(5);
    expect(yielded).toEqual([true, false]);
  });

  it("puts who is late behind who can still be in time, within a priority", () => {
    const { come, leave, clock, happened } = door(0);
    come("late", { deadlineMs: 50 });
    clock.advance(60);
    come("in time");
    come("low", { band: 2 });
    leave(3);
    expect(happened).toEqual(["in time begins", "late begins", "low begins"]);
  });

  it("does not let newcomers overtake who waits for the same engines, but others may pass", () => {
    const { come, leave, happened } = door(0);
    come("first", { begin: () => false });
    leave(2);
    come("same lane");
    come("other lane", { lane: 1 });
    expect(happened).toEqual(["other lane begins"]);
  });

  it("sends away who waited in vain, with advice", () => {
    const { come, clock, happened, depth } = door(0);
    come("a");
    clock.advance(999);
    expect(happened).toEqual([]);
    clock.advance(10);
    expect([happened, depth()]).toEqual([["a is shed true"], 0]);
  });

  it("sends the least urgent away when too many wait, be it the newcomer or not", () => {
    const { come, happened } = door(0, { maxQueued: 2, maxQueuedBytes: 1e9 });
    come("low", { band: 2 });
    come("normal");
    come("high", { band: 0 });
    come("another low", { band: 2 });
    expect(happened).toEqual(["low is shed true", "another low is shed true"]);
  });

  it("holds no more bytes than allowed", () => {
    const { come, happened } = door(0, { maxQueued: 100, maxQueuedBytes: 25 });
    come("a", { deadlineMs: 10 });
    come("b", { deadlineMs: 20 });
    come("c", { deadlineMs: 30 });
    expect(happened).toEqual(["c is shed true"]);
  });

  it("forgets who has left, and sends the others away when it closes", () => {
    const { admission, come, leave, happened, depth } = door(0);
    const gone = come("gone");
    come("stays");
    admission.withdraw(gone);
    expect(depth()).toBe(1);
    admission.close();
    leave(2);
    expect(happened).toEqual(["stays is shed true"]);
  });

  it("gives the next turn to the account that has had least, and no credit for having been away", () => {
    const { come, leave, happened } = door(0);
    for (let index = 0; index < 6; index++) come(`busy${index}`, { account: "busy", inputTokens: 10, outputTokens: 0 });
    leave(3);
    for (let index = 0; index < 3; index++) come(`new${index}`, { account: "new", inputTokens: 10, outputTokens: 0 });
    leave(6);
    const order = happened.slice(3).map((text) => text.slice(0, 3));
    // They take turns from now on; the newcomer does not get three turns in a row.
    expect(order.slice(0, 4).toSorted()).toEqual(["bus", "bus", "new", "new"]);
  });

  it("loses and doubles nobody, whatever happens in whatever order", () => {
    const step = fc.oneof(
      fc.record({
        kind: fc.constant("come" as const),
        band: fc.integer({ min: 0, max: 2 }),
        lane: fc.integer({ min: 0, max: 2 }),
        account: fc.constantFrom("a", "b", "c"),
        withinMs: fc.integer({ min: 0, max: 300 }),
      }),
      fc.record({ kind: fc.constant("finish" as const) }),
      fc.record({ kind: fc.constant("withdraw" as const), which: fc.nat(20) }),
      fc.record({ kind: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 400 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const { admission, clock, come, leave, happened, depth } = door(1, { maxQueued: 5, maxQueuedBytes: 1e9 });
        const waiting: Candidate[] = [];
        let came = 0;
        let withdrawn = 0;
        let running = 0;
        for (const each of steps) {
          if (each.kind === "come") {
            const { band, lane, account, withinMs } = each;
            const deadlineMs = clock.monotonicMs() + withinMs;
            waiting.push(come(`${came++}`, { band, lane, account, deadlineMs, giveUpMs: deadlineMs + 200 }));
          } else if (each.kind === "wait") clock.advance(each.ms);
          else if (each.kind === "withdraw") {
            const candidate = waiting[each.which];
            const before = depth();
            if (candidate) admission.withdraw(candidate);
            withdrawn += before - depth();
          } else if (running > 0) leave();
          running = happened.filter((text) => text.endsWith("begins")).length;
        }
        clock.advance(10_000);
        expect(new Set(happened.map((text) => text.split(" ")[0])).size).toBe(happened.length);
        expect(happened.length + withdrawn).toBe(came);
        expect(depth()).toBe(0);
      }),
    );
  });

  it("keeps no priority out for ever, however much the others ask for, and gives it no more than its least share", () => {
    const tokens = fc.integer({ min: 1, max: 400 });
    const turn = fc.record({
      urgent: fc.array(tokens, { minLength: 1, maxLength: 4 }),
      patient: tokens,
      lane: fc.nat(2),
    });
    fc.assert(
      fc.property(
        fc.array(turn, { minLength: 60, maxLength: 200 }),
        fc.constantFrom([0, 1], [0, 2], [1, 2]),
        ([...turns], [urgent, patient]) => {
          const { come, leave } = door(0);
          const served = [0, 0];
          let waiting = 0;
          const ask = (who: number, band: number, size: number, lane: number) => {
            const candidate = come("", {
              lane,
              band,
              inputTokens: size,
              outputTokens: 0,
              giveUpMs: Number.POSITIVE_INFINITY,
            });
            const begin = candidate.begin.bind(candidate);
            Object.assign(candidate, {
              begin: (yields: boolean) => {
                if (!begin(yields)) return false;
                served[who]! += size;
                if (who === 1) waiting--;
                return true;
              },
            });
          };
          for (const { urgent: sizes, patient: size, lane } of turns) {
            for (const each of sizes) ask(0, urgent!, each, lane);
            // There is always somebody who waits with the lesser priority.
            while (waiting < 2) {
              waiting++;
              ask(1, patient!, size, (lane + 1) % 3);
            }
            leave();
          }
          const [much, little] = served as [number, number];
          // What is owed falls behind by a request at most, and runs ahead by none.
          expect(little).toBeGreaterThanOrEqual(leastShareRatio * much - 400 * (1 + leastShareRatio));
          expect(little).toBeLessThanOrEqual(leastShareRatio * much + 400);
        },
      ),
    );
  });

  it("pays what is owed in full also where requests of the lesser priority are small", () => {
    const { come, leave, happened } = door(0);
    const forEver = { giveUpMs: Number.POSITIVE_INFINITY, outputTokens: 0 };
    const begun = (name: string) => happened.filter((entry) => entry.startsWith(name)).length;
    for (let turn = 0; turn < 90; turn++) {
      come("large", { band: 0, ...forEver, inputTokens: 400 });
      come("small", { band: 1, ...forEver, inputTokens: 5 });
      leave();
    }
    expect(5 * begun("small")).toBeGreaterThanOrEqual(leastShareRatio * 400 * (begun("large") - 1) - 5);
  });

  it("serves a low priority within a bounded time while higher ones never cease to ask", () => {
    const { come, leave, happened } = door(0);
    come("low", { band: 2, giveUpMs: Number.POSITIVE_INFINITY, inputTokens: 50 });
    let turns = 0;
    for (; turns < 1_000 && !happened.includes("low begins"); turns++) {
      come("high", { band: 0, giveUpMs: Number.POSITIVE_INFINITY, inputTokens: 50 });
      leave();
    }
    expect(turns).toBeLessThanOrEqual(Math.ceil(1 / leastShareRatio) + 2);
  });

  it("keeps places to wait for lesser priorities, as few as their least share", () => {
    const { come, happened } = door(0, { maxQueued: 100, maxQueuedBytes: 1e9 });
    for (let index = 0; index < 10; index++) come(`low${index}`, { band: 2 });
    for (let index = 0; index < 300; index++) come(`high${index}`, { band: 0 });
    const shed = (name: string) => happened.filter((entry) => entry.startsWith(name)).length;
    expect(shed("low")).toBe(10 - Math.floor(100 * leastShareRatio));
    expect(shed("high")).toBe(310 - 100 - shed("low"));
  });
});
