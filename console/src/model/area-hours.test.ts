import { describe, expect, it } from "vitest";
import { fixturePlan, fixtureSimulation } from "../../../test/e2e/console-fixture.ts";
import { areaHours } from "./area-hours.ts";
import { buildBoard } from "./board.ts";
import { faultTexts } from "./faults.ts";

const plan = fixturePlan();
const board = buildBoard(plan);
const result = fixtureSimulation(plan);
const [one, other] = plan.world.areas.map(({ id }) => id);
const entry = (area: string, workload: string, hour: number, arrived: number, withinSlo: number) => ({
  area,
  workload,
  hour,
  arrived,
  withinSlo,
});

describe("attainment by area and hour", () => {
  it("adds up workloads, puts who missed most first and finds the worst hour", () => {
    const counted = [
      entry(one!, "a", 0, 100, 99),
      entry(other!, "a", 0, 100, 90),
      entry(other!, "b", 0, 100, 100),
      entry(other!, "b", 2, 50, 10),
    ];
    const options = { ...result.options, startHourUtc: 22.5 };
    const found = areaHours(board, { ...result, options, areaHours: counted }, 5)!;
    expect(found.hoursUtc).toEqual([22, 23, 0]);
    expect(found.rows.map(({ id }) => id)).toEqual([other, one]);
    expect(found.rows[0]).toMatchObject({ arrived: 250, ratio: 0.8, worstHour: 2, cells: [{ ratio: 0.95 }, null, {}] });
    expect(areaHours(board, { ...result, areaHours: counted }, 1)!.hidden).toBe(1);
  });

  it("is told of thousands of areas, workloads and hours", () => {
    const counted = Array.from({ length: 250_000 }, (_, at) =>
      entry(`area ${at % 5_000}`, "a", Math.floor(at / 5_000), 1, 1),
    );
    expect(areaHours(board, { ...result, areaHours: counted }, 5)).toMatchObject({ hidden: 4_995 });
  });

  it("says nothing where the result did not tell areas apart", () => {
    expect(areaHours(board, { ...result, areaHours: [] }, 5)).toBeNull();
  });
});

describe("what went wrong in a simulation", () => {
  it("is told by names and minutes", () => {
    const site = plan.world.sites[0]!;
    const faults = [
      { kind: "down", where: { sites: [site.id] }, fromS: 600, toS: 900 },
      { kind: "slow", where: { tier: "edge" }, factor: 3, fromS: 30 },
      { kind: "crowd", areas: { country: "DE" }, factor: 6, fromS: 0, toS: 60 },
    ] as const;
    expect(faultTexts(board, { ...result, options: { ...result.options, faults, randomFaults: null } })).toEqual([
      `${site.name} down, minute 10 to 15`,
      "Edge sites 3 × slower, minute 0.5 on",
      "DE asking for 600 % of usual, minute 0 to 1",
    ]);
  });
});
