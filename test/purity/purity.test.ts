import { spawnSync } from "node:child_process";
import { serialize } from "node:v8";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { createHighsSolver } from "../../src/adapters/solver-highs/index.ts";
import type { SolveResult, Solver } from "../../src/plan/index.ts";
import { pureRooms } from "../architecture/floors.ts";
import { offences } from "./offences.ts";
import { wholeJob } from "./whole-job.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

interface Report {
  readonly touched: readonly string[];
  readonly rooms?: readonly string[];
  readonly result?: unknown;
}

/** Runs in its own process, which may read the project and do nothing else. */
function runPoisoned(part: "job" | "offences", input: Buffer = Buffer.alloc(0)): Report {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--permission", `--allow-fs-read=${root}*`, "test/purity/run-pure-rooms.ts", part],
    { cwd: root, input, encoding: "utf8", env: {}, timeout: 60_000 },
  );
  expect(status, stderr).toBe(0);
  return JSON.parse(stdout) as Report;
}

describe("the pure rooms", () => {
  it("do their whole job without clock, lots, timers, network, console or process", async () => {
    const answers: SolveResult[] = [];
    const solver = createHighsSolver();
    const recording: Solver = {
      async solve(model, options) {
        const answer = await solver.solve(model, options);
        answers.push(answer);
        return answer;
      },
      close: () => solver.close(),
    };
    const expected = await wholeJob(recording);
    await solver.close();
    // The job is a whole one: modules stand, requests are served, and one came back through the gateway.
    expect(expected.status).toBe("optimal");
    expect(expected.requests.completed).toBeGreaterThan(100);
    expect(expected.served).toEqual([{ status: 200, body: expect.stringContaining("Here.") }]);

    const { touched, rooms, result } = runPoisoned("job", serialize(answers));
    expect(touched).toEqual([]);
    expect(rooms).toEqual(pureRooms);
    expect(result).toEqual(JSON.parse(JSON.stringify(expected)));
  }, 60_000);

  it("would be caught at anything else, even if they swallowed the error", () => {
    expect(runPoisoned("offences").touched).toEqual(Object.keys(offences));
  });
});
