import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Whether this machine has a NATS server; Debian's package `nats-server` brings one. */
export const hasNatsServer = spawnSync("nats-server", ["--version"]).status === 0;

export interface NatsServer {
  readonly url: string;
  /** As after a loss of power: what was on its disk is there again, and who was connected is not. */
  restart(downMs?: number): Promise<void>;
  /** Hangs, with its connections open, until `resume`. */
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
}

/**
 * Starts a server with JetStream on a free port, with leaf nodes on: the configuration in which deliveries get lost. `more`: further
 * lines of its configuration.
 */
export async function startNatsServer(more = ""): Promise<NatsServer> {
  const folder = mkdtempSync(join(tmpdir(), "disperse-nats-"));
  const [port, leafPort] = [await freePort(), await freePort()];
  const configuration = join(folder, "server.conf");
  writeFileSync(
    configuration,
    `listen: 127.0.0.1:${port}\njetstream { store_dir: "${folder}/store", max_mem: 64M, max_file: 256M }\nleafnodes { listen: 127.0.0.1:${leafPort} }\n${more}\n`,
  );
  const start = () => spawn("nats-server", ["-c", configuration], { stdio: ["ignore", "ignore", "pipe"] });
  let server = start();
  await listening(server);
  const kill = async () => {
    const ended = new Promise((resolve) => server.once("close", resolve));
    server.kill("SIGKILL");
    await ended;
  };
  return {
    url: `nats://127.0.0.1:${port}`,
    async restart(downMs = 0) {
      await kill();
      await new Promise((resolve) => setTimeout(resolve, downMs));
      server = start();
      await listening(server);
    },
    pause: () => void server.kill("SIGSTOP"),
    resume: () => void server.kill("SIGCONT"),
    async stop() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function listening(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let log = "";
    server.stderr!.on("data", (text: Buffer) => {
      log += text.toString();
      if (log.includes("Server is ready")) resolve();
    });
    server.once("close", () => reject(new Error(`nats-server ended: ${log}`)));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
