import { parse } from "node:path";
import {
  createPostgresStore,
  readOtherCharges,
  readPostgresRollUps,
  verifyPostgresLedger,
} from "../../adapters/store-postgres/index.ts";
import { createSqliteStore, readRollUps, verifyLedger } from "../../adapters/store-sqlite/index.ts";
import type { LedgerReading, LedgerVerdict, RollUp, RollUps, Store } from "../../serve/index.ts";
import { CommandFailure, exitCodes } from "../terminal/exit-codes.ts";

/** Where a ledger lies: a file, or a chain in a PostgreSQL database. */
type Place =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "postgres"; readonly url: string; readonly chain: string };

const usualChain = "default";

/** Reads `ledger.db` or `postgres://user@host/database#chain`. Passwords come from `PGPASSWORD` or a password file. */
function placeOf(spec: string): Place {
  if (!/^postgres(?:ql)?:\/\//.test(spec)) return { kind: "file", path: spec };
  if (!URL.canParse(spec))
    throw new CommandFailure(exitCodes.invalid, "the address of the ledger's database is no URL.");
  const url = new URL(spec);
  // Whatever stands on a command line can be read by everyone on the machine.
  if (url.password !== "") {
    const remedy = "Leave it out and set the environment variable PGPASSWORD, or use ~/.pgpass.";
    throw new CommandFailure(exitCodes.invalid, `a password does not belong into the ledger's address. ${remedy}`);
  }
  const chain = decodeURIComponent(url.hash.slice(1)) || usualChain;
  url.hash = "";
  return { kind: "postgres", url: url.href, chain };
}

/** The ledger a gateway writes, once it answers; ends the command when it does not. */
export async function openLedger(spec: string): Promise<Store & RollUps> {
  const place = placeOf(spec);
  const store = place.kind === "file" ? createSqliteStore(place.path) : createPostgresStore(place);
  try {
    await store.read(0, 1);
    return store;
  } catch (error) {
    await store.close();
    const { code, message } = error as NodeJS.ErrnoException;
    const remedy =
      place.kind === "file"
        ? "Each gateway needs a file of its own, in a folder that this user may write to."
        : "The database must be there, and each gateway needs a chain of its own in it (…/database#name).";
    throw new CommandFailure(
      exitCodes.invalid,
      `--ledger: ${spec} cannot be opened: ${(message || code) ?? "unknown error"}. ${remedy}`,
    );
  }
}

/**
 * What is charged by other gateways whose ledgers lie in the same database; null where there can be none. `siblings`: ledgers
 * of the other workers of this gateway.
 */
export function chargesBeside(
  spec: string,
  siblings: readonly string[],
): (() => Promise<ReadonlyMap<string, number>>) | null {
  const place = placeOf(spec);
  if (place.kind === "file") return null;
  const own = [place, ...siblings.map(placeOf)].flatMap((each) => (each.kind === "postgres" ? [each.chain] : []));
  return () =>
    readOtherCharges(place.url, own).catch((error: unknown) => {
      throw unreadable(spec, error);
    });
}

/** Why a ledger cannot be used, in words. */
export function unreadable(spec: string, error: unknown): CommandFailure {
  if (error instanceof CommandFailure) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  return new CommandFailure(exitCodes.invalid, `${spec} cannot be read as a ledger: ${message || code}.`);
}

/** `ledger.db` → `ledger.2.db`, `…#north` → `…#north.2`: every worker writes a ledger of its own. */
export function workerLedger(spec: string, number: number): string {
  const place = placeOf(spec);
  if (place.kind === "postgres") return `${place.url}#${encodeURIComponent(`${place.chain}.${number}`)}`;
  const { dir, name, ext } = parse(place.path);
  return `${dir === "" ? "" : `${dir}/`}${name}.${number}${ext}`;
}

export async function verifyLedgerAt(spec: string, reading: LedgerReading): Promise<LedgerVerdict> {
  const place = placeOf(spec);
  try {
    return place.kind === "file"
      ? verifyLedger(place.path, reading)
      : await verifyPostgresLedger(place.url, place.chain, reading);
  } catch (error) {
    throw unreadable(spec, error);
  }
}

export async function rollUpsAt(spec: string): Promise<readonly RollUp[]> {
  const place = placeOf(spec);
  try {
    return place.kind === "file" ? readRollUps(place.path) : await readPostgresRollUps(place.url, place.chain);
  } catch (error) {
    throw unreadable(spec, error);
  }
}
