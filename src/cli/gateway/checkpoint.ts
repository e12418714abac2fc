import { createPrivateKey, createPublicKey, hash, sign, verify, type KeyObject } from "node:crypto";
import { CommandFailure, exitCodes } from "../terminal/exit-codes.ts";
import { readText } from "../document/read-plan.ts";

/** The state of a ledger at one moment: how many rows, and the hash of the last. */
export interface Checkpoint {
  readonly origin: string;
  readonly rows: number;
  /** Hexadecimal. */
  readonly head: string;
}

/** Signature type of Ed25519 in a signed note. */
const ed25519 = 1;
const howToMakeKeys =
  "Make a pair with: openssl genpkey -algorithm ed25519 -out key.pem; openssl pkey -in key.pem -pubout -out public.pem";

/**
 * A checkpoint as a signed note (C2SP): origin, number of rows, hash, an empty line, and the Ed25519 signature. The hash
 * is the head of the ledger's chain, not the root of a Merkle tree. Kept elsewhere, it shows later what was cut off.
 */
export function signCheckpoint({ origin, rows, head }: Checkpoint, keyPath: string): string {
  const key = readKey(keyPath, createPrivateKey, "private");
  const body = `${origin}\n${rows}\n${Buffer.from(head, "hex").toString("base64")}\n`;
  const signature = Buffer.concat([keyHash(origin, createPublicKey(key)), sign(null, Buffer.from(body), key)]);
  return `${body}\n— ${origin} ${signature.toString("base64")}\n`;
}

/** Reads a checkpoint and checks its signature; ends the command when it does not hold. */
export function readCheckpoint(path: string, publicKeyPath: string): Checkpoint {
  const key = readKey(publicKeyPath, createPublicKey, "public");
  const text = readText(path);
  const match = /^((.+)\n(\d+)\n([A-Za-z0-9+/=]+)\n)\n— (.+) ([A-Za-z0-9+/=]+)\n$/.exec(text);
  if (!match) throw invalid(`${path} is no checkpoint. Make one with: disperse ledger checkpoint`);
  const [, body, origin, rows, root, signer, encoded] = match as unknown as string[];
  const bytes = Buffer.from(encoded!, "base64");
  const holds =
    signer === origin &&
    bytes.subarray(0, 4).equals(keyHash(origin!, key)) &&
    verify(null, Buffer.from(body!), key, bytes.subarray(4));
  if (!holds) throw new CommandFailure(exitCodes.invalid, `${path} was not signed with the key in ${publicKeyPath}.`);
  return { origin: origin!, rows: Number(rows), head: Buffer.from(root!, "base64").toString("hex") };
}

function keyHash(name: string, key: KeyObject): Buffer {
  // The last 32 bytes of an Ed25519 key in DER are the key itself.
  const raw = key.export({ type: "spki", format: "der" }).subarray(-32);
  const input = Buffer.concat([Buffer.from(`${name}\n`), Buffer.from([ed25519]), raw]);
  return Buffer.from(hash("sha256", input, "hex"), "hex").subarray(0, 4);
}

function readKey(path: string, read: (pem: string) => KeyObject, kind: string): KeyObject {
  const pem = readText(path);
  try {
    const key = read(pem);
    if (key.asymmetricKeyType === "ed25519") return key;
  } catch {
    // Told below.
  }
  throw invalid(`${path} holds no Ed25519 ${kind} key in PEM. ${howToMakeKeys}`);
}

const invalid = (why: string) => new CommandFailure(exitCodes.invalid, why);
