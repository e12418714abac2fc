import { describe, expect, it } from "vitest";
import { testSite, tinyWorld } from "../../../test/worlds/tiny-world.ts";
import { SiteLinks } from "./site-links.ts";

describe("the port of a site", () => {
  // 8 Gbit/s carry 1,000,000 bytes in a millisecond.
  const links = () => new SiteLinks(tinyWorld({ sites: [testSite({ id: "site", tier: "edge", portGbps: 8 })] }));

  it("works bytes off at its rate, and requests and answers apart", () => {
    const ports = links();
    expect(ports.receiveMs(0, 10e6, 0)).toBeCloseTo(10, 9);
    expect(ports.receiveMs(0, 10e6, 4)).toBeCloseTo(16, 9);
    expect(ports.sendMs(0, 5e6, 4)).toBe(0);
    expect(ports.sendMs(0, 5e6, 6)).toBeCloseTo(3, 9);
  });

  it("worked off before a bad line what it could at the old rate, and after it what waited then at the new one", () => {
    const ports = links();
    ports.sendMs(0, 10e6, 0);
    ports.stretch(0, 10, 8);
    // 2 MB waited, of which the bad line has carried 0.1 MB.
    expect(ports.sendMs(0, 0, 9)).toBeCloseTo(19, 9);
    ports.stretch(0, 1, 18);
    expect(ports.sendMs(0, 0, 18)).toBeCloseTo(1, 9);
  });
});
