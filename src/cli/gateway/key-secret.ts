import { createHmac, hash, randomBytes, timingSafeEqual } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { crc32 } from "node:zlib";
import { CommandFailure, exitCodes } from "../terminal/exit-codes.ts";
import { fileFault } from "../terminal/file-errors.ts";

/** Begins every key made here, so that scanners for leaked secrets can find one. */
const prefix = "dsp_";
const secretBytes = 32;
/** Environment variable of the pepper; wins over the file beside the keys. */
export const pepperVariable = "DISPERSE_KEY_PEPPER";
/** A pepper shorter than this could be guessed. */
const minPepperLength = 16;

/** A new key: 256 random bits and a checksum. It is shown once and kept nowhere. */
export function newSecret(): string {
  const secret = randomBytes(secretBytes).toString("base64url");
  return `${prefix}${secret}${crc32(secret).toString(16).padStart(8, "0")}`;
}

/**
 * Digest under which a key is kept. A key of 256 random bits cannot be guessed from a fast hash; the pepper, which is
 * kept elsewhere than the digests, makes a stolen file of them useless even for keys that people chose.
 */
export function keyedDigest(secret: string, pepper: string): string {
  return createHmac("sha256", pepper).update(secret).digest("hex");
}

/** Digest of keys that were entered without a pepper: `printf %s "$KEY" | sha256sum`. */
export function plainDigest(secret: string): string {
  return hash("sha256", secret);
}

/** Compares two digests in a time that tells nothing of where they differ. */
export function isSame(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
}

export function pepperPath(keys: string): string {
  return `${keys}.pepper`;
}

/** The pepper of a file of keys, from the environment or the file beside it; null when there is none. */
export function readPepper(keys: string, env: NodeJS.ProcessEnv): string | null {
  const given = env[pepperVariable];
  const path = pepperPath(keys);
  if (given === undefined && !existsSync(path)) return null;
  const pepper = given ?? readFileSync(path, "utf8").trim();
  if (pepper.length < minPepperLength) {
    const where = given === undefined ? path : `the environment variable ${pepperVariable}`;
    throw new CommandFailure(exitCodes.invalid, `${where} must hold at least ${minPepperLength} characters.`);
  }
  return pepper;
}

/** The pepper, made and written beside the keys (readable by its owner alone) when there is none yet. */
export function providePepper(keys: string, env: NodeJS.ProcessEnv): string {
  const known = readPepper(keys, env);
  if (known !== null) return known;
  const pepper = randomBytes(secretBytes).toString("base64url");
  const path = pepperPath(keys);
  try {
    writeFileSync(path, `${pepper}\n`, { mode: 0o600, flag: "wx" });
  } catch (error) {
    // Half a pepper would be taken for one the next time. What another process has just made is not ours to take away.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") rmSync(path, { force: true });
    throw new CommandFailure(
      exitCodes.invalid,
      `${path} cannot be written: ${fileFault(error)}. Choose another folder with --keys, or set ${pepperVariable}.`,
    );
  }
  return pepper;
}
