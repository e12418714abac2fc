import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import OpenAI, { toFile } from "openai";
import { afterAll, describe, expect, it } from "vitest";
import { createSqliteStore, readRollUps, verifyLedger } from "../../src/adapters/store-sqlite/index.ts";
import { startServe, writePlan } from "./gateway-process.ts";
import { startUpstream, wellBehaved } from "./misbehaving-upstream.ts";

const folder = mkdtempSync(join(tmpdir(), "killed-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function idsIn(path: string): Promise<string[]> {
  const store = createSqliteStore(path);
  const ids: string[] = [];
  for (let page = await store.read(0, 10_000); page.length > 0; page = await store.read(ids.length, 10_000))
    ids.push(...page.map(({ requestId }) => requestId));
  await store.close();
  return ids;
}

describe("a process that is killed in the middle of its work", () => {
  it("leaves every row that was acknowledged, none twice, in a whole chain, again and again", async () => {
    const path = join(folder, "rows.db");
    const writer = fileURLToPath(new URL("ledger-writer.ts", import.meta.url));
    const acknowledged = new Set<string>();
    for (let life = 0; life < 3; life++) {
      const args = ["--disable-warning=ExperimentalWarning", writer, path, String(life * 1_000_000)];
      const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
      let text = "";
      let killing = false;
      child.stdout.on("data", (bytes: Buffer) => {
        text += bytes.toString();
        // Each life ends at another moment of its work.
        if (killing || text.length < 3_000 + life * 1_777) return;
        killing = true;
        setTimeout(() => child.kill("SIGKILL"), life * 3);
      });
      await new Promise((resolve) => child.on("close", resolve));
      for (const id of text.split("\n").slice(0, -1)) acknowledged.add(id);
      const ids = await idsIn(path);
      expect(new Set(ids).size).toBe(ids.length);
      expect([...acknowledged].filter((id) => !ids.includes(id))).toEqual([]);
      const verdict = verifyLedger(path);
      expect(verdict).toMatchObject({ rows: ids.length, brokenAt: null });
      expect(readRollUps(path).reduce((sum, { attempts }) => sum + attempts, 0)).toBe(ids.length);
    }
    expect(acknowledged.size).toBeGreaterThan(300);
  });

  it("goes on with the same ledger as a gateway: answered requests are in it once", async () => {
    const path = join(folder, "gateway.db");
    const plan = writePlan(folder);
    const upstream = await startUpstream(wellBehaved);
    const spec = `site=near-edge,workload=chat,url=${upstream.url},model=m,metrics=none`;
    const args = ["--upstream", spec, "--no-emulated", "--ledger", path];
    const answered: string[] = [];
    for (let life = 0; life < 2; life++) {
      const gateway = await startServe(plan, args);
      const ask = async () => {
        const answer = await fetch(`${gateway.url}/v1/chat/completions`, {
          method: "POST",
          body: JSON.stringify({ model: "disperse/chat", messages: [{ role: "user", content: "Hello" }] }),
        });
        await answer.text();
        answered.push(answer.headers.get("x-request-id")!);
      };
      for (let round = 0; round < 5; round++) await Promise.all(Array.from({ length: 8 }, ask));
      // A row is safe a group commit after the answer; what came later than that may be lost with the machine.
      await new Promise((resolve) => setTimeout(resolve, 300));
      const cut = Promise.allSettled(Array.from({ length: 8 }, ask));
      gateway.child.kill("SIGKILL");
      await gateway.ended;
      await cut;
      const ids = await idsIn(path);
      expect(new Set(ids).size).toBe(ids.length);
      expect(answered.slice(0, 40 * (life + 1)).filter((id) => !ids.includes(id))).toEqual([]);
      expect(verifyLedger(path).brokenAt).toBeNull();
      answered.length = 40 * (life + 1);
    }
    await upstream.close();
  });

  it("goes on with a batch that was under way: every line has one result and one charge, however often it is killed", async () => {
    const path = join(folder, "batch.db");
    const upstream = await startUpstream((socket, asked) => void setTimeout(() => wellBehaved(socket, asked), 20));
    const spec = `site=bloc-core,workload=chat,url=${upstream.url},model=m,metrics=none`;
    const args = ["--upstream", spec, "--no-emulated", "--ledger", path, "--files", join(folder, "files")];
    const plan = writePlan(folder);
    const bodyOf = (content: string) => ({ model: "disperse/chat", messages: [{ role: "user", content }] });
    const lines = Array.from({ length: 60 }, (_, index) =>
      JSON.stringify({ custom_id: `c${index}`, method: "POST", url: "/v1/chat/completions", body: bodyOf(`${index}`) }),
    );
    let id = "";
    for (let life = 0; life < 3; life++) {
      const gateway = await startServe(plan, args);
      const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "none" });
      if (life === 0) {
        const file = await client.files.create({
          purpose: "batch",
          file: await toFile(Buffer.from(lines.join("\n")), "in"),
        });
        const order = { input_file_id: file.id, endpoint: "/v1/chat/completions", completion_window: "24h" } as const;
        id = (await client.batches.create(order)).id;
      }
      if (life < 2) {
        const before = upstream.requests.length;
        await expect
          .poll(() => upstream.requests.length, { timeout: 20_000, interval: 5 })
          .toBeGreaterThan(before + 17);
        gateway.child.kill("SIGKILL");
        await gateway.ended;
        continue;
      }
      const batch = () => client.batches.retrieve(id);
      await expect.poll(async () => (await batch()).status, { timeout: 30_000 }).toBe("completed");
      const results = await (await client.files.content((await batch()).output_file_id!)).text();
      const told = results
        .trimEnd()
        .split("\n")
        .map((line) => (JSON.parse(line) as { custom_id: string }).custom_id);
      expect(told).toEqual(lines.map((_, index) => `c${index}`));
      gateway.child.kill("SIGTERM");
      await gateway.ended;
    }
    const ids = await idsIn(path);
    expect(ids).toHaveLength(60);
    expect(new Set(ids).size).toBe(60);
    expect(verifyLedger(path).brokenAt).toBeNull();
    await upstream.close();
  }, 90_000);
});
