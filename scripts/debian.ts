import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";

const say = (text: string) => process.stderr.write(`disperse set-up: ${text}\n`);

function apt(command: string, words: readonly string[], cwd?: string): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  return spawnSync(command, words, { stdio: ["ignore", "ignore", 2], env, cwd }).status === 0;
}

/** Debian's Chromium in the order of preference: the shell does without the windows that no test looks at. */
export const chromiums = ["/usr/bin/chromium-headless-shell", "/usr/bin/chromium"];

/** Browser tests need Debian's Chromium; root may install it, others are told how. */
export function provideChromium(): void {
  if (existsSync(chromiums[0]!)) return;
  const fallback = existsSync(chromiums[1]!);
  if (process.getuid?.() !== 0) {
    if (!fallback) say("browser tests are skipped: install Debian's package chromium-headless-shell to run them");
    return;
  }
  say("installing Debian's chromium-headless-shell for the browser tests (once) …");
  const install = ["-qq", "-y", "install", "--no-install-recommends", "chromium-headless-shell"];
  if (!apt("apt-get", ["-qq", "-y", "update"]) || !apt("apt-get", install)) {
    say(`it could not be installed: browser tests ${fallback ? "use chromium" : "are skipped"}`);
  }
}

/**
 * The tests over NATS need a server of their own. Debian's package would start one for the whole machine, so it is
 * unpacked into `folder` instead.
 *
 * @returns The PATH for tests.
 */
export function provideNatsServer(folder: string): string {
  const path = process.env["PATH"] ?? "";
  if (spawnSync("nats-server", ["--version"]).status === 0) return path;
  const withServer = [join(folder, "usr", "sbin"), path].join(delimiter);
  if (existsSync(join(folder, "usr", "sbin", "nats-server"))) return withServer;
  say("fetching Debian's nats-server for the tests over NATS (once) …");
  mkdirSync(folder, { recursive: true });
  const fetch = () => apt("apt-get", ["-qq", "download", "nats-server"], folder);
  const fetched = fetch() || (process.getuid?.() === 0 && apt("apt-get", ["-qq", "-y", "update"]) && fetch());
  const file = fetched ? readdirSync(folder).find((name) => name.endsWith(".deb")) : undefined;
  if (file !== undefined && apt("dpkg-deb", ["-x", file, "."], folder)) return withServer;
  say("tests over NATS are skipped: nats-server could not be fetched");
  return path;
}
