import { closeSync, existsSync, openSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { checkAccountsFile, type AccountsFile, type Entry } from "./accounts-file.ts";
import { epochMsOfDate } from "../terminal/date-text.ts";
import { CommandFailure, exitCodes } from "../terminal/exit-codes.ts";
import { fileFault } from "../terminal/file-errors.ts";
import { keyedDigest, newSecret, pepperPath, pepperVariable, providePepper } from "./key-secret.ts";
import { readJson } from "../document/read-plan.ts";
import { textTable } from "../terminal/text-table.ts";

export interface KeysOptions {
  /** File of accounts and keys. */
  readonly keys: string;
}

export interface CreateKeyOptions extends KeysOptions {
  readonly account: string;
  readonly id?: string;
  readonly workloads?: string;
  /** A date, or days from now as in `90d`. */
  readonly expires?: string;
  readonly budgetUsd?: number;
  readonly requestsPerMinute?: number;
  readonly tokensPerMinute?: number;
  readonly maxInFlight?: number;
  readonly priority?: string;
  readonly weight?: number;
  readonly role?: string;
}

/** `disperse keys create`: prints the key once; the file gets its digest alone. */
export function createKey(options: CreateKeyOptions): void {
  alone(options.keys, () => create(options));
}

function create(options: CreateKeyOptions): void {
  if (/\p{Cc}/u.test(options.account)) {
    throw invalid("--account: an id has no line breaks or other control characters, for it stands in logs.");
  }
  const expires = endOf(options.expires);
  const { accounts, keys } = open(options.keys, true).raw;
  const limits = Object.entries({
    budgetUsd: options.budgetUsd,
    requestsPerMinute: options.requestsPerMinute,
    tokensPerMinute: options.tokensPerMinute,
    maxInFlight: options.maxInFlight,
    priority: options.priority,
    weight: options.weight,
  }).filter(([, value]) => value !== undefined);
  const account = accounts.find(({ id }) => id === options.account);
  if (account) Object.assign(account, Object.fromEntries(limits));
  else accounts.push({ id: options.account, ...Object.fromEntries(limits) });
  // A key for looking at a gateway lies where a key for inference need not lie.
  const workloads =
    options.workloads?.split(",").map((id) => id.trim()) ?? (options.role === undefined ? undefined : []);
  const entry: Entry = {
    account: options.account,
    ...(workloads && { workloads }),
    ...(options.role !== undefined && { role: options.role }),
    ...(expires !== undefined && { expires }),
  };
  add(options.keys, accounts, keys, entry, options.id);
}

export interface RotateKeyOptions extends KeysOptions {
  readonly overlap: string;
  /** When the new key ends, as of `create`; when the old one would have where it is left out. */
  readonly expires?: string;
}

/** `disperse keys rotate`: another key with the same scopes and end; the old one goes on for a while. */
export function rotateKey(id: string, options: RotateKeyOptions): void {
  alone(options.keys, () => rotate(id, options));
}

function rotate(id: string, options: RotateKeyOptions): void {
  const file = open(options.keys);
  const { accounts, keys } = file.raw;
  const old = find(keys, id, options.keys);
  const { account, workloads, slo, role } = old;
  if (old["revoked"] !== undefined) {
    throw invalid(
      `${id} is revoked and works no more, so there is nothing to exchange. Make another with: disperse keys create --account ${String(account)}`,
    );
  }
  const given = endOf(options.expires);
  const endsEpochMs = file.keys.find((key) => key.id === id)!.expiresEpochMs;
  if (given === undefined && endsEpochMs !== null && endsEpochMs <= Date.now()) {
    throw invalid(`${id} has expired, and so would the new key have. Say when that is to end, with --expires 90d.`);
  }
  // Whoever was let in until a day is not let in for ever by an exchange.
  const expires = given ?? old["expires"];
  const same = { ...(workloads ? { workloads } : {}), ...(slo ? { slo } : {}), ...(role ? { role } : {}) };
  const until = dateOf(options.overlap);
  // A key that ends sooner anyway is not given more time.
  if (typeof old["expires"] !== "string" || epochMsOfDate(old["expires"]) > epochMsOfDate(until))
    old["expires"] = until;
  add(options.keys, accounts, keys, { account, ...same, ...(expires ? { expires } : {}) });
  process.stderr.write(
    `${id} works until ${String(old["expires"])}${typeof expires === "string" ? `, the new key until ${expires}` : ""}.\n`,
  );
}

/** `disperse keys revoke`: the key is refused from now on; a running gateway notices within a second. */
export function revokeKey(id: string, options: KeysOptions): void {
  alone(options.keys, () => revoke(id, options));
}

function revoke(id: string, options: KeysOptions): void {
  const { accounts, keys } = open(options.keys).raw;
  const key = find(keys, id, options.keys);
  key["revoked"] ??= new Date().toISOString();
  write(options.keys, accounts, keys);
  process.stdout.write(`${id} is revoked since ${String(key["revoked"])}.\n`);
}

/** `disperse keys list`: what the keys may do; nothing of it is secret. */
export function listKeys(options: KeysOptions & { readonly json?: boolean }): void {
  const { accounts, keys } = open(options.keys);
  const nowMs = Date.now();
  const rows = keys.map((key) => {
    const account = accounts.find(({ id }) => id === key.account)!;
    const expired = key.expiresEpochMs !== null && nowMs >= key.expiresEpochMs;
    return {
      id: key.id,
      account: key.account,
      status: key.revoked ? "revoked" : expired ? "expired" : "active",
      workloads: key.workloads,
      role: key.role ?? null,
      expires: key.expiresEpochMs === null ? null : new Date(key.expiresEpochMs).toISOString(),
      budgetUsd: account.budgetNanoUsd === null ? null : account.budgetNanoUsd / 1e9,
      requestsPerMinute: account.requestsPerMinute,
      tokensPerMinute: account.tokensPerMinute,
      priority: account.priority!,
    };
  });
  if (options.json) return void process.stdout.write(`${JSON.stringify(rows)}\n`);
  const any = (value: number | string | null) => (value === null ? "–" : String(value));
  const table = textTable(
    [
      "key",
      "account",
      "status",
      "workloads",
      "role",
      "expires",
      "budget USD",
      "requests/min",
      "tokens/min",
      "priority",
    ],
    rows.map((row) => [
      row.id,
      row.account,
      row.status,
      row.workloads === "*" ? "all" : row.workloads.join(" ") || "none",
      any(row.role),
      any(row.expires?.slice(0, 16) ?? null),
      any(row.budgetUsd),
      any(row.requestsPerMinute),
      any(row.tokensPerMinute),
      row.priority,
    ]),
  );
  process.stdout.write(`${rows.length === 0 ? "There are no keys yet. Make one with: disperse keys create" : table}\n`);
}

function add(path: string, accounts: Entry[], keys: Entry[], entry: Entry, wanted?: string): void {
  if (wanted !== undefined && keys.some(({ id }) => id === wanted))
    throw invalid(`${path} has a key "${wanted}" already.`);
  let number = keys.length + 1;
  while (keys.some(({ id }) => id === `key-${number}`)) number++;
  const id = wanted ?? `key-${number}`;
  const madePepper = !existsSync(pepperPath(path)) && process.env[pepperVariable] === undefined;
  const secret = newSecret();
  const hmacSha256 = keyedDigest(secret, providePepper(path, process.env));
  keys.push({ id, hmacSha256, created: new Date().toISOString(), ...entry });
  write(path, accounts, keys);
  // The key alone on standard output, so that it can be piped into a secret store.
  process.stderr.write(`${id} for ${String(entry["account"])}; shown once, kept nowhere:\n`);
  process.stdout.write(`${secret}\n`);
  if (madePepper)
    process.stderr.write(`The pepper of all keys is in ${pepperPath(path)}: keep it apart from backups of the keys.\n`);
}

/**
 * Runs `change` while no other command changes the file: of two that read it at once, one would write over the other's key.
 * A lock whose holder was killed is taken over after a while.
 */
function alone(path: string, change: () => void): void {
  const lock = `${path}.lock`;
  const endsMs = performance.now() + lockWaitMs;
  for (;;) {
    try {
      closeSync(openSync(lock, "wx", 0o600));
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw notWritable(path, error);
    }
    if (performance.now() > endsMs) {
      throw invalid(`${path} is being changed by another command. If none runs, delete ${lock} and try again.`);
    }
    const ageMs = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    // One from hours ahead is from before the time of day was set back.
    if (Math.abs(ageMs) > lockHeldMs) rmSync(lock, { force: true });
    else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
  }
  try {
    change();
  } finally {
    rmSync(lock, { force: true });
  }
}
const lockWaitMs = 20_000;
/** A change takes milliseconds. */
const lockHeldMs = 10_000;

const notWritable = (path: string, error: unknown) =>
  invalid(`${path} cannot be written: ${fileFault(error)}. Choose another folder with --keys.`);

function open(path: string, mayBeNew = false): AccountsFile {
  if (mayBeNew && !existsSync(path)) return checkAccountsFile(path, { accounts: [], keys: [] });
  return checkAccountsFile(path, readJson(path));
}

function find(keys: readonly Entry[], id: string, path: string): Entry {
  const key = keys.find((entry) => entry["id"] === id);
  if (!key) throw invalid(`${path} has no key "${id}". It has ${keys.map((entry) => String(entry["id"])).join(", ")}.`);
  return key;
}

/** Checked before it is written, and written whole or not at all: a running gateway may read at any moment. */
function write(path: string, accounts: Entry[], keys: Entry[]): void {
  const content = { accounts, keys };
  checkAccountsFile(path, content);
  const beside = `${path}.new`;
  try {
    writeFileSync(beside, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
    renameSync(beside, path);
  } catch (error) {
    rmSync(beside, { force: true });
    throw notWritable(path, error);
  }
}

/** The end that was asked for; undefined = none was. */
function endOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const expires = dateOf(text);
  if (epochMsOfDate(expires) <= Date.now())
    throw invalid(`--expires: "${text}" lies in the past, so the key would never work.`);
  return expires;
}

/** A date as written, or a time from now: `90d`, `24h`, `30min`, `20s`. */
function dateOf(text: string): string {
  const span = /^(\d+)\s*(d|h|min|s)$/.exec(text.trim());
  const unitMs = { d: 86_400_000, h: 3_600_000, min: 60_000, s: 1_000 };
  const epochMs = span ? Date.now() + Number(span[1]) * unitMs[span[2] as keyof typeof unitMs] : epochMsOfDate(text);
  if (!Number.isFinite(epochMs))
    throw invalid(`"${text}" is no date such as 2027-01-31 and no span such as 90d or 24h.`);
  return new Date(epochMs).toISOString();
}

const invalid = (why: string) => new CommandFailure(exitCodes.invalid, why);
