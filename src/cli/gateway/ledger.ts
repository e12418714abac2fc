import { existsSync, realpathSync } from "node:fs";
import {
  createAuditor,
  handoverEvidence,
  isGatewayAccount,
  settle,
  sumBy,
  type HandoverEvidence,
  type LedgerRow,
  type OperatorLedger,
  type RollUp,
} from "../../serve/index.ts";
import { readCheckpoint, signCheckpoint } from "./checkpoint.ts";
import { epochMsOfDate } from "../terminal/date-text.ts";
import { CommandFailure, exitCodes } from "../terminal/exit-codes.ts";
import { focusCsv, usd, type FocusParties } from "./focus-export.ts";
import { rollUpsAt, verifyLedgerAt } from "./open-ledger.ts";
import { readPlan } from "../document/read-plan.ts";
import { textTable } from "../terminal/text-table.ts";
import { writeFile } from "../terminal/write-file.ts";

export interface VerifyOptions {
  readonly plan?: string;
  readonly checkpoint?: string;
  readonly publicKey?: string;
  readonly json?: boolean;
}

/** Faults of rows that are spelled out; the rest is counted. */
const faultsShown = 10;

/** `disperse ledger verify`: is the chain whole, is it the one signed then, and does every row hold before the law. */
export async function verifyLedgerFile(path: string, options: VerifyOptions): Promise<void> {
  if ((options.checkpoint === undefined) !== (options.publicKey === undefined)) {
    throw invalid("--checkpoint and --public-key go together: name both files.");
  }
  const signed = options.checkpoint === undefined ? null : readCheckpoint(options.checkpoint, options.publicKey!);
  const audit = options.plan === undefined ? null : createAuditor(readPlan(options.plan).world);
  const faults: { position: number; requestId: string; attempt: number; fault: string }[] = [];
  const inspect = (row: LedgerRow, position: number) => {
    const fault = audit?.(row) ?? null;
    if (fault !== null) faults.push({ position, requestId: row.requestId, attempt: row.attempt, fault });
  };
  const verdict = await verifyLedgerAt(path, { inspect, ...(signed && { untilRows: signed.rows }) });
  const agrees = signed === null ? null : verdict.headThen === signed.head;
  const holds = verdict.brokenAt === null && agrees !== false && faults.length === 0;
  if (options.json) {
    const { rows, head, brokenAt } = verdict;
    process.stdout.write(`${JSON.stringify({ holds, rows, head, brokenAt, checkpointAgrees: agrees, faults })}\n`);
  } else {
    const lines = [
      verdict.brokenAt === null
        ? `chain: whole, ${verdict.rows} rows, head ${verdict.head}`
        : `chain: BROKEN at row ${verdict.brokenAt}: it or one before it was changed, removed or moved`,
    ];
    if (signed !== null) {
      lines.push(
        agrees
          ? `checkpoint: agrees, the first ${signed.rows} rows are those signed by ${signed.origin}`
          : `checkpoint: DOES NOT AGREE, the first ${signed.rows} rows are not those signed by ${signed.origin}`,
      );
    }
    if (audit) {
      lines.push(
        `rows: ${faults.length === 0 ? "all" : `${verdict.rows - faults.length} of ${verdict.rows}`} hold against residency, sites and prices of the plan`,
      );
      for (const { position, requestId, attempt, fault } of faults.slice(0, faultsShown))
        lines.push(`  row ${position} (${requestId}, attempt ${attempt}): ${fault}`);
      if (faults.length > faultsShown) lines.push(`  … and ${faults.length - faultsShown} more`);
    }
    process.stdout.write(`${lines.join("\n")}\n`);
  }
  if (!holds) process.exitCode = exitCodes.evidenceFails;
}

export interface CheckpointOptions {
  readonly key: string;
  readonly origin: string;
}

/** `disperse ledger checkpoint`: signs how the ledger stands now. */
export async function checkpointLedger(path: string, { key, origin }: CheckpointOptions): Promise<void> {
  const { rows, head, brokenAt } = await verifyLedgerAt(path, {});
  if (brokenAt !== null)
    throw new CommandFailure(exitCodes.evidenceFails, `${path} is broken at row ${brokenAt}; it is not signed.`);
  process.stdout.write(signCheckpoint({ origin, rows, head }, key));
}

export interface SelectOptions {
  /** First day, inclusive; a date. */
  readonly from?: string;
  /** Last day, exclusive. */
  readonly to?: string;
  readonly emulated?: boolean;
  /** Take rows in of requests that other gateways handed over. */
  readonly handedOver?: boolean;
}

/** `disperse ledger export`: charges in FOCUS 1.2, or roll-ups as they are. */
export async function exportLedger(
  paths: readonly string[],
  options: SelectOptions & FocusParties & { readonly format: "focus" | "json"; readonly out?: string },
): Promise<void> {
  const rollUps = await selected(paths, options);
  const text = options.format === "focus" ? focusCsv(rollUps, options) : `${JSON.stringify(rollUps)}\n`;
  if (options.out === undefined || options.out === "-") process.stdout.write(text);
  else writeFile(options.out, text);
}

export const groupings = ["account", "key", "owner", "site", "tier", "workload", "day"] as const;

/** `disperse ledger report`: sums of what was served, charged and sent. */
export async function reportLedger(
  paths: readonly string[],
  options: SelectOptions & { readonly by: (typeof groupings)[number]; readonly json?: boolean },
): Promise<void> {
  const name: Record<(typeof groupings)[number], (entry: RollUp) => string> = {
    account: ({ accountId }) => accountId ?? "–",
    key: ({ keyId }) => keyId ?? "–",
    owner: ({ owner }) => owner,
    site: ({ site }) => site,
    tier: ({ tier }) => tier,
    workload: ({ workload }) => workload,
    day: ({ hourEpochMs }) => new Date(hourEpochMs).toISOString().slice(0, 10),
  };
  const sums = [...sumBy(await selected(paths, options), name[options.by])].sort(([one], [other]) =>
    one < other ? -1 : 1,
  );
  if (options.json) {
    const rows = sums.map(
      ([of, { attempts, inputTokens, outputTokens, responseBytes, chargeNanoUsd, egressNanoUsd }]) => ({
        [options.by]: of,
        attempts,
        inputTokens,
        outputTokens,
        responseBytes,
        chargeNanoUsd,
        egressNanoUsd,
      }),
    );
    process.stdout.write(`${JSON.stringify(rows)}\n`);
    return;
  }
  const table = textTable(
    [options.by, "attempts", "input tokens", "output tokens", "sent MB", "charged USD", "egress USD"],
    sums.map(([of, sum]) => [
      of,
      String(sum.attempts),
      String(sum.inputTokens),
      String(sum.outputTokens),
      (sum.responseBytes / 1e6).toFixed(2),
      usd(sum.chargeNanoUsd),
      usd(sum.egressNanoUsd),
    ]),
  );
  process.stdout.write(`${table}\n`);
}

/** `disperse ledger settle`: what owners owe each other. `entries`: `OWNER=FILE`, the owner whose gateway wrote it. */
export async function settleLedgers(
  entries: readonly string[],
  options: SelectOptions & { readonly operatorShare: number; readonly json?: boolean },
): Promise<void> {
  requireEachOnce(entries.map((entry) => entry.slice(entry.indexOf("=") + 1)));
  const ledgers: OperatorLedger[] = [];
  const whole: RollUp[][] = [];
  for (const entry of entries) {
    const at = entry.indexOf("=");
    if (at < 1) throw invalid(`"${entry}" must be OWNER=FILE: the owner whose gateway wrote the ledger.`);
    const rollUps = await selected([entry.slice(at + 1)], { ...options, handedOver: true });
    whole.push(rollUps);
    ledgers.push({
      operator: entry.slice(0, at),
      rollUps: rollUps.filter(({ accountId }) => !isGatewayAccount(accountId)),
    });
  }
  const evidence = handoverEvidence(whole);
  const { gross, net } = settle(ledgers, options.operatorShare);
  for (const line of disagreements(evidence)) process.stderr.write(`${line}\n`);
  if (options.json) {
    const told = { gross, net, ...(evidence.length > 0 && { evidence }) };
    return void process.stdout.write(`${JSON.stringify(told)}\n`);
  }
  if (gross.length === 0) {
    process.stdout.write(
      "Nobody owes anybody: every charged request was served by the owner whose gateway took it in.\n",
    );
    return;
  }
  const served = textTable(
    ["owes", "to", "attempts", "tokens", "USD"],
    gross.map((due) => [due.debtor, due.creditor, String(due.attempts), String(due.tokens), usd(due.nanoUsd)]),
  );
  const paid = textTable(
    ["pays", "to", "USD"],
    net.map((due) => [due.debtor, due.creditor, usd(due.nanoUsd)]),
  );
  process.stdout.write(`Served for each other:\n${served}\n\nPayments after netting:\n${paid}\n`);
}

/** Where two sides wrote down different things, in words. */
function disagreements(evidence: readonly HandoverEvidence[]): string[] {
  return evidence.flatMap(({ site, served, charged, agrees }) => {
    const own = `${served.attempts} answers (${served.tokens} tokens)`;
    const theirs = `${charged.attempts} (${charged.tokens})`;
    return agrees ? [] : [`${site}: its own gateway wrote down ${own} for others, the others charged for ${theirs}.`];
  });
}

/** A ledger that is named twice would be summed twice. */
function requireEachOnce(paths: readonly string[]): void {
  const seen = new Set<string>();
  for (const path of paths) {
    const place = existsSync(path) ? realpathSync(path) : path;
    if (seen.has(place))
      throw invalid(`${path} is named twice, and its rows would count twice. Name each ledger once.`);
    seen.add(place);
  }
}

async function selected(paths: readonly string[], options: SelectOptions): Promise<RollUp[]> {
  const [from, to] = [dayOf("--from", options.from), dayOf("--to", options.to)];
  if (from !== null && to !== null && from >= to) {
    throw invalid(`--from ${options.from} does not lie before --to ${options.to}, so nothing lies between them.`);
  }
  requireEachOnce(paths);
  const read = await Promise.all(paths.map((path) => rollUpsAt(path)));
  const inTime = read
    .flat()
    .filter(({ hourEpochMs }) => (from === null || hourEpochMs >= from) && (to === null || hourEpochMs < to));
  const attempts = (rollUps: readonly RollUp[]) => rollUps.reduce((sum, entry) => sum + entry.attempts, 0);
  const real = options.emulated ? inTime : inTime.filter(({ emulated }) => !emulated);
  const filler = attempts(inTime) - attempts(real);
  // Nobody pays for filler text; but who tries things out wants to see it.
  if (filler > 0)
    process.stderr.write(`${filler} attempts at emulated engines are left out; --emulated takes them in.\n`);
  // The gateway that handed them over has charged for them and has a row of each.
  const own = options.handedOver ? real : real.filter(({ accountId }) => !isGatewayAccount(accountId));
  const handedOver = attempts(real) - attempts(own);
  if (handedOver > 0)
    process.stderr.write(
      `${handedOver} attempts for other gateways, which they charge for, are left out; --handed-over takes them in.\n`,
    );
  return own;
}

function dayOf(option: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  const epochMs = epochMsOfDate(text);
  if (Number.isNaN(epochMs)) throw invalid(`${option}: "${text}" is no date such as 2027-01-31.`);
  return epochMs;
}

const invalid = (why: string) => new CommandFailure(exitCodes.invalid, why);
