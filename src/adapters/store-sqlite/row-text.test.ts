import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ledgerColumns, rollUp, rollUpColumns, RowGroup, type LedgerRow } from "../../serve/index.ts";
import { ledgerRow } from "../../../test/contract/ledger-row.ts";
import { RowTexts } from "./row-text.ts";

const text = fc.oneof(fc.constantFrom("", "edge", 'Übung; "quoted"\n\\', "\ud800"), fc.string());
const count = fc.oneof(fc.constantFrom(0, 1, Number.MAX_SAFE_INTEGER), fc.nat());
const rows: fc.Arbitrary<LedgerRow[]> = fc.array(
  fc
    .record({
      requestId: text,
      attempt: fc.integer({ min: 1, max: 4 }),
      epochMs: fc.integer({ min: 0, max: 4e12 }),
      keyId: fc.option(text),
      site: fc.constantFrom("a", "b"),
      rule: text,
      emulated: fc.boolean(),
      status: fc.constantFrom(0, 200, 503),
      inputTokens: fc.nat(1e6),
      chargeNanoUsd: count,
      responseBytes: fc.nat(),
      ttftMs: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })),
      durationMs: fc.double({ min: 0, max: 1e6, noNaN: true }),
      priceNanoUsdPerMTok: fc.constantFrom(0, 8_230_452_600_000),
    })
    .map(ledgerRow),
  // More than are written out at a time.
  { maxLength: 80, size: "max" },
);
const packRows = (given: readonly LedgerRow[]) => RowGroup.of(given).pack();
const texts = new RowTexts(ledgerColumns, rollUpColumns);

/** What is written of rows, each as its text and its attempt. */
function written(given: readonly LedgerRow[]): { readonly text: string; readonly attempt: string }[] {
  const all = [];
  for (const { rows: some, bytes } of texts.unpack(packRows(given)))
    for (const { from, to, attempt } of some) all.push({ text: bytes.toString("utf8", from, to), attempt });
  return all;
}

describe("rows on their way to the ledger's thread", () => {
  it("come out as the JSON of the rows that went in", () => {
    fc.assert(
      fc.property(rows, (given) => {
        const expected = given.map((row) => ({
          text: JSON.stringify(row),
          attempt: `${row.requestId} ${row.attempt}`,
        }));
        expect(written(given)).toEqual(expected);
      }),
    );
  });

  it("keep what distinguishes two rows, whichever column it is", () => {
    for (const name of Object.keys(ledgerColumns) as (keyof LedgerRow)[]) {
      const one = ledgerRow();
      const value =
        typeof one[name] === "number" ? 7_777 : typeof one[name] === "boolean" ? !one[name] : `other ${name}`;
      const given = [one, { ...one, [name]: value } as LedgerRow, one];
      expect(written(given).map(({ text }) => text)).toEqual(given.map((row) => JSON.stringify(row)));
    }
  });

  it("are summed as rows that are read back", () => {
    fc.assert(
      fc.property(rows, (given) => {
        const packed = packRows(given);
        const sums = new Map<string, number[]>();
        for (const { rows: some } of texts.unpack(packed)) for (const row of some) texts.sum(row, packed.numbers, sums);
        const expected = rollUp(given);
        expect([...sums.keys()]).toEqual([...expected.keys()]);
        for (const [name, { hourEpochMs, attempts, chargedTokens, ...sum }] of expected) {
          const measured = rollUpColumns.measures.map((measure) => sum[measure]);
          expect(sums.get(name)).toEqual([hourEpochMs, ...measured, attempts, chargedTokens]);
        }
      }),
    );
  });
});
