import { ledgerReport, type Clock, type LedgerReport, type RollUps } from "../../serve/index.ts";
import { rollUpsAt } from "./open-ledger.ts";

export interface LedgerPageParts {
  /** The ledger this process writes. */
  readonly own: RollUps;
  /** Ledgers of the other workers, which are only read. */
  readonly others: readonly string[];
  readonly unsavedRows: () => number;
  readonly clock: Clock;
}

/** How long one reading serves everyone who looks, ms: a large ledger takes a while to be summed. */
const readingMs = 3_000;

/** The console's report of the ledger, of all workers together. */
export function createLedgerPage(parts: LedgerPageParts): (accountsShown: boolean) => Promise<LedgerReport> {
  const { own, others, unsavedRows, clock } = parts;
  const read = async () => {
    const unsaved = unsavedRows();
    const epochMs = clock.epochMs();
    const beside = await Promise.all(others.map(async (spec) => rollUpsAt(spec).catch(() => [])));
    return { rollUps: [...(await own.rollUps()), ...beside.flat()], unsaved, epochMs };
  };
  let reading: ReturnType<typeof read> | null = null;
  let readAtMs = Number.NEGATIVE_INFINITY;
  const reports = new Map<boolean, Promise<LedgerReport>>();
  return (accountsShown) => {
    const nowMs = clock.monotonicMs();
    if (reading === null || nowMs - readAtMs > readingMs) {
      readAtMs = nowMs;
      reading = read();
      reports.clear();
    }
    let report = reports.get(accountsShown);
    if (report === undefined) {
      const settings = { accountsShown };
      report = reading.then(({ rollUps, unsaved, epochMs }) =>
        ledgerReport(rollUps, { ...settings, epochMs, unsavedRows: unsaved }),
      );
      reports.set(accountsShown, report);
      // A ledger that could not be read is asked again by the next who looks.
      report.catch(() => (reading = null));
    }
    return report;
  };
}
