import { CommandFailure, exitCodes } from "../terminal/exit-codes.ts";
import { readConfiguration, readTls, type Configuration, type GatewayFiles } from "./gateway-files.ts";
import type { FileSettings } from "./open-files.ts";
import { HangUps } from "../terminal/hang-ups.ts";
import { memoryLimit } from "../terminal/machine-limits.ts";
import { untilStopped } from "../terminal/interrupts.ts";
import { keepUpToDate } from "./keep-up-to-date.ts";
import { readMeshFile } from "./mesh-file.ts";
import type { MeshSettings } from "./open-mesh.ts";
import { inMemory, type ResponseSettings } from "./open-responses.ts";
import { operatorKeyIn } from "./operator-options.ts";
import { startGateway } from "./start-gateway.ts";
import { workerLedger } from "./open-ledger.ts";
import { timeLimitsOf, type TimeLimitOptions } from "../terminal/time-limits.ts";
import { withoutUpstream } from "./upstream.ts";
import { shareOf } from "./worker-share.ts";
import { followLeader, workerPlace } from "./follow-leader.ts";
import { leadWorkers } from "./lead-workers.ts";
import type { WorkerPlace } from "./worker-messages.ts";
import { boundYoungGeneration } from "./young-generation.ts";

export interface ServeOptions extends TimeLimitOptions {
  readonly host: string;
  readonly port: number;
  readonly upstream: readonly string[];
  readonly upstreams?: string;
  readonly emulated: boolean;
  readonly area?: string;
  readonly period?: string;
  readonly simulation?: string;
  readonly ledger?: string;
  readonly keys?: string;
  readonly cacheMb?: number;
  /** Seconds. */
  readonly cacheTtl: number;
  readonly files?: string;
  readonly filesCountry?: string;
  readonly batchHours?: string;
  readonly operatorKeyEnv?: string;
  readonly openConsole?: boolean;
  readonly responses?: string;
  /** Seconds. */
  readonly responsesTtl: number;
  readonly responsesMb: number;
  readonly responsesCountry?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly accessLog?: string;
  readonly otlp?: string;
  readonly maxBodyMb: number;
  readonly maxConnections?: number;
  readonly corsOrigins?: readonly string[] | "*";
  /** Seconds that running requests get when the gateway stops. */
  readonly grace: number;
  readonly reload: boolean;
  /** Processes that share the address. */
  readonly workers: number;
  readonly mesh?: string;
  readonly meshAs?: string;
  readonly meshKey?: string;
}

/** `disperse serve`: runs until Ctrl-C; running streams are finished before it ends. */
export async function serve(file: string, options: ServeOptions): Promise<void> {
  const hangUps = new HangUps();
  try {
    await serveUntilStopped(filesOf(file, options), options, hangUps);
  } finally {
    hangUps.end();
  }
}

async function serveUntilStopped(files: GatewayFiles, options: ServeOptions, hangUps: HangUps): Promise<void> {
  const place = workerPlace(process.env);
  // The access log may want standard output for itself.
  const announce = (url: string) =>
    void (options.accessLog === "-" ? process.stderr : process.stdout).write(`gateway and console: ${url}\n`);
  if (options.workers > 1 && place === null) {
    if (options.files !== undefined) {
      throw new CommandFailure(
        exitCodes.invalid,
        "--files needs a single process: batches would be run by each worker.",
      );
    }
    if (options.mesh !== undefined) {
      const remedy = "Start several gateways with sites of their own instead.";
      throw new CommandFailure(exitCodes.invalid, `--mesh needs a single process. ${remedy}`);
    }
    if (options.responses === inMemory) {
      throw new CommandFailure(
        exitCodes.invalid,
        "--responses memory needs a single process: a conversation would meet another worker. Name a file instead.",
      );
    }
    // What is wrong is told once, not by every worker.
    if (options.workers > mostWorkers) {
      throw new CommandFailure(
        exitCodes.invalid,
        `--workers: more than ${mostWorkers} processes help nobody; one per core is usual.`,
      );
    }
    operatorKeyIn(options.operatorKeyEnv, process.env);
    const configuration = await readConfiguration(files, process.env);
    readTls(files);
    tellPeriod(configuration);
    tellFiller(configuration, options);
    return leadWorkers(options.workers, options.ledger ?? null, { listening: announce, say, hangUps });
  }
  try {
    await serveHere(files, options, place, announce, hangUps);
  } finally {
    // A worker's line to its leader would keep it alive, also after it could not start.
    if (place) process.channel?.unref();
  }
}

/** Part of the memory that bodies may take while they arrive, and how many of the largest there is room for in any case. */
const arrivingRatio = 1 / 4;
const fewestBodies = 2;

/** More processes than any machine of today has cores are a slip of the finger. */
const mostWorkers = 512;

/** Of a plan of several periods one is served; which one is said, for it may not be the one that is meant. */
function tellPeriod({ plan: { world, horizon, period } }: Configuration): void {
  if (!horizon) return;
  const others = horizon.periods.map((entry) => world.periods[entry.period]!.id);
  say(`serving ${world.periods[period]!.id} of the plan's periods ${others.join(", ")} (--period)`);
}

/** Engines of filler that are named. */
const fillerNamed = 5;

/** Among real engines filler is hardly meant, so it is said who answers with it. */
function tellFiller({ plan, upstreams }: Configuration, options: ServeOptions): void {
  if (!options.emulated || (options.upstream.length === 0 && options.upstreams === undefined)) return;
  const settings = meshSettings(options);
  const own = settings && readMeshFile(settings.file, plan).gateways.find(({ name }) => name === settings.self)?.sites;
  const here = own ? plan.deployment.pools.filter(({ site }) => own.includes(plan.world.sites[site]!.id)) : null;
  const deployment = here ? { ...plan.deployment, pools: here } : plan.deployment;
  const filler = withoutUpstream({ world: plan.world, deployment }, upstreams);
  if (filler.length === 0) return;
  const more = filler.length > fillerNamed ? ` and ${filler.length - fillerNamed} more` : "";
  const places = `${filler.slice(0, fillerNamed).join(", ")}${more}`;
  say(`no upstream is named for ${places}: emulated engines answer there, with filler (--no-emulated leaves them out)`);
}

/** Runs the gateway in this process until it is told to stop. */
async function serveHere(
  files: GatewayFiles,
  options: ServeOptions,
  place: WorkerPlace | null,
  announce: (url: string) => void,
  hangUps: HangUps,
): Promise<void> {
  const readSinceMs = Date.now();
  const configuration = await readConfiguration(files, process.env);
  if (place === null) {
    tellPeriod(configuration);
    tellFiller(configuration, options);
  }
  const line: { leader?: ReturnType<typeof followLeader> } = {};
  const service = await startGateway({
    configuration,
    tls: readTls(files),
    host: options.host,
    port: options.port,
    anyPort: false,
    emulated: options.emulated,
    ledger: options.ledger === undefined ? null : place ? workerLedger(options.ledger, place.number) : options.ledger,
    ...(options.ledger !== undefined && place && { otherLedgers: otherLedgers(options.ledger, place) }),
    files: fileSettings(options),
    responses: responseSettings(options),
    mesh: meshSettings(options),
    cache: { cacheBytes: Math.round((options.cacheMb ?? 0) * 1024 * 1024), cacheTtlMs: options.cacheTtl * 1_000 },
    timeLimits: timeLimitsOf(options),
    operatorKey: operatorKeyIn(options.operatorKeyEnv, process.env),
    openConsole: options.openConsole ?? false,
    accessLog: options.accessLog ?? null,
    otlp: otlpOf(options.otlp, process.env),
    cors: options.corsOrigins ?? null,
    limits: {
      maxBodyBytes: Math.round(options.maxBodyMb * 1024 * 1024),
      maxArrivingBytes: Math.max(
        fewestBodies * options.maxBodyMb * 1024 * 1024,
        (memoryLimit() * arrivingRatio) / options.workers,
      ),
      ...(options.maxConnections !== undefined && { maxConnections: options.maxConnections }),
    },
    ...(place && {
      shareOf: (accounts) => shareOf(accounts, place),
      leader: (on) => (line.leader = followLeader(on)),
      drains: place.drains,
      moved: place.moved,
    }),
    say,
  });
  const letGo = boundYoungGeneration();
  if (line.leader) line.leader.listening(service.url);
  else announce(service.url);
  const reloaded = (next: Configuration) => tellFiller(next, options);
  const unwatch = options.reload ? keepUpToDate(files, service, { hangUps, readSinceMs, reloaded, say }) : () => {};
  if (!options.reload) hangUps.follow(() => say("SIGHUP: nothing is read again (--no-reload)"));
  await untilStopped();
  unwatch();
  letGo();
  if (place === null) say("stopping: finishing running requests …");
  await service.close(options.grace * 1_000);
}

function otherLedgers(ledger: string, place: WorkerPlace): string[] {
  const numbers = Array.from({ length: place.of }, (_, index) => index + 1);
  return numbers.filter((number) => number !== place.number).map((number) => workerLedger(ledger, number));
}

function filesOf(plan: string, options: ServeOptions): GatewayFiles {
  return {
    plan,
    period: options.period ?? null,
    simulation: options.simulation ?? null,
    upstreamSpecs: options.upstream,
    upstreams: options.upstreams ?? null,
    keys: options.keys ?? null,
    tlsCert: options.tlsCert ?? null,
    tlsKey: options.tlsKey ?? null,
    defaultArea: options.area ?? null,
  };
}

function fileSettings({ files, filesCountry, batchHours }: ServeOptions): FileSettings | null {
  if (files === undefined) {
    if (filesCountry === undefined && batchHours === undefined) return null;
    throw new CommandFailure(exitCodes.invalid, "--files-country and --batch-hours need --files.");
  }
  return { folder: files, country: filesCountry ?? null, hours: batchHours ?? null };
}

function meshSettings({ mesh, meshAs, meshKey }: ServeOptions): MeshSettings | null {
  if (mesh === undefined && meshAs === undefined && meshKey === undefined) return null;
  if (mesh === undefined || meshAs === undefined || meshKey === undefined)
    throw new CommandFailure(exitCodes.invalid, "--mesh, --mesh-as and --mesh-key go together: name all three.");
  return { file: mesh, self: meshAs, key: meshKey };
}

function responseSettings(options: ServeOptions): ResponseSettings | null {
  const { responses, responsesTtl, responsesMb, responsesCountry } = options;
  if (responses === undefined) {
    if (responsesCountry === undefined) return null;
    throw new CommandFailure(exitCodes.invalid, "--responses-country needs --responses.");
  }
  const maxBytes = Math.round(responsesMb * 1024 * 1024);
  return { place: responses, country: responsesCountry ?? null, ttlS: responsesTtl, maxBytes };
}

/** Headers come from the variable OpenTelemetry's own exporters read, as they usually carry a secret. */
function otlpOf(url: string | undefined, env: NodeJS.ProcessEnv) {
  if (url === undefined) return null;
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new CommandFailure(exitCodes.invalid, `--otlp: "${url}" is no http or https address.`);
  }
  const headers = (env["OTEL_EXPORTER_OTLP_HEADERS"] ?? "").split(",").flatMap((part) => {
    const at = part.indexOf("=");
    return at < 1 ? [] : [part.slice(0, at).trim().toLowerCase(), decodeURIComponent(part.slice(at + 1).trim())];
  });
  return { url, headers };
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
