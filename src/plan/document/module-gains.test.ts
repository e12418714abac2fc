import { afterAll, expect, it } from "vitest";
import { provingPlanner } from "../../../test/worlds/plan-worlds.ts";
import { testSite, testWorkload, tinyWorld } from "../../../test/worlds/tiny-world.ts";
import { arcTable, compilePolicy } from "../../route/index.ts";
import { moduleGains } from "./module-gains.ts";

const { plan, close } = provingPlanner();
afterAll(close);

it("one more module saves no more than what is left unserved costs, however much time it would have beside", async () => {
  const world = tinyWorld({
    workloads: [testWorkload({ id: "quick" })],
    sites: [testSite({ id: "edge", tier: "edge", powerLimitKw: [0.5], openingCapexUsd: 0, fixedOpexUsdPerYear: 0 })],
  });
  const { perModulePerS } = arcTable(compilePolicy(world));
  const whole = perModulePerS[0]! * world.limits.headroomRatio;
  const demand = world.demand.map((row) => ({ ...row, peakPerS: [whole * 0.55], meanPerS: [whole * 0.25] }));
  const document = await plan({ ...world, demand });
  const unservedUsd = document.cost!.byItem.unserved;
  expect(unservedUsd).toBeGreaterThan(0);
  const [gain] = moduleGains(document);
  expect(gain!.savedUsdPerYear[0]).toBeGreaterThan(0.9 * unservedUsd);
  expect(gain!.savedUsdPerYear[0]).toBeLessThanOrEqual(unservedUsd);
});
