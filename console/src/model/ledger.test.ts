import { describe, expect, it } from "vitest";
import { fixtureLedger, fixturePlan } from "../../../test/e2e/console-fixture.ts";
import { buildBoard } from "./board.ts";
import { kindsIn, partOf, rowsOf, spanOf, timeBars } from "./ledger.ts";

const board = buildBoard(fixturePlan());
const asOf = Date.UTC(2027, 4, 20, 12, 30);
const report = fixtureLedger(fixturePlan(), asOf);

describe("the ledger in the console", () => {
  it("shows a week unless another span is asked for by a name it knows", () => {
    expect([spanOf(null), spanOf("month"), spanOf("century")]).toEqual(["week", "month", "week"]);
  });

  it("names what the plan knows and leaves other ids as they are", () => {
    const part = partOf(report, "week", false)!;
    const site = part.by.site[0]!;
    const strange = { ...part, by: { ...part.by, site: [site, { ...site, key: "closed-site" }] } };
    const rows = rowsOf(board, strange, "site");
    expect(rows[0]!.name).toBe(board.world.sites.find(({ id }) => id === site.key)!.name);
    expect(rows[1]!.name).toBe("closed-site");
    expect(rowsOf(board, part, "account").map(({ name }) => name)).toContain("none");
  });

  it("keeps the share of failures between none and all, also where nothing was tried", () => {
    const part = partOf(report, "week", false)!;
    const idle = { ...part.by.site[0]!, attempts: 0, failed: 0 };
    const rows = rowsOf(board, { ...part, by: { ...part.by, site: [idle, ...part.by.site] } }, "site");
    expect(rows[0]!.failedRatio).toBe(0);
    for (const { failedRatio } of rows) expect(failedRatio).toBeLessThanOrEqual(1);
  });

  it("draws every day up to the report, quiet ones included, and loses no money in them", () => {
    const part = partOf(report, "week", false)!;
    const holed = { ...part, by: { ...part.by, time: part.by.time.filter((_, index) => index !== 1) } };
    const bars = timeBars(report, holed);
    expect(bars.map(({ label }) => label)).toEqual(["05-14", "05-15", "05-16", "05-17", "05-18", "05-19", "05-20"]);
    expect(bars.filter(({ attempts }) => attempts === 0).map(({ label }) => label)).toEqual(["05-15"]);
    const kept = holed.by.time.reduce((sum, line) => sum + line.chargeNanoUsd, 0);
    expect(bars.reduce((sum, bar) => sum + bar.chargeUsd, 0) * 1e9).toBeCloseTo(kept, 0);
    expect(timeBars(report, { ...part, by: { ...part.by, time: [] } })).toHaveLength(1);
  });

  it("knows which engines were asked", () => {
    expect(kindsIn(report)).toEqual({ real: true, emulated: true });
    expect(kindsIn({ ...report, parts: [] })).toEqual({ real: false, emulated: false });
    expect(partOf({ ...report, parts: [] }, "week", true)).toBeNull();
  });
});
