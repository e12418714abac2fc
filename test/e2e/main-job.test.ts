import { execFileSync, spawn, spawnSync, type ChildProcess } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { chromiumPath, launchBrowser, mapColours, openPage } from "./console-browser.ts";

/**
 * The newcomer's way: a fresh clone, an empty npm cache, the machine's own Node, `npm start`. Set-up and planning take
 * their time, so the limits here only keep a hang from lasting.
 */
const root = join(import.meta.dirname, "../..");
const startLimitMs = 300_000;

describe("npm start in a fresh clone", () => {
  let folder = "";
  let child: ChildProcess;
  let output = "";
  let errors = "";
  let exitCode: Promise<number | null>;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "disperse-clone-"));
    const clone = join(folder, "disperse");
    // What a commit of the working tree would hold, so that the test speaks of the code in front of the developer.
    const files = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], { cwd: root });
    for (const file of files.toString().split("\0")) {
      if (file === "" || !existsSync(join(root, file))) continue;
      mkdirSync(dirname(join(clone, file)), { recursive: true });
      cpSync(join(root, file), join(clone, file));
    }
    // Nothing of the outer npm or Node may help: only what a login shell would have, the way to the network included.
    const network = /^(NODE_EXTRA_CA_CERTS|SSL_CERT_(FILE|DIR)|(https?|no)_proxy)$/i;
    const env = {
      ...Object.fromEntries(Object.entries(process.env).filter(([name]) => network.test(name))),
      PATH: process.env.PATH,
      HOME: folder,
      TERM: "dumb",
      npm_config_cache: join(folder, "npm-cache"),
    };
    // Two minutes are simulated instead of an hour: the pace of the simulator is a matter of benchmarks.
    child = spawn("npm", ["start", "--", "--port", "0", "--seconds", "120"], {
      cwd: clone,
      env,
      stdio: ["ignore", "pipe", "pipe"],
      // A process group of its own, so that the test can press Ctrl-C as a terminal would.
      detached: true,
    });
    child.stdout!.on("data", (bytes: Buffer) => void (output += bytes.toString()));
    child.stderr!.on("data", (bytes: Buffer) => void (errors += bytes.toString()));
    exitCode = new Promise((resolve) => child.on("exit", resolve));
    await new Promise<void>((resolve, reject) => {
      const seen = setInterval(() => {
        if (output.includes("Console:")) settle(resolve);
      }, 100);
      const late = setTimeout(
        () => settle(() => reject(new Error(`no summary in time:\n${output}\n${errors}`))),
        startLimitMs,
      );
      child.on("exit", () => settle(() => reject(new Error(`it ended early:\n${output}\n${errors}`))));
      function settle(done: () => void): void {
        clearInterval(seen);
        clearTimeout(late);
        done();
      }
    });
  }, startLimitMs + 10_000);

  afterAll(async () => {
    if (child?.exitCode === null && child.signalCode === null) process.kill(-child.pid!, "SIGTERM");
    await exitCode;
    rmSync(folder, { recursive: true, force: true });
  }, 180_000);

  it("reaches a summary that says what is served, what is not and why", () => {
    for (const text of ["gap", "infeasible by physics", "would help", "centralised alternative", "objective kept"]) {
      expect(output).toContain(text);
    }
    expect(output).toMatch(/residency violations: 0/);
  });

  it("prints a curl line that is answered with a stream", () => {
    const line = /^\s*(curl .*)$/m.exec(output)?.[1];
    expect(line).toBeDefined();
    const answer = spawnSync("bash", ["-c", `${line} -s -i -m 20`], { encoding: "utf8" });
    expect(answer.stdout).toMatch(/^HTTP\/1.1 200/);
    expect(answer.stdout.toLowerCase()).toContain("x-disperse-emulated: true");
    expect(answer.stdout).toMatch(/x-disperse-site: \S+/i);
    expect(answer.stdout.match(/^data: \{/gm)!.length).toBeGreaterThan(3);
    expect(answer.stdout.trimEnd().endsWith("data: [DONE]")).toBe(true);
  });

  it.skipIf(chromiumPath === undefined)(
    "shows the console without errors, with live requests",
    async () => {
      const url = /Console:\s+(\S+)/.exec(output)![1]!;
      const browser = await launchBrowser();
      try {
        const { page, errors, foreign } = await openPage(
          browser,
          url,
          process.env.UPDATE ? { deviceScaleFactor: 1.5 } : {},
        );
        await page.getByText("Gaming companion").first().waitFor();
        // Asked from two cities, so that the live table and the map have something to show.
        for (let index = 0; index < 8; index++) {
          const answer = await fetch(`${url}v1/chat/completions`, {
            method: "POST",
            headers: { "content-type": "application/json", "x-disperse-area": ["berlin-de", "madrid-es"][index % 2]! },
            body: JSON.stringify({
              model: index % 3 === 0 ? "disperse/assistant" : "disperse/gaming",
              stream: true,
              max_tokens: 8,
              messages: [{ role: "user", content: "hello" }],
            }),
          });
          expect(answer.status).toBe(200);
          await answer.text();
        }
        await page.getByTestId("live-ticker").locator("li").nth(4).waitFor();
        expect(await mapColours(page)).toBeGreaterThan(3);
        if (process.env.UPDATE) await page.screenshot({ path: join(root, "docs/images/console.png") });
        expect(errors).toEqual([]);
        expect(foreign).toEqual([]);
      } finally {
        await browser.close();
      }
    },
    60_000,
  );

  it("stops at once and cleanly when asked to", async () => {
    process.kill(-child.pid!, "SIGINT");
    // npm runs its scripts in a shell, and some shells report the signal they saw, whatever the command made of it.
    const code = await exitCode;
    expect(code === 0 || (code === null && child.signalCode === "SIGINT")).toBe(true);
    expect(errors.trimEnd().endsWith("Stopped.")).toBe(true);
    await vi.waitFor(() => expect(() => process.kill(-child.pid!, 0)).toThrow("ESRCH"), 5_000);
    // The clone's set-up left the lock file as it was.
    expect(readFileSync(join(folder, "disperse", "package-lock.json"), "utf8")).toBe(
      readFileSync(join(root, "package-lock.json"), "utf8"),
    );
  }, 20_000);
});
