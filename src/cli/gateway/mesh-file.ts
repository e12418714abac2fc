import { createPublicKey, type KeyObject } from "node:crypto";
import { parse } from "yaml";
import type { PlanDocument } from "../../plan/index.ts";
import { readText } from "../document/read-plan.ts";
import { CommandFailure, exitCodes } from "../terminal/exit-codes.ts";
import { hostFault, networks, type Network } from "./address-policy.ts";

/** A gateway of a mesh as the file names it. */
export interface MeshGateway {
  readonly name: string;
  /** Sites whose engines it holds. */
  readonly sites: readonly string[];
  /** Root at which the others reach it. */
  readonly url: string;
  readonly publicKey: KeyObject;
  /** What the name in `url` may resolve to. */
  readonly network: Network;
}

/** What all gateways of one mesh agree on. */
export interface MeshFile {
  /** Stands in the subject of what they tell each other: several meshes may share a NATS server. */
  readonly name: string;
  readonly nats: readonly string[];
  /** Path of a credentials file of NATS, or of one with `user:password`; null = the server asks for nothing. */
  readonly natsCredentials: string | null;
  readonly gateways: readonly MeshGateway[];
}

type Fields = Record<string, unknown>;

const known = {
  mesh: ["name", "nats", "natsCredentials", "gateways"],
  gateway: ["name", "sites", "url", "publicKey", "network"],
} as const;
const nameForm = /^[a-z0-9][a-z0-9-]{0,62}$/;
const howToMakeKeys =
  "Make a pair with: openssl genpkey -algorithm ed25519 -out paris.key; openssl pkey -in paris.key -pubout";

/**
 * Reads the file that all gateways of a mesh share (YAML or JSON):
 * `{name, nats: URL or list of URLs, natsCredentials: path, gateways: [{name, sites, url, publicKey, network}]}`.
 */
export function readMeshFile(path: string, { world }: Pick<PlanDocument, "world">): MeshFile {
  const wrong = (why: string) => new CommandFailure(exitCodes.invalid, `${path}: ${why}`);
  const onlyKnown = (fields: Fields, names: readonly string[], where: string) => {
    const odd = Object.keys(fields).find((name) => !names.includes(name));
    if (odd !== undefined) throw wrong(`${where}unknown field "${odd}". Known: ${names.join(", ")}.`);
  };
  const nameIn = (fields: Fields, where: string): string => {
    const { name } = fields;
    if (typeof name !== "string" || !nameForm.test(name))
      throw wrong(`${where}"name" must be of lower-case letters, digits and "-".`);
    return name;
  };
  const texts = (value: unknown): string[] | null => {
    const list = Array.isArray(value) ? value : [value];
    return list.length > 0 && list.every((entry) => typeof entry === "string" && entry !== "")
      ? (list as string[])
      : null;
  };

  let content: unknown;
  try {
    content = parse(readText(path));
  } catch (error) {
    if (error instanceof CommandFailure) throw error;
    throw wrong(`it is not valid YAML: ${(error as Error).message.split("\n")[0]!.replace(/:$/, ".")}`);
  }
  if (typeof content !== "object" || content === null || Array.isArray(content)) throw wrong("it must be an object.");
  const file = content as Fields;
  onlyKnown(file, known.mesh, "");
  const nats = texts(file["nats"]);
  if (nats === null || !nats.every((url) => URL.canParse(url) && /^(?:nats|tls):$/.test(new URL(url).protocol)))
    throw wrong(`"nats" must be an address such as nats://10.0.0.1:4222, or a list of them.`);
  if (nats.some((url) => new URL(url).username !== "" || new URL(url).password !== ""))
    throw wrong(`a password does not belong into "nats", which all gateways share: name a file with natsCredentials.`);
  const credentials = file["natsCredentials"] ?? null;
  if (credentials !== null && typeof credentials !== "string") throw wrong(`"natsCredentials" must be a path.`);
  if (!Array.isArray(file["gateways"])) throw wrong(`"gateways" must be a list.`);

  const holders = new Map<string, string>();
  const gateways = file["gateways"].map((entry: unknown, index): MeshGateway => {
    const where = `gateway ${index + 1}: `;
    if (typeof entry !== "object" || entry === null) throw wrong(`${where}it must be an object.`);
    const fields = entry as Fields;
    onlyKnown(fields, known.gateway, where);
    const name = nameIn(fields, where);
    const sites = texts(fields["sites"]);
    if (sites === null) throw wrong(`${where}"sites" must be a list of ids of sites.`);
    for (const site of sites) {
      if (!world.sites.some(({ id }) => id === site)) throw wrong(`${where}the plan has no site "${site}".`);
      const holder = holders.get(site);
      if (holder !== undefined) throw wrong(`${where}site "${site}" is held by ${holder} already.`);
      holders.set(site, name);
    }
    const network = (fields["network"] ?? "public") as Network;
    if (!networks.includes(network)) throw wrong(`${where}"network" must be ${networks.join(" or ")}.`);
    const { url, publicKey } = fields;
    if (typeof url !== "string" || !URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
      throw wrong(`${where}"url" must be an http or https address.`);
    const parsed = new URL(url);
    if (parsed.href !== `${parsed.origin}/`)
      throw wrong(`${where}"url" must be the root of the gateway, without a path.`);
    const fault = hostFault(parsed, network);
    if (fault !== null) throw wrong(`${where}${fault}, where no gateway is expected.`);
    const key = typeof publicKey === "string" ? publicKeyOf(publicKey) : null;
    if (key === null) throw wrong(`${where}"publicKey" must be an Ed25519 public key in PEM. ${howToMakeKeys}`);
    return { name, sites, url: parsed.origin, publicKey: key, network };
  });
  for (const [index, { name, url, publicKey }] of gateways.entries()) {
    const before = gateways.slice(0, index);
    if (before.some((other) => other.name === name)) throw wrong(`there are two gateways "${name}".`);
    const samePlace = before.find((other) => other.url === url);
    if (samePlace)
      throw wrong(`${samePlace.name} and ${name} have the same "url": what is for one would come to the other.`);
    const sameKey = before.find((other) => other.publicKey.equals(publicKey));
    if (sameKey)
      throw wrong(
        `${sameKey.name} and ${name} have the same "publicKey": each needs a key of its own. ${howToMakeKeys}`,
      );
  }
  return { name: nameIn(file, ""), nats, natsCredentials: credentials, gateways };
}

/** A key in PEM, or its base64 alone. */
function publicKeyOf(text: string): KeyObject | null {
  const pem = text.includes("BEGIN") ? text : `-----BEGIN PUBLIC KEY-----\n${text.trim()}\n-----END PUBLIC KEY-----\n`;
  try {
    const key = createPublicKey(pem);
    return key.asymmetricKeyType === "ed25519" ? key : null;
  } catch {
    return null;
  }
}
