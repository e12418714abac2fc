import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { createMemoryStore } from "../../adapters/store-memory/index.ts";
import { runCli, runCliHere } from "../../../test/cli/run-cli.ts";
import { Accounts } from "../../serve/index.ts";
import { readAccounts } from "./read-accounts.ts";

const folder = mkdtempSync(join(tmpdir(), "keys-"));
afterAll(() => rmSync(folder, { recursive: true }));
let made = 0;
const newFile = () => join(folder, `${made++}.json`);
const keys = (...args: string[]) => runCliHere(["keys", ...args]);
const day = 86_400_000;

/** Whether a gateway that reads the file now lets the key in. */
async function opens(file: string, secret: string, afterMs = 0): Promise<boolean> {
  const accounts = new Accounts(await readAccounts(file, createMemoryStore(), {}), 0);
  return accounts.authenticate(`Bearer ${secret}`, Date.now() + afterMs).ok;
}

describe("disperse keys", () => {
  it("prints a new key alone on stdout and keeps a keyed digest of it", async () => {
    const file = newFile();
    const { exitCode, stdout, stderr } = await keys("create", "--keys", file, "--account", "team", "--budget-usd", "5");
    expect(exitCode).toBe(0);
    const secret = stdout.trim();
    expect(secret).toMatch(/^dsp_[\w-]{43}[0-9a-f]{8}$/);
    expect(stderr).not.toContain(secret);
    const text = readFileSync(file, "utf8");
    expect(text).not.toContain(secret);
    expect(JSON.parse(text)).toMatchObject({ accounts: [{ id: "team", budgetUsd: 5 }], keys: [{ id: "key-1" }] });
    expect(statSync(file).mode & 0o077).toBe(0);
    expect(statSync(`${file}.pepper`).mode & 0o077).toBe(0);
    expect(await opens(file, secret)).toBe(true);
    expect(await opens(file, `${secret}x`)).toBe(false);
  });

  it("loses none when several are made at once, and waits for no command that was killed", async () => {
    const file = newFile();
    await keys("create", "--keys", file, "--account", "team");
    const runs = await Promise.all(
      ["a", "b", "c"].map((id) => runCli(["keys", "create", "--keys", file, "--account", id])),
    );
    expect(runs.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
    writeFileSync(`${file}.lock`, "");
    utimesSync(`${file}.lock`, 0, 0);
    expect((await keys("create", "--keys", file, "--account", "d")).exitCode).toBe(0);
    const { keys: kept } = JSON.parse(readFileSync(file, "utf8")) as { keys: { account: string }[] };
    expect(kept.map(({ account }) => account).toSorted()).toEqual(["a", "b", "c", "d", "team"]);
    expect(existsSync(`${file}.lock`)).toBe(false);
  }, 90_000);

  it("says where it cannot write, and leaves no half of a pepper", async () => {
    const file = join(folder, "none", "keys.json");
    const { exitCode, stdout, stderr } = await keys("create", "--keys", file, "--account", "team");
    expect([exitCode, stdout]).toEqual([3, ""]);
    expect(stderr).toMatch(/keys\.json cannot be written: there is no such file or folder.*--keys/);
  });

  it("makes digests useless without the pepper", async () => {
    const file = newFile();
    const { stdout } = await keys("create", "--keys", file, "--account", "team");
    writeFileSync(`${file}.pepper`, "another pepper of enough length");
    expect(await opens(file, stdout.trim())).toBe(false);
  });

  it("exchanges a key with an overlap, keeping its scopes", async () => {
    const file = newFile();
    const before = await keys("create", "--keys", file, "--account", "team", "--workloads", "chat, games");
    const after = await keys("rotate", "key-1", "--keys", file, "--overlap", "2d");
    expect(after.exitCode).toBe(0);
    const [old, fresh] = [before.stdout.trim(), after.stdout.trim()];
    expect([await opens(file, old, day), await opens(file, old, 3 * day)]).toEqual([true, false]);
    expect(await opens(file, fresh, 3 * day)).toBe(true);
    const listed = JSON.parse((await keys("list", "--keys", file, "--json")).stdout) as { workloads: string[] }[];
    expect(listed.map(({ workloads }) => workloads)).toEqual([
      ["chat", "games"],
      ["chat", "games"],
    ]);
  });

  it("lets nobody in for longer by an exchange, unless that is asked for", async () => {
    const file = newFile();
    await keys("create", "--keys", file, "--account", "team", "--expires", "9d");
    const same = await keys("rotate", "key-1", "--keys", file);
    expect(same.stderr).toMatch(/key-1 works until .*, the new key until /);
    const longer = await keys("rotate", "key-2", "--keys", file, "--expires", "90d");
    const [asBefore, asAsked] = [same.stdout.trim(), longer.stdout.trim()];
    expect([await opens(file, asAsked, 80 * day), await opens(file, asAsked, 91 * day)]).toEqual([true, false]);
    // The second one ends with its overlap now.
    expect([await opens(file, asBefore), await opens(file, asBefore, 2 * day)]).toEqual([true, false]);
    const listed = JSON.parse(readFileSync(file, "utf8")) as { keys: { id: string; expires?: string }[] };
    listed.keys[0]!.expires = "2001-01-01";
    writeFileSync(file, JSON.stringify(listed));
    expect(await keys("rotate", "key-1", "--keys", file)).toMatchObject({
      exitCode: 3,
      stderr: expect.stringMatching(/key-1 has expired.*--expires/) as string,
    });
    expect((await keys("rotate", "key-1", "--keys", file, "--expires", "1d")).exitCode).toBe(0);
  });

  it("ends a key that was exchanged when the one before it would have", async () => {
    const file = newFile();
    await keys("create", "--keys", file, "--account", "team", "--expires", "9d");
    const fresh = (await keys("rotate", "key-1", "--keys", file)).stdout.trim();
    expect([await opens(file, fresh, 8 * day), await opens(file, fresh, 10 * day)]).toEqual([true, false]);
  });

  it("revokes at once and shows it", async () => {
    const file = newFile();
    const { stdout } = await keys("create", "--keys", file, "--account", "team", "--expires", "90d");
    expect((await keys("revoke", "key-1", "--keys", file)).exitCode).toBe(0);
    expect(await opens(file, stdout.trim())).toBe(false);
    const list = await keys("list", "--keys", file);
    expect(list.stdout).toMatch(/key-1 +team +revoked +all/);
    expect(list.stdout).not.toContain(stdout.trim());
    expect(await keys("rotate", "key-1", "--keys", file)).toMatchObject({
      exitCode: 3,
      stderr: expect.stringMatching(/key-1 is revoked.*nothing to exchange/),
    });
  });

  it.each<[string, string[], RegExp]>([
    ["a key that is not there", ["revoke", "key-9"], /has no key "key-9"/],
    ["a name that is taken", ["create", "--account", "team", "--id", "key-1"], /"key-1" already/],
    ["a date that is none", ["create", "--account", "team", "--expires", "soon"], /no date/],
    ["a date that is gone", ["create", "--account", "team", "--expires", "2001-01-01"], /lies in the past/],
    ["an account of several lines", ["create", "--account", "team\nadmin"], /--account.*line breaks/],
  ])("ends with code 3 and words for %s", async (_name, args, words) => {
    const file = newFile();
    await keys("create", "--keys", file, "--account", "team");
    const before = readFileSync(file, "utf8");
    const { exitCode, stderr } = await keys(...args, "--keys", file);
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(words);
    expect(readFileSync(file, "utf8")).toBe(before);
  });

  it("says what is missing", async () => {
    expect(await keys("list", "--keys", join(folder, "none.json"))).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining("cannot be read") as string,
    });
  });
});
