import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, connect, type AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A proxy under measurement. */
export interface Subject {
  readonly name: string;
  readonly port: number;
  /** Process whose CPU time and memory count. */
  readonly pid: number;
  stop(): void;
}

export interface Setting {
  readonly upstreamPort: number;
  /** A folder of our own for configurations. */
  readonly folder: string;
  /** The compiled gateway, from `buildSubject`. */
  readonly subject: string;
  /** Core the proxy is pinned to. */
  readonly core: number;
}

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));

/** Starts a program pinned to a core; its standard error is dropped, its output piped. */
export function startPinned(
  core: number,
  command: string,
  args: readonly string[],
  env: Record<string, string> = {},
): ChildProcess {
  return spawn("taskset", ["-c", String(core), command, ...args], {
    stdio: ["ignore", "pipe", "ignore"],
    env: { ...process.env, ...env },
  });
}

/** First line a child prints. */
export function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    child.stdout!.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes("\n")) resolve(text.slice(0, text.indexOf("\n")));
    });
    child.on("exit", (code) => reject(new Error(`exited with ${code} before its first line`)));
  });
}

/** Compiles the gateway under measurement as it is published: taking types out while it starts would cost memory. */
export function buildSubject(folder: string): string {
  const root = here("../..");
  const built = join(folder, "built");
  const options = ["--noEmit", "false", "--noCheck", "--rewriteRelativeImportExtensions", "--rootDir", root];
  const project = join(folder, "tsconfig.json");
  // The ledger's thread is started by its address: no import leads to it.
  const files = [here("subject.ts"), here("../../src/adapters/store-sqlite/ledger-worker.ts")];
  writeFileSync(project, JSON.stringify({ extends: join(root, "tsconfig.json"), files, include: [] }));
  const args = [join(root, "node_modules/typescript/bin/tsc"), "-p", project, "--outDir", built, ...options];
  const types = ["--typeRoots", join(root, "node_modules/@types")];
  if (spawnSync(process.execPath, [...args, ...types], { stdio: ["ignore", 2, 2] }).status !== 0)
    throw new Error("the gateway could not be compiled");
  writeFileSync(join(built, "package.json"), JSON.stringify({ type: "module" }));
  symlinkSync(join(root, "node_modules"), join(built, "node_modules"));
  return join(built, "bench/gateway/subject.js");
}

export async function startDisperse(setting: Setting, transport: "raw" | "node"): Promise<Subject> {
  const args = [
    "--disable-warning=ExperimentalWarning",
    setting.subject,
    transport,
    `http://127.0.0.1:${setting.upstreamPort}`,
    join(setting.folder, `${transport}.db`),
  ];
  const child = startPinned(setting.core, process.execPath, args);
  const port = Number(await firstLine(child));
  return {
    name: transport === "raw" ? "disperse" : "disperse-node-http",
    port,
    pid: child.pid!,
    stop: () => child.kill(),
  };
}

/** nginx with one worker, buffering off, keep-alive to the upstream; null when it is not installed. */
export async function startNginx({ upstreamPort, folder, core }: Setting): Promise<Subject | null> {
  if (!existsSync("/usr/sbin/nginx")) return null;
  const port = await freePort();
  const config = join(folder, "nginx.conf");
  writeFileSync(
    config,
    `daemon off; master_process off; worker_processes 1; pid ${folder}/nginx.pid; error_log /dev/null;
events { worker_connections 8192; }
http { access_log off; client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
 keepalive_requests 100000000;
 upstream engine { server 127.0.0.1:${upstreamPort}; keepalive 512; keepalive_requests 100000000; }
 server { listen 127.0.0.1:${port}; tcp_nodelay on; client_body_buffer_size 64k;
  location / { proxy_pass http://engine; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; proxy_read_timeout 600s; } } }
`,
  );
  const child = startPinned(core, "/usr/sbin/nginx", ["-c", config]);
  await listening(port);
  return { name: "nginx", port, pid: child.pid!, stop: () => child.kill() };
}

/** HAProxy with one thread; null when it is not installed. */
export async function startHaproxy({ upstreamPort, folder, core }: Setting): Promise<Subject | null> {
  if (!existsSync("/usr/sbin/haproxy")) return null;
  const port = await freePort();
  const config = join(folder, "haproxy.cfg");
  writeFileSync(
    config,
    `global\n nbthread 1\n maxconn 8192\ndefaults\n mode http\n timeout connect 2s\n timeout client 600s\n timeout server 600s\n option http-no-delay\n http-reuse always\nfrontend f\n bind 127.0.0.1:${port}\n default_backend b\nbackend b\n server s 127.0.0.1:${upstreamPort}\n`,
  );
  const child = startPinned(core, "/usr/sbin/haproxy", ["-db", "-f", config]);
  await listening(port);
  return { name: "haproxy", port, pid: child.pid!, stop: () => child.kill() };
}

/** The Portkey gateway from npm, installed into the folder; versions of its parts pinned to ones it streams with. */
export async function startPortkey({ folder, core }: Setting): Promise<Subject | null> {
  const root = join(folder, "portkey");
  mkdirSync(root, { recursive: true });
  const overrides = { "@hono/node-server": "1.13.5", hono: "4.9.7" };
  const dependencies = { "@portkey-ai/gateway": "1.15.2" };
  writeFileSync(join(root, "package.json"), JSON.stringify({ private: true, dependencies, overrides }));
  const npm = spawnSync("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
  });
  const server = join(root, "node_modules/@portkey-ai/gateway/build/start-server.js");
  if (npm.status !== 0 || !existsSync(server)) return null;
  const port = await freePort();
  const child = startPinned(core, process.execPath, [server, `--port=${port}`, "--headless"], {
    NODE_ENV: "production",
  });
  child.stdout!.resume();
  await listening(port);
  return { name: "portkey", port, pid: child.pid!, stop: () => child.kill() };
}

/** CPU time of a process so far, ms. */
export function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1")
    .replace(/^.*\) /, "")
    .split(" ");
  // Clock ticks are a hundredth of a second on every Linux that runs Node.
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

export function rssMB(pid: number): number {
  const kB = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1];
  return Number(kB) / 1_024;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function listening(port: number): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(true));
      socket.on("error", () => resolve(false));
      socket.on("connect", () => socket.destroy());
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`nothing listens on port ${port}`);
}
