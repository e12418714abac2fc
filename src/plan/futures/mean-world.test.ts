import { describe, expect, it } from "vitest";
import { tinyWorld } from "../../../test/worlds/tiny-world.ts";
import { meanWorld } from "./mean-world.ts";

describe("the average of several worlds", () => {
  const world = tinyWorld();

  it("is the world itself, digit for digit, where they agree", () => {
    expect(meanWorld([world, world, world], [0.2, 0.3, 0.5])).toEqual(world);
  });

  it("weighs numbers by probability and takes the likeliest of what cannot be averaged", () => {
    const rare = {
      ...world,
      finance: { ...world.finance, acceleratorPriceFactor: world.finance.acceleratorPriceFactor + 1 },
      sites: world.sites.map((site) => ({ ...site, status: "forced" as const })),
    };
    const mean = meanWorld([rare, world], [0.25, 0.75]);
    expect(mean.finance.acceleratorPriceFactor).toBeCloseTo(world.finance.acceleratorPriceFactor + 0.25, 12);
    expect(mean.sites.map((site) => site.status)).toEqual(world.sites.map((site) => site.status));
  });
});
