import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ledgerRow } from "../../../test/contract/ledger-row.ts";
import type { LedgerRow } from "./ledger.ts";
import { ledgerReport, reportGroupings, type ReportPart } from "./ledger-report.ts";
import { hourMs, rollUp } from "./roll-up.ts";

const noon = Date.UTC(2027, 4, 20, 12, 30);
const report = (rows: readonly LedgerRow[], accountsShown = true) =>
  ledgerReport(rollUp(rows).values(), { epochMs: noon, unsavedRows: 0, accountsShown });
const part = (parts: readonly ReportPart[], span: string, emulated = false) =>
  parts.find((entry) => entry.span === span && entry.emulated === emulated);

describe("what the console is told of the ledger", () => {
  it("adds up to the same totals whatever it is summed by, in every span", () => {
    const row = fc.record({
      accountId: fc.constantFrom("team", "lab", null),
      site: fc.constantFrom("a", "b"),
      model: fc.constantFrom("m", "n"),
      outcome: fc.constantFrom("served", "timeout", "cached", "superseded"),
      emulated: fc.boolean(),
      agoH: fc.integer({ min: 0, max: 24 * 60 }),
      inputTokens: fc.integer({ min: 0, max: 1_000 }),
      chargeNanoUsd: fc.integer({ min: 0, max: 1e9 }),
    });
    fc.assert(
      fc.property(fc.array(row, { maxLength: 60 }), (drawn) => {
        const rows = drawn.map(({ agoH, ...fields }, index) =>
          ledgerRow({ ...(fields as Partial<LedgerRow>), epochMs: noon - agoH * hourMs, requestId: `r${index}` }),
        );
        const { parts } = report(rows);
        for (const { totals, by } of parts) {
          for (const grouping of reportGroupings) {
            for (const measure of ["attempts", "failed", "inputTokens", "chargeNanoUsd"] as const) {
              expect(by[grouping].reduce((sum, line) => sum + line[measure], 0)).toBe(totals[measure]);
            }
          }
        }
        const attempts = parts.filter(({ span }) => span === "all").map(({ totals }) => totals.attempts);
        expect(attempts.reduce((sum, count) => sum + count, 0)).toBe(rows.length);
        expect(parts.filter(({ span }) => span === "all").map(({ totals }) => totals.failed)).toEqual(
          parts
            .filter(({ span }) => span === "all")
            .map(({ emulated }) => rows.filter((r) => r.emulated === emulated && r.outcome === "timeout").length),
        );
      }),
    );
  });

  it("cuts the spans at whole hours and days of UTC", () => {
    const at = (iso: string) => ledgerRow({ epochMs: Date.parse(iso), emulated: false });
    const { parts } = report([
      at("2027-05-20T12:29:00Z"),
      at("2027-05-19T13:00:00Z"),
      at("2027-05-19T12:59:59Z"),
      at("2027-05-14T00:00:00Z"),
      at("2027-05-13T23:59:59Z"),
      at("2027-04-19T23:59:59Z"),
    ]);
    expect(["day", "week", "month", "all"].map((span) => part(parts, span)?.totals.attempts)).toEqual([2, 4, 5, 6]);
    expect(part(parts, "day")?.by.time.map(({ key }) => key)).toEqual([
      "2027-05-19T13:00:00.000Z",
      "2027-05-20T12:00:00.000Z",
    ]);
    expect(part(parts, "week")?.by.time.map(({ key }) => key)).toEqual([
      "2027-05-14T00:00:00.000Z",
      "2027-05-19T00:00:00.000Z",
      "2027-05-20T00:00:00.000Z",
    ]);
  });

  it("keeps emulated attempts apart, and accounts from whoever need not know them", () => {
    const rows = [
      ledgerRow({ epochMs: noon, emulated: true, accountId: "team" }),
      ledgerRow({ epochMs: noon, emulated: false, accountId: "team" }),
    ];
    const shown = report(rows);
    expect(part(shown.parts, "day", true)?.totals.attempts).toBe(1);
    expect(part(shown.parts, "day", false)?.by.account).toMatchObject([{ key: "team", attempts: 1 }]);
    const hidden = report(rows, false);
    expect(JSON.stringify(hidden)).not.toContain("team");
    expect(part(hidden.parts, "day")?.totals.attempts).toBe(1);
  });
});
