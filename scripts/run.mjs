// Runs one entry file of this checkout on a Node new enough for it, after making sure that everything it needs is
// installed. This file is plain JavaScript without dependencies because it is the only one that must run on whatever
// Node the machine brought.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The oldest Node major that strips types without a flag and has `node:sqlite`. */
const oldestMajor = 24;
/** The Node fetched when the machine's own is older, by platform; exact versions so that two checkouts agree. */
const newerNode = { "linux-x64": "26.10.0", "linux-arm64": "26.10.0" };

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const runtimeDir = join(root, ".runtime");
const say = (text) => process.stderr.write(`disperse set-up: ${text}\n`);

function fail(text) {
  say(text);
  process.exit(1);
}

function npm(args, cwd) {
  // npm_execpath is the npm that started us; a bare `npm` serves direct calls of this file.
  const cli = process.env.npm_execpath;
  const [command, first] = cli ? [process.execPath, [cli]] : ["npm", []];
  const done = spawnSync(
    command,
    [...first, ...args, "--loglevel=error", "--no-audit", "--no-fund", "--no-update-notifier"],
    {
      cwd,
      stdio: ["ignore", 2, 2],
      // The outer npm's settings (workspace, prefix, scripts) must not leak into this one.
      env: Object.fromEntries(
        Object.entries(process.env).filter(
          ([name]) => !/^npm_(package|lifecycle|config_(prefix|local_prefix|workspace))/.test(name),
        ),
      ),
    },
  );
  return done.status === 0;
}

function nodeToUse() {
  if (Number(process.versions.node.split(".")[0]) >= oldestMajor) return process.execPath;
  const platform = `${process.platform}-${process.arch}`;
  const version = newerNode[platform];
  if (!version) {
    fail(
      `Node ${process.versions.node} is too old and none is known for ${platform}: install Node ${oldestMajor} or newer.`,
    );
  }
  const folder = join(runtimeDir, "node_modules", `node-${platform}`);
  const binary = join(folder, "bin", "node");
  if (existsSync(binary) && spawnSync(binary, ["--version"]).stdout?.toString().trim() === `v${version}`) return binary;
  say(`Node ${process.versions.node} is older than ${oldestMajor}: fetching Node ${version} into .runtime (once) …`);
  mkdirSync(folder, { recursive: true });
  // Only the binary is unpacked: the package also carries npm, headers and manuals, which double the wait.
  const packed = join(runtimeDir, `node-${platform}-${version}.tgz`);
  const fetched =
    npm(["pack", `node-${platform}@${version}`, "--pack-destination", runtimeDir], runtimeDir) &&
    spawnSync("tar", ["-xzf", packed, "-C", folder, "--strip-components=1", "package/bin/node"]).status === 0;
  rmSync(packed, { force: true });
  if (!fetched) {
    rmSync(folder, { recursive: true, force: true });
    fail("the newer Node could not be fetched: check the network and the npm registry, then type the command again.");
  }
  return binary;
}

/** What runs without the tools of development: a newcomer's first `npm start` need not wait for those. */
const runsLean = new Set(["scripts/start.ts", "src/cli/main.ts"]);

function installPackages(entry) {
  const stamp = join(root, "node_modules", ".disperse-installed");
  const wanted = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .update(readFileSync(join(root, "package.json")))
    .digest("hex");
  const [there, extent = "everything"] = existsSync(stamp) ? readFileSync(stamp, "utf8").split(" ") : ["", "nothing"];
  // Whoever once had everything develops here, and keeps everything when the lock file changes.
  const lean = runsLean.has(entry) && extent !== "everything";
  if (there === wanted && (lean || extent === "everything")) return;
  say(`installing ${lean ? "the packages it runs on" : "packages"} (once) …`);
  // Until the packages are there, nothing may say that they are: an interrupted run starts anew. (And a file written over
  // would change in every copy of the folder that was made with hard links.)
  rmSync(stamp, { force: true });
  // Not `npm ci`: it refuses a lock file without the bindings of other platforms, and not every registry mirror carries
  // those. The lock file is obeyed all the same, and --no-save leaves it untouched.
  if (!npm(["install", "--no-save", ...(lean ? ["--omit=dev"] : ["--include=dev"])], root))
    fail("the packages could not be installed: check the network and the npm registry, then type the command again.");
  writeFileSync(stamp, `${wanted} ${lean ? "lean" : "everything"}`);
}

const [entry, ...args] = process.argv.slice(2);
if (!entry) fail("usage: node scripts/run.mjs <file> [arguments]");
const node = nodeToUse();
installPackages(entry);

// Whatever starts below, threads and processes of tests included, compiles each file once for all of them; it lies where
// `disperse` keeps it when started without this file.
const compileCache = process.env.NODE_COMPILE_CACHE ?? join(tmpdir(), "node-compile-cache");
const child = spawn(node, ["--disable-warning=ExperimentalWarning", resolve(root, entry), ...args], {
  stdio: "inherit",
  cwd: process.env.INIT_CWD && entry === "src/cli/main.ts" ? process.env.INIT_CWD : process.cwd(),
  env: { ...process.env, NODE_COMPILE_CACHE: compileCache, DISPERSE_ROOT: root },
});
// Whoever stops this process means the child, which decides when it has finished; this process only waits. A terminal
// reaches the child itself, and a signal that came again while it exits would kill it after all: so the signal is passed
// on a moment later, to a child that is still there.
const passOnMs = 250;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => setTimeout(() => child.kill(signal), passOnMs));
}
child.on("exit", (code, signal) => {
  if (!signal) process.exit(code ?? 1);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});
