import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { serveWorld } from "../../../test/serve/test-mesh.ts";
import { readMeshFile } from "./mesh-file.ts";

const folder = mkdtempSync(join(tmpdir(), "mesh-file-"));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, "mesh.yaml");
const read = (content: unknown) => {
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return readMeshFile(path, { world: serveWorld() });
};
const newKey = () => generateKeyPairSync("ed25519").publicKey.export({ type: "spki", format: "pem" }) as string;
const pem = newKey();
const near = { name: "near", sites: ["near-edge"], url: "http://10.1.0.2:4400", publicKey: pem };
const core = { name: "core", sites: ["bloc-core"], url: "https://core.example/", publicKey: newKey() };
const file = { name: "europe", nats: "nats://10.0.0.1:4222", gateways: [near, core] };

describe("the file of a mesh", () => {
  it("names its gateways, their sites, addresses and keys", () => {
    expect(read(file)).toMatchObject({
      name: "europe",
      nats: ["nats://10.0.0.1:4222"],
      natsCredentials: null,
      gateways: [
        { name: "near", sites: ["near-edge"], url: "http://10.1.0.2:4400", network: "public" },
        { name: "core", url: "https://core.example" },
      ],
    });
  });

  it("takes a key as its base64 alone", () => {
    const publicKey = pem.replaceAll(/-----[A-Z ]+-----|\n/g, "");
    expect(read({ ...file, gateways: [{ ...near, publicKey }] }).gateways[0]!.publicKey.asymmetricKeyType).toBe(
      "ed25519",
    );
  });

  it.each<[string, unknown, RegExp]>([
    ["no YAML", "a: [", /not valid YAML/],
    ["a field nobody knows", { ...file, servers: [] }, /unknown field "servers"/],
    ["no control network", { ...file, nats: "http://10.0.0.1" }, /"nats" must be an address/],
    ["a password that all would read", { ...file, nats: "nats://me:secret@10.0.0.1" }, /natsCredentials/],
    ["a name that is none", { ...file, name: "Europe 1" }, /"name"/],
    [
      "a site of two gateways",
      { ...file, gateways: [near, { ...core, sites: ["near-edge"] }] },
      /held by near already/,
    ],
    ["a site that is not planned", { ...file, gateways: [{ ...near, sites: ["moon"] }] }, /no site "moon"/],
    ["no sites", { ...file, gateways: [{ ...near, sites: [] }] }, /"sites" must be a list/],
    ["two gateways of one name", { ...file, gateways: [near, { ...core, name: "near" }] }, /two gateways "near"/],
    [
      "one address of two",
      { ...file, gateways: [near, { ...core, url: near.url }] },
      /near and core have the same "url"/,
    ],
    ["one key of two", { ...file, gateways: [near, { ...core, publicKey: pem }] }, /near and core .* key of its own/],
    ["an address with a password", { ...file, gateways: [{ ...near, url: "http://me:x@a.example" }] }, /root of/],
    ["an address that is none", { ...file, gateways: [{ ...near, url: "10.1.0.2" }] }, /"url" must be/],
    ["an address with a path", { ...file, gateways: [{ ...near, url: "http://a.example/v1" }] }, /without a path/],
    ["where clouds keep secrets", { ...file, gateways: [{ ...near, url: "http://169.254.169.254" }] }, /link-local/],
    ["no key", { ...file, gateways: [{ ...near, publicKey: "abc" }] }, /openssl genpkey/],
  ])("is refused with what is wrong: %s", (_name, content, message) => {
    expect(() => read(content)).toThrow(message);
  });
});
