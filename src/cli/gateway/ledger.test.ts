import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, describe, expect, it } from "vitest";
import { createSqliteStore } from "../../adapters/store-sqlite/index.ts";
import { runCliHere } from "../../../test/cli/run-cli.ts";
import { ledgerRow } from "../../../test/contract/ledger-row.ts";
import { writePlan } from "../../../test/serve/gateway-process.ts";
import type { LedgerRow } from "../../serve/index.ts";

const folder = mkdtempSync(join(tmpdir(), "ledger-cli-"));
afterAll(() => rmSync(folder, { recursive: true }));
let made = 0;
const ledger = (...args: string[]) => runCliHere(["ledger", ...args]);

/** A charged attempt of the small test world: from AA, at its own edge site. */
const served = (fields: Partial<LedgerRow> = {}): LedgerRow =>
  ledgerRow({
    site: "near-edge",
    siteCountry: "AA",
    rule: "same country",
    emulated: false,
    accountId: "team",
    keyId: "key-1",
    owner: "north",
    priceNanoUsdPerMTok: 2_000_000_000,
    chargeNanoUsd: 30_000,
    ...fields,
  });

async function fill(rows: readonly LedgerRow[]): Promise<string> {
  const path = join(folder, `${made++}.db`);
  const store = createSqliteStore(path);
  await store.append(rows.map((row, index) => ({ ...row, requestId: `req_${index}` })));
  await store.close();
  return path;
}

const change = (path: string, statement: string) => {
  const database = new DatabaseSync(path);
  database.exec(statement);
  database.close();
};

describe("disperse ledger verify", () => {
  it("holds for a whole chain, alone and against the plan", async () => {
    const path = await fill([served(), served({ outcome: "superseded", chargeNanoUsd: 0 })]);
    const { exitCode, stdout } = await ledger("verify", path, "--plan", writePlan(folder));
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/chain: whole, 2 rows, head [0-9a-f]{64}\nrows: all hold/);
  });

  it("ends with code 6 for a chain that was changed, and says where", async () => {
    const path = await fill([served(), served(), served()]);
    change(path, "UPDATE ledger SET row = replace(row, '30000', '10000') WHERE position = 1");
    expect(await ledger("verify", path)).toMatchObject({
      exitCode: 6,
      stdout: expect.stringContaining("BROKEN at row 1") as string,
    });
  });

  it("says of a ledger of a later version that it is one, and goes on reading those from before there was a mark", async () => {
    const path = await fill([served()]);
    change(path, "PRAGMA user_version = 0");
    expect((await ledger("verify", path)).stdout).toMatch(/chain: whole, 1 rows/);
    change(path, "PRAGMA user_version = 1000");
    for (const verb of ["verify", "report"])
      expect(await ledger(verb, path)).toMatchObject({
        exitCode: 3,
        stderr: expect.stringContaining("written by a newer version of Disperse") as string,
      });
    await expect(createSqliteStore(path).read(0, 1)).rejects.toThrow("written by a newer version");
  });

  it.each<[string, Partial<LedgerRow>, RegExp]>([
    [
      "data that left its region",
      { site: "abroad-core", siteCountry: "CC", rule: "same country" },
      /may not be processed in CC|stays there/,
    ],
    ["a site that moved", { siteCountry: "BB" }, /near-edge is in AA, not in BB/],
    ["a site nobody planned", { site: "elsewhere" }, /not in the plan/],
    ["a charge that is not due", { chargeNanoUsd: 30_001 }, /30001 nano-USD where 30000 are due/],
    [
      "a law that is not in force",
      { site: "bloc-core", siteCountry: "BB", rule: "Old act" },
      /"Old act" is not the one in force/,
    ],
  ])("ends with code 6 for %s", async (_name, fields, words) => {
    const path = await fill([served(), served(fields)]);
    const { exitCode, stdout } = await ledger("verify", path, "--plan", writePlan(folder));
    expect(exitCode).toBe(6);
    expect(stdout).toMatch(/1 of 2 hold/);
    expect(stdout).toMatch(words);
  });

  it("says what is wrong with a file that is no ledger", async () => {
    const nonsense = join(folder, "nonsense.db");
    writeFileSync(nonsense, "no database at all, but long enough to look at");
    for (const path of [nonsense, join(folder, "absent.db")]) {
      const { exitCode, stderr } = await ledger("verify", path);
      expect([exitCode, stderr]).toEqual([
        3,
        expect.stringMatching(/cannot be read as a ledger: (?:it holds no|there is no)/),
      ]);
    }
    expect(existsSync(join(folder, "absent.db"))).toBe(false);
  });
});

describe("a ledger that cannot be used", () => {
  it("is told at the start of a gateway, and a password is asked for elsewhere than on the command line", async () => {
    const serve = (place: string) => runCliHere(["serve", writePlan(folder), "--ledger", place]);
    expect(await serve(join(folder, "absent", "ledger.db"))).toMatchObject({
      exitCode: 3,
      stderr: expect.stringMatching(
        /ledger\.db cannot be opened: .*unable to open.* a folder that this user may write to/,
      ) as string,
    });
    expect(await serve("postgres://a@127.0.0.1:9/none")).toMatchObject({
      exitCode: 3,
      stderr: expect.stringMatching(/none cannot be opened: .*ECONNREFUSED.* The database must be there/) as string,
    });
    const { exitCode, stderr } = await serve("postgres://a:secret@127.0.0.1:9/none");
    expect([exitCode, stderr]).toEqual([3, expect.stringContaining("PGPASSWORD")]);
    expect(stderr).not.toContain("secret");
  });
});

describe.skipIf(!existsSync("/usr/bin/openssl"))("disperse ledger checkpoint", () => {
  const keys = () => {
    const [secret, shown] = [join(folder, `${made++}.key`), join(folder, `${made++}.pub`)];
    execFileSync("openssl", ["genpkey", "-algorithm", "ed25519", "-out", secret]);
    execFileSync("openssl", ["pkey", "-in", secret, "-pubout", "-out", shown]);
    return { secret, shown };
  };
  const note = async (path: string, key: string) => {
    const { stdout } = await ledger("checkpoint", path, "--key", key, "--origin", "north.example/ledger");
    const file = join(folder, `${made++}.note`);
    writeFileSync(file, stdout);
    return file;
  };

  it("is agreed with by the ledger as it grows, and shows rows cut off its end", async () => {
    const { secret, shown } = keys();
    const path = await fill([served(), served(), served()]);
    const signed = await note(path, secret);
    const store = createSqliteStore(path);
    await store.append([served({ requestId: "req_more" })]);
    await store.close();
    const check = () => ledger("verify", path, "--checkpoint", signed, "--public-key", shown);
    expect(await check()).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining("checkpoint: agrees") as string,
    });
    change(path, "DELETE FROM ledger WHERE position >= 2");
    // The rest is a whole chain by itself; only the checkpoint knows better.
    expect(await check()).toMatchObject({ exitCode: 6, stdout: expect.stringContaining("DOES NOT AGREE") as string });
  });

  it("is not believed from another hand", async () => {
    const path = await fill([served()]);
    const signed = await note(path, keys().secret);
    const { exitCode, stderr } = await ledger("verify", path, "--checkpoint", signed, "--public-key", keys().shown);
    expect([exitCode, stderr]).toEqual([3, expect.stringContaining("was not signed with the key")]);
  });
});

describe("disperse ledger report, export and settle", () => {
  it("sums by what is asked for", async () => {
    const path = await fill([served(), served({ workload: "games" }), served({ emulated: true })]);
    const { stdout, stderr } = await ledger("report", path, "--by", "workload", "--json");
    expect(JSON.parse(stdout)).toMatchObject([
      { workload: "chat", attempts: 1, chargeNanoUsd: 30_000 },
      { workload: "games", attempts: 1 },
    ]);
    expect(stderr).toMatch(/1 attempts at emulated engines are left out/);
    expect((await ledger("report", path, "--emulated")).stdout).toMatch(/chat +2 +20 +10 +0\.00 +0\.00006/);
  });

  it("leaves out what was served for other gateways, which charge for it and have rows of it", async () => {
    const evidence = { accountId: "gateway:paris", keyId: null, chargeNanoUsd: 0 };
    const path = await fill([served(), served(evidence), served(evidence)]);
    const { stdout, stderr } = await ledger("report", path, "--by", "account", "--json");
    expect(JSON.parse(stdout)).toMatchObject([{ account: "team", attempts: 1 }]);
    expect(stderr).toMatch(/2 attempts for other gateways/);
    const whole = await ledger("report", path, "--by", "account", "--handed-over", "--json");
    expect(JSON.parse(whole.stdout)).toMatchObject([{ account: "gateway:paris", attempts: 2, chargeNanoUsd: 0 }, {}]);
  });

  it("keeps to the days asked for", async () => {
    const day = 86_400_000;
    const path = await fill([served(), served({ epochMs: served().epochMs + 3 * day })]);
    const { stdout } = await ledger(
      "report",
      path,
      "--by",
      "day",
      "--from",
      "2023-11-15",
      "--to",
      "2023-11-18",
      "--json",
    );
    expect(JSON.parse(stdout)).toMatchObject([{ day: "2023-11-17", attempts: 1 }]);
    const backwards = await ledger("report", path, "--from", "2023-11-18", "--to", "2023-11-15");
    expect([backwards.exitCode, backwards.stderr]).toEqual([3, expect.stringMatching(/does not lie before --to/)]);
  });

  it("refuses to sum a ledger twice", async () => {
    const path = await fill([served()]);
    for (const args of [
      ["report", path, path],
      ["settle", `a=${path}`, `b=${path}`],
    ]) {
      expect(await ledger(...args)).toMatchObject({ exitCode: 3, stderr: expect.stringMatching(/named twice/) });
    }
  });

  it("exports FOCUS 1.2 whose costs add up to the ledger's charges, exactly", async () => {
    const odd = { priceNanoUsdPerMTok: 11_363_636_364, chargeNanoUsd: 170_455, accountId: '=cmd|"x"' };
    const path = await fill([served(), served(), served(odd), served({ chargeNanoUsd: 0, outcome: "superseded" })]);
    const { stdout } = await ledger("export", path, "--provider", "North Cloud", "--issuer", "North, Inc.");
    const [head, ...rows] = stdout.trimEnd().split("\r\n").map(cells);
    // Mandatory in FOCUS 1.2, as listed in the specification.
    const mandatory =
      "BilledCost BillingAccountId BillingAccountName BillingCurrency BillingPeriodEnd BillingPeriodStart ChargeCategory ChargeClass ChargeDescription ChargePeriodEnd ChargePeriodStart ContractedCost EffectiveCost InvoiceIssuerName ListCost PricingQuantity PricingUnit ProviderName PublisherName ServiceCategory ServiceName";
    expect(mandatory.split(" ").filter((name) => !head!.includes(name))).toEqual([]);
    expect(rows).toHaveLength(2);
    const of = (row: string[], name: string) => row[head!.indexOf(name)]!;
    const nano = rows.reduce((sum, row) => sum + Math.round(Number(of(row, "BilledCost")) * 1e9), 0);
    expect(nano).toBe(2 * 30_000 + 170_455);
    for (const row of rows) {
      expect(row).toHaveLength(head!.length);
      const product = Number(of(row, "ContractedUnitPrice")) * Number(of(row, "PricingQuantity"));
      expect(product).toBeCloseTo(Number(of(row, "ContractedCost")), 8);
      expect(of(row, "ChargePeriodStart")).toBe("2023-11-14T22:00:00Z");
      expect(of(row, "BillingPeriodStart")).toBe("2023-11-01T00:00:00Z");
      expect(of(row, "InvoiceIssuerName")).toBe("North, Inc.");
      expect(of(row, "ChargeClass")).toBe("");
      expect(JSON.parse(of(row, "Tags"))).toMatchObject({ dataClass: "personal" });
    }
    // A name that spreadsheets would run as a formula is defused.
    expect(rows.map((row) => of(row, "BillingAccountId"))).toContain(`'=cmd|"x"`);
  });

  it("settles what owners served for each other, with one payment at most per pair", async () => {
    const north = await fill([served({ owner: "south" }), served({ owner: "south" }), served({ owner: "north" })]);
    const south = await fill([served({ owner: "north" })]);
    const { stdout } = await ledger("settle", `north=${north}`, `south=${south}`, "--operator-share", "10%", "--json");
    expect(JSON.parse(stdout)).toEqual({
      gross: [
        { debtor: "north", creditor: "south", attempts: 2, tokens: 30, nanoUsd: 54_000 },
        { debtor: "south", creditor: "north", attempts: 1, tokens: 15, nanoUsd: 27_000 },
      ],
      net: [{ debtor: "north", creditor: "south", nanoUsd: 27_000 }],
    });
    expect((await ledger("settle", north)).exitCode).toBe(3);
  });

  it("sets what was served for others beside what they charged for, and says where the two differ", async () => {
    const there = { site: "bloc-core", siteCountry: "BB", owner: "south" };
    const evidence = { ...there, accountId: "gateway:paris", keyId: null, chargeNanoUsd: 0 };
    const north = await fill([served(there), served(there), served()]);
    const south = await fill([served(evidence), served(evidence), served({ ...evidence, outcome: "client-left" })]);
    const agreed = await ledger("settle", `north=${north}`, `south=${south}`, "--json");
    expect(JSON.parse(agreed.stdout)).toMatchObject({
      gross: [{ debtor: "north", creditor: "south", attempts: 2, nanoUsd: 60_000 }],
      evidence: [{ site: "bloc-core", served: { attempts: 2, tokens: 30 }, charged: { attempts: 2 }, agrees: true }],
    });
    expect(agreed.stderr).toBe("");
    const fewer = await fill([served(there)]);
    const disputed = await ledger("settle", `north=${fewer}`, `south=${south}`);
    expect(disputed.stderr).toContain(
      "bloc-core: its own gateway wrote down 2 answers (30 tokens) for others, the others charged for 1 (15).",
    );
  });
});

/** The cells of a line of CSV. */
function cells(line: string): string[] {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) =>
    quoted === undefined ? (plain ?? "") : quoted.replaceAll('""', '"'),
  );
}
