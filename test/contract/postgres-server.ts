import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Debian's PostgreSQL, when it is installed. */
const versions = "/usr/lib/postgresql";
export const postgresBin = existsSync(versions)
  ? (readdirSync(versions)
      .map((version) => join(versions, version, "bin"))
      .find((bin) => existsSync(join(bin, "initdb"))) ?? null)
  : null;

/** A server of its own in a temporary folder, on loopback. */
export async function startPostgres(): Promise<{
  readonly url: string;
  restart(): Promise<void>;
  /** Lets no process of it run until what it returns is called: it keeps its connections and answers nothing. */
  freeze(): () => void;
  stop(): Promise<void>;
}> {
  const folder = mkdtempSync(join(tmpdir(), "postgres-"));
  const data = join(folder, "data");
  // The server refuses to run as root, so root lends itself another name for it.
  const root = process.getuid?.() === 0;
  if (root) execFileSync("chown", ["nobody", folder]);
  const as = (command: string, args: readonly string[]): [string, string[]] =>
    root
      ? ["setpriv", ["--reuid=nobody", "--regid=nogroup", "--clear-groups", command, ...args]]
      : [command, [...args]];
  execFileSync(...as(join(postgresBin!, "initdb"), ["-D", data, "-U", "ledger", "-A", "trust", "--no-sync"]), {
    stdio: "ignore",
    cwd: folder,
  });
  const port = await freePort();
  const settings = ["-D", data, "-p", String(port), "-k", folder, "-c", "listen_addresses=127.0.0.1"];
  const start = () => {
    const [command, args] = as(join(postgresBin!, "postgres"), settings);
    return spawn(command, args, { stdio: "ignore", cwd: folder });
  };
  const ready = async () => {
    for (let tries = 0; tries < 200; tries++) {
      try {
        execFileSync(join(postgresBin!, "pg_isready"), ["-h", "127.0.0.1", "-p", String(port)], { stdio: "ignore" });
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
    throw new Error("PostgreSQL did not start");
  };
  let server = start();
  await ready();
  const end = async (signal: NodeJS.Signals) => {
    const ended = new Promise((resolve) => server.on("exit", resolve));
    server.kill(signal);
    await ended;
  };
  return {
    url: `postgres://ledger@127.0.0.1:${port}/postgres`,
    /** As a machine that loses its power does, as far as the server can tell. */
    async restart() {
      await end("SIGQUIT");
      server = start();
      await ready();
    },
    freeze() {
      const children = readFileSync(`/proc/${server.pid}/task/${server.pid}/children`, "utf8").trim().split(" ");
      const pids = [server.pid!, ...children.map(Number)];
      for (const pid of pids) process.kill(pid, "SIGSTOP");
      return () => {
        for (const pid of pids) process.kill(pid, "SIGCONT");
      };
    },
    async stop() {
      await end("SIGINT");
      rmSync(folder, { recursive: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
