import { sumBy, type AccountSettings, type RollUps } from "../../serve/index.ts";
import { checkAccountsFile } from "./accounts-file.ts";
import { CommandFailure, exitCodes } from "../terminal/exit-codes.ts";
import { keyedDigest, pepperPath, pepperVariable, plainDigest, readPepper } from "./key-secret.ts";
import { readJson } from "../document/read-plan.ts";

/** Reads accounts and keys from a file (see `checkAccountsFile`); what accounts have spent comes from the ledger. */
export async function readAccounts(
  path: string,
  ledger: RollUps,
  env: NodeJS.ProcessEnv = process.env,
): Promise<AccountSettings> {
  const file = checkAccountsFile(path, readJson(path));
  const pepper = readPepper(path, env);
  if (file.needsPepper && pepper === null) {
    const remedy = `Put it into ${pepperPath(path)} or the environment variable ${pepperVariable}.`;
    throw new CommandFailure(
      exitCodes.invalid,
      `${path}: its keys were made with a pepper, which is missing. ${remedy}`,
    );
  }
  const accountOf = new Map(file.keys.map(({ id, account }) => [id, account]));
  // Rows from before accounts were written down are found by their key.
  const spent = sumBy(
    await ledger.rollUps(),
    ({ accountId, keyId }) => accountId ?? (keyId === null ? "" : (accountOf.get(keyId) ?? "")),
  );
  return {
    keys: file.keys,
    digests: (secret) => (pepper === null ? [plainDigest(secret)] : [keyedDigest(secret, pepper), plainDigest(secret)]),
    accounts: file.accounts.map((account) => ({
      ...account,
      spentNanoUsd: spent.get(account.id)?.chargeNanoUsd ?? 0,
    })),
  };
}
