import { expect, it } from "vitest";
import { Peer } from "./peer.ts";

it("is heard afresh after its machine slept, and is as old as it is while its calendar and clock go together", () => {
  const peer = new Peer("core", ["core-site"], { networkWorks: () => true, planMark: () => null });
  let number = 0;
  const hear = (atMs: number, epochMs: number, heardMs: number) =>
    peer.hear(
      { gateway: "core", startedEpochMs: 1, number: number++, atMs, epochMs, plan: null, engines: [], drains: [] },
      heardMs,
    );
  hear(1_000, 501_000, 9_000);
  hear(2_000, 502_000, 10_000);
  expect(peer.standing(10_100)).toBe("fresh");
  // Held up on its way by five seconds.
  hear(3_000, 503_000, 16_000);
  expect(peer.standing(16_100)).toBe("suspected");
  // The machine slept for an hour: its monotonic clock did not go on.
  hear(4_000, 4_104_000, 3_617_000);
  expect(peer.standing(3_617_100)).toBe("fresh");
});
