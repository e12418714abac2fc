import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ledgerColumns, rollUpColumns, RowGroup, type LedgerRow } from "../../serve/index.ts";
import { ledgerRow } from "../../../test/contract/ledger-row.ts";
import { LedgerFile } from "./ledger-file.ts";
import { RowTexts } from "./row-text.ts";

const text = fc.oneof(fc.constantFrom("", "[1,2]", 'Übung; "quoted"\n\\', "\ud800"), fc.string());
const row = fc
  .record({
    requestId: text,
    keyId: fc.option(fc.constantFrom("a", "b")),
    site: fc.constantFrom("a", "b", "Übung"),
    emulated: fc.boolean(),
    status: fc.constantFrom(0, 200),
    ttftMs: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })),
    durationMs: fc.double({ min: 0, max: 1e6, noNaN: true }),
    egressNanoUsd: fc.nat(),
    priceNanoUsdPerMTok: fc.constantFrom(0, 8_230_452_600_000),
  })
  .map(ledgerRow);
/** Groups of rows, some of which fail to be written. */
const groups = fc.array(fc.record({ rows: fc.array(row, { maxLength: 50, size: "max" }), fails: fc.boolean() }), {
  maxLength: 5,
});

function opened(database: DatabaseSync) {
  const ledger = new LedgerFile(database, ledgerColumns);
  const texts = new RowTexts(ledgerColumns, rollUpColumns);
  return {
    ledger,
    /** As the ledger's thread does it. */
    write: (rows: readonly LedgerRow[], fails = false): void => {
      const { end } = ledger;
      database.exec("BEGIN");
      for (const batch of texts.unpack(RowGroup.of(rows).pack())) expect(ledger.write(batch)).toBe(true);
      if (!fails) return database.exec("COMMIT");
      ledger.end = end;
      texts.forget();
      database.exec("ROLLBACK");
    },
  };
}

const bytesOf = (database: DatabaseSync) =>
  (database.prepare("SELECT sum(length(row)) AS bytes FROM ledger").get() as { bytes: number }).bytes;

describe("rows as they are stored", () => {
  it("are read as they were given, whatever failed in between and whoever wrote the first of them", () => {
    fc.assert(
      fc.property(groups, groups, (first, second) => {
        const database = new DatabaseSync(":memory:");
        const written: string[] = [];
        for (const given of [first, second]) {
          const { ledger, write } = opened(database);
          for (const { rows, fails } of given) {
            const numbered = rows.map((one, index) => ({ ...one, attempt: written.length + index }));
            write(numbered, fails);
            if (!fails) written.push(...numbered.map((one) => JSON.stringify(one)));
          }
          expect(ledger.read(0, 1_000)).toEqual(written);
        }
        database.close();
      }),
      { numRuns: 50 },
    );
  });

  it("take a third of the room once one like them is there", () => {
    const database = new DatabaseSync(":memory:");
    const { write } = opened(database);
    const like = (index: number) => ledgerRow({ requestId: `req_${index}`, durationMs: index / 7 });
    write(Array.from({ length: 32 }, (_, index) => like(index)));
    const before = bytesOf(database);
    write(Array.from({ length: 32 }, (_, index) => like(32 + index)));
    expect(bytesOf(database) - before).toBeLessThan(before / 3);
    database.close();
  });
});
