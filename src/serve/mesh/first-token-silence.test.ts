import { describe, expect, it } from "vitest";
import { FirstTokenSilence } from "./first-token-silence.ts";

/** An engine that was handed so many streams, one every 100 ms, and has answered none. */
function holding(streams: number): FirstTokenSilence {
  const silence = new FirstTokenSilence();
  for (let index = 0; index < streams; index++) silence.began(index * 100, true);
  return silence;
}

describe("an engine that gives no first tokens", () => {
  it("is stuck when several have waited for more than a second, and longer than their prompts take", () => {
    const silence = holding(3);
    expect(silence.lastsMs(1_200, 0)).toBe(0);
    expect(silence.lastsMs(1_700, 200)).toBe(0);
    expect(silence.lastsMs(2_100, 200)).toBe(1_900);
  });

  it("is not while only two wait, who may have asked for what comes when it is complete, or others are answered", () => {
    expect(holding(2).lastsMs(60_000, 0)).toBe(0);
    const silence = holding(20);
    for (let now = 2_000; now < 20_000; now += 500) {
      silence.heard(now);
      expect(silence.lastsMs(now + 499, 0)).toBe(0);
    }
  });

  it("does not count the time before several were there", () => {
    const silence = holding(2);
    silence.began(60_000, true);
    expect([silence.lastsMs(60_900, 0), silence.lastsMs(61_100, 0)]).toEqual([0, 1_100]);
  });

  it("is tried with one request at a time, ever more seldom, once it holds no others", () => {
    const silence = holding(3);
    expect(silence.lastsMs(2_000, 0)).toBeGreaterThan(0);
    for (let index = 0; index < 3; index++) silence.ended();
    const tries: number[] = [];
    for (let now = 2_100; now < 60_000; now += 100) {
      if (silence.lastsMs(now, 0) > 0) continue;
      tries.push(now);
      silence.began(now, true);
      expect(silence.lastsMs(now, 0)).toBeGreaterThan(0);
      silence.ended();
    }
    expect(tries).toEqual([3_000, 4_000, 6_000, 10_000, 18_000, 34_000]);
  });

  it("is as good as any other again with the first sign of life", () => {
    const silence = holding(5);
    expect(silence.lastsMs(5_000, 0)).toBeGreaterThan(0);
    silence.ended();
    silence.heard(5_100);
    expect(silence.lastsMs(5_200, 0)).toBe(0);
  });
});
