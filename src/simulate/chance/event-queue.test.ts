import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EventQueue } from "./event-queue.ts";

function drain(queue: EventQueue) {
  const order: { timeMs: number; kind: number; subject: number }[] = [];
  while (queue.size > 0) {
    order.push({ timeMs: queue.nextMs, kind: queue.nextKind, subject: queue.nextSubject });
    queue.pop();
  }
  return order;
}

describe("EventQueue", () => {
  it("hands out events by time, then priority, then the order of arrival", () => {
    const event = fc.record({ timeMs: fc.integer({ min: 0, max: 20 }), priority: fc.integer({ min: 0, max: 2 }) });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 300 }), (events) => {
        const queue = new EventQueue(2);
        for (const [i, { timeMs, priority }] of events.entries()) queue.push(timeMs, priority, priority, i);
        const expected = events
          .map((entry, i) => ({ ...entry, i }))
          .sort((a, b) => a.timeMs - b.timeMs || a.priority - b.priority || a.i - b.i);
        expect(drain(queue).map((entry) => entry.subject)).toEqual(expected.map((entry) => entry.i));
      }),
    );
  });

  it("stays in order when events are put in while others leave", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 10, noNaN: true }), { minLength: 1, maxLength: 200 }), (delays) => {
        const queue = new EventQueue();
        queue.push(0, 0, 0, 0);
        let nowMs = 0;
        let next = 0;
        while (queue.size > 0) {
          expect(queue.nextMs).toBeGreaterThanOrEqual(nowMs);
          nowMs = queue.nextMs;
          queue.pop();
          for (let i = 0; i < 2 && next < delays.length; i++) queue.push(nowMs + delays[next++]!, 0, 0, next);
        }
        expect(next).toBe(delays.length);
      }),
    );
  });

  it("refuses a time that is not a number", () => {
    expect(() => new EventQueue().push(Number.NaN, 0, 0, 0)).toThrow(/finite/);
  });
});
