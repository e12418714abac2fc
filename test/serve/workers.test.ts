import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readRollUps, verifyLedger } from "../../src/adapters/store-sqlite/index.ts";
import { shareOf } from "../../src/cli/gateway/worker-share.ts";
import type { Account } from "../../src/serve/index.ts";
import { runCli, runCliHere } from "../cli/run-cli.ts";
import { startServe, writePlan } from "./gateway-process.ts";
import {
  contentEvent,
  doneEvent,
  finishEvent,
  frame,
  roleEvent,
  startUpstream,
  streamThen,
} from "./misbehaving-upstream.ts";

const folder = mkdtempSync(join(tmpdir(), "workers-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("several workers behind one address", () => {
  it("share the work and the budget, add up in the metrics, write a ledger each and stop together", async () => {
    const keys = join(folder, "keys.json");
    // One answer costs about 307,000 nano-USD and reserves four times that. Each worker begins with half of the budget.
    const made = await runCliHere(["keys", "create", "--keys", keys, "--account", "team", "--budget-usd", "0.006"]);
    const headers = { authorization: `Bearer ${made.stdout.trim()}` };
    const args = ["--workers", "2", "--keys", keys, "--ledger", join(folder, "ledger.db")];
    const gateway = await startServe(writePlan(folder), args);
    const body = JSON.stringify({ model: "disperse/chat", messages: [{ role: "user", content: "Hello" }] });
    const statuses: number[] = [];
    const ids: string[] = [];
    const ask = async () => {
      const answer = await fetch(`${gateway.url}/v1/chat/completions`, {
        method: "POST",
        headers: { ...headers, connection: "close" },
        body,
      });
      await answer.text();
      statuses.push(answer.status);
      ids.push(answer.headers.get("x-disperse-request-id")!);
      return answer.status === 200;
    };
    for (let round = 0; round < 4; round++) await Promise.all(Array.from({ length: 4 }, ask));
    // A worker that was refused by all others a moment ago does not ask again at once.
    for (let refused = 0; refused < 2;) {
      if (await ask()) continue;
      refused++;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    const served = statuses.filter((status) => status === 200).length;
    expect(served).toBeGreaterThan(0);
    expect(statuses.filter((status) => status === 429).length).toBe(statuses.length - served);
    // Whichever worker is asked, it tells of all, also where each request went.
    for (const id of ids.slice(0, 8)) {
      const route = await fetch(`${gateway.url}/v1/routes/${id}`, { headers: { ...headers, connection: "close" } });
      expect([route.status, ((await route.json()) as { id?: string }).id]).toEqual([200, id]);
    }
    expect((await fetch(`${gateway.url}/v1/routes/req_none`, { headers })).status).toBe(404);
    for (let ask = 0; ask < 3; ask++) {
      const text = await (await fetch(`${gateway.url}/metrics`, { headers: { connection: "close" } })).text();
      const counts = [...text.matchAll(/^disperse_requests_total\{.*outcome="served".*\} (\d+)$/gm)];
      expect(counts.reduce((sum, [, count]) => sum + Number(count), 0)).toBe(served);
      expect(text).toMatch(/disperse_in_flight_requests\{worker="2"\} 0/);
    }
    gateway.child.kill("SIGTERM");
    expect(await gateway.ended).toBe(0);
    const ledgers = readdirSync(folder).filter((name) => /^ledger\.\d\.db$/.test(name));
    expect(ledgers.toSorted()).toEqual(["ledger.1.db", "ledger.2.db"]);
    const rollUps = ledgers.flatMap((name) => readRollUps(join(folder, name)));
    expect(rollUps.reduce((sum, { attempts }) => sum + attempts, 0)).toBe(served);
    expect(rollUps.reduce((sum, { chargeNanoUsd }) => sum + chargeNanoUsd, 0)).toBeLessThanOrEqual(6_000_000);
    // Alone, each would stop where its half has not four answers left in it: at 4,200,000 together, had both as many.
    expect(rollUps.reduce((sum, { chargeNanoUsd }) => sum + chargeNanoUsd, 0)).toBeGreaterThan(4_600_000);
    for (const name of ledgers) expect(verifyLedger(join(folder, name)).brokenAt).toBeNull();
  });

  it.each([
    ["", false],
    [" while they stop", true],
  ])("finish what is under way when the process that leads them is killed%s", async (_when, stopping) => {
    const upstream = await startUpstream(streamThen([roleEvent, contentEvent("one ")], "stay"));
    const spec = `site=near-edge,workload=chat,url=${upstream.url},model=m,metrics=none`;
    const name = stopping ? "stopping" : "orphans";
    const ledger = join(folder, `${name}.db`);
    const args = ["--workers", "2", "--upstream", spec, "--no-emulated", "--ledger", ledger];
    const gateway = await startServe(writePlan(folder), args);
    const messages = [{ role: "user", content: "Hello" }];
    const answer = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: "POST",
      body: JSON.stringify({ model: "disperse/chat", stream: true, messages }),
    });
    const reader = answer.body!.getReader();
    await reader.read();
    if (stopping) {
      gateway.child.kill("SIGTERM");
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
    gateway.child.kill("SIGKILL");
    await new Promise((resolve) => setTimeout(resolve, 500));
    for (const socket of upstream.connections)
      socket.write([contentEvent("two"), finishEvent, doneEvent].map(frame).join(""));
    let text = "";
    for (let part = await reader.read(); !part.done; part = await reader.read())
      text += Buffer.from(part.value).toString();
    expect(text).toMatch(/two[\s\S]*\[DONE\]/);
    // Its streams are open until the last worker has ended.
    await gateway.ended;
    const rows = [1, 2].map((worker) => verifyLedger(join(folder, `${name}.${worker}.db`)).rows);
    expect(rows.reduce((sum, count) => sum + count, 0)).toBe(1);
    await upstream.close();
  });

  it("say once what is wrong", async () => {
    const { exitCode, stderr } = await runCliHere(["serve", join(folder, "none.json"), "--workers", "2"]);
    expect([exitCode, stderr]).toEqual([3, expect.stringMatching(/^[^\n]*none\.json cannot be read[^\n]*\n$/)]);
  });

  it("end when they cannot listen, and say why", async () => {
    const taken = await startServe(writePlan(folder), []);
    const { port } = new URL(taken.url);
    const { exitCode, stderr } = await runCli(["serve", writePlan(folder), "--workers", "2", "--port", port], 50);
    taken.child.kill("SIGTERM");
    await taken.ended;
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(/Cannot listen on 127\.0\.0\.1:\d+ \(EADDRINUSE\)/);
  });
});

describe("a worker's share of a budget", () => {
  const account: Account = {
    id: "team",
    budgetNanoUsd: 1_000,
    spentNanoUsd: 0,
    requestsPerMinute: 60,
    tokensPerMinute: null,
  };
  const share = (spentOwn: number, byAll: number, byThis: number, budgetNanoUsd = 1_000) =>
    shareOf(
      { accounts: [{ ...account, budgetNanoUsd, spentNanoUsd: spentOwn }], keys: [], digests: () => [] },
      { number: 1, of: 4, spentBefore: { byAll: { team: byAll }, byThis: { team: byThis } } },
    ).accounts[0]!;
  const left = ({ budgetNanoUsd, spentNanoUsd }: Account) => budgetNanoUsd! - spentNanoUsd;

  it("is an equal part of what was left", () => {
    expect(left(share(0, 0, 0))).toBe(250);
    expect(left(share(100, 200, 100))).toBe(200);
  });

  it("is not made new when the worker is started again, nor when the budget is raised", () => {
    // It had 100 in its ledger at the start and has charged 50 since.
    expect(left(share(150, 200, 100))).toBe(150);
    expect(left(share(150, 200, 100, 1_400))).toBe(250);
    expect(left(share(100, 1_200, 100))).toBe(0);
  });
});
