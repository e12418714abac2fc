import { randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { createNodeClock } from "../../adapters/clock-node/index.ts";
import { serveHttp, type HttpOptions, type HttpService } from "../../adapters/http-raw/index.ts";
import { createJsonJournal } from "../../adapters/journal-jsonl/index.ts";
import { createPages } from "../../adapters/pages-node/index.ts";
import { createNodeRng } from "../../adapters/random-node/index.ts";
import { createMemoryStore } from "../../adapters/store-memory/index.ts";
import { createUnpack } from "../../adapters/unpack-zlib/index.ts";
import {
  createPrometheusTelemetry,
  renderMetrics,
  type CollectedFamily,
} from "../../adapters/telemetry-prometheus/index.ts";
import {
  Accounts,
  createGateway,
  createReloadable,
  defaultOptions,
  Drains,
  metrics,
  RowQueue,
  withCors,
  type OperatorAccess,
  type AccountSettings,
  type Allowance,
  type CorsOrigins,
  type Drain,
  type DrainChange,
  type Gateway,
  type GatewayOptions,
  type Journal,
  type SeekAllowance,
  type ToldRoute,
} from "../../serve/index.ts";
import { composeEngines } from "./compose-engines.ts";
import { returnsOf, survivalOf } from "../../plan/index.ts";
import { CommandFailure, exitCodes } from "../terminal/exit-codes.ts";
import { descriptorLimit } from "../terminal/machine-limits.ts";
import { fileFault } from "../terminal/file-errors.ts";
import type { Configuration, Tls } from "./gateway-files.ts";
import { createLedgerPage } from "./ledger-page.ts";
import { openToOperators, strangersWarning, type OperatorOptions } from "./operator-options.ts";
import { openFiles, type FileSettings } from "./open-files.ts";
import type { MeshSettings, OpenMesh } from "./open-mesh.ts";
import { openResponses, type ResponseSettings } from "./open-responses.ts";
import { chargesBeside, openLedger } from "./open-ledger.ts";
import { tellingTrouble } from "./telling-trouble.ts";
import { packageRoot } from "../terminal/package-root.ts";
import { readAccounts } from "./read-accounts.ts";
import { shareBudgets } from "./shared-budgets.ts";
import { keepUnsaved } from "./unsaved-rows.ts";
import type { TimeLimits } from "../terminal/time-limits.ts";

export interface GatewaySettings extends OperatorOptions {
  readonly configuration: Configuration;
  /** Absent or null = HTTP without TLS. */
  readonly tls?: Tls;
  readonly host: string;
  readonly port: number;
  /** Take any free port when the asked one is in use. */
  readonly anyPort: boolean;
  /** Whether planned engines without an upstream are emulated. */
  readonly emulated: boolean;
  /** File or database of the ledger (see `openLedger`); without it rows live as long as the process. */
  readonly ledger: string | null;
  /** Ledgers of the other workers, summed with it in the console. */
  readonly otherLedgers?: readonly string[];
  /** Where files and batches are kept; null = there are none. */
  readonly files: FileSettings | null;
  /** Where responses are kept that later ones go on from; null or absent = there are none. */
  readonly responses?: ResponseSettings | null;
  /** Its place in a mesh of gateways; null or absent = it stands alone. */
  readonly mesh?: MeshSettings | null;
  /** What operators had taken out when this process was started. */
  readonly drains?: readonly Drain[];
  /** File of the access log, `-` = standard output; null = none. */
  readonly accessLog: string | null;
  /** Collector of traces and metrics; null = none. */
  readonly otlp: { readonly url: string; readonly headers: readonly string[] } | null;
  /** Memory for answers that may be given again; none when left out. */
  readonly cache?: Pick<GatewayOptions, "cacheBytes" | "cacheTtlMs">;
  /** The usual ones when left out. */
  readonly timeLimits?: TimeLimits;
  /** Origins of web pages that may call the API; null or absent = none. */
  readonly cors?: CorsOrigins | null;
  readonly limits?: Pick<HttpOptions, "maxBodyBytes" | "maxConnections" | "maxArrivingBytes">;
  /** Taken on accounts as they are read; a worker takes its share. */
  readonly shareOf?: (accounts: AccountSettings) => AccountSettings;
  /** The line to the process that leads the workers, when there is one. */
  readonly leader?: (on: {
    readonly collect: () => Iterable<CollectedFamily>;
    readonly drained: (drains: readonly Drain[]) => void;
    readonly give: (lacking: Allowance) => Allowance;
    readonly routeOf: (requestId: string) => ToldRoute | null;
  }) => {
    allMetrics(): Promise<readonly CollectedFamily[]>;
    tellDrain(change: DrainChange): Promise<void>;
    readonly seekAllowance: SeekAllowance;
    readonly routeElsewhere: (requestId: string) => Promise<ToldRoute | null>;
  };
  /** What other workers gave this one, less what it gave them, before it was started again. */
  readonly moved?: readonly Allowance[];
  /** Words for the operator, one line each. */
  readonly say: (line: string) => void;
}

export interface RunningGateway {
  readonly url: string;
  /** Takes over what the file of keys says now. Rejects, with nothing changed, when it cannot be used. */
  reloadKeys(): Promise<void>;
  /**
   * Puts another configuration in force, but for keys and certificate. Running requests finish under the old one. Rejects, with nothing changed, when
   * the new one cannot be used.
   */
  reload(configuration: Configuration): Promise<void>;
  /** Another certificate for connections from now on. */
  setTls(tls: NonNullable<Tls>): void;
  /** A reload was refused before it came here. */
  refusedReload(): void;
  close(graceMs?: number): Promise<void>;
}

/** Composes gateway, engines and console of a plan and listens. */
export async function startGateway(settings: GatewaySettings): Promise<RunningGateway> {
  const clock = createNodeClock();
  const rng = createNodeRng();
  // Requests under an exchanged configuration may take as long as any others.
  const retireMs = settings.timeLimits?.totalTimeoutMs ?? defaultOptions.totalTimeoutMs;
  const telemetry = createPrometheusTelemetry();
  const console_ = packageRoot("console", "dist");
  const journals: Journal[] = [];
  const store =
    settings.ledger === null ? createMemoryStore() : tellingTrouble(await openLedger(settings.ledger), settings.say);
  const rows = new RowQueue(store, clock, telemetry);
  const reloads = (result: string) => telemetry.counter(metrics.configReloads, { result });
  const loaded = telemetry.gauge(metrics.configLoaded, {});
  let { configuration } = settings;
  const accounts = new Accounts(null, clock.monotonicMs());

  const observed = () => {
    gateway.observe();
    return telemetry;
  };
  const drains = new Drains((change) => {
    mesh?.peers.drainChanged(change);
    return leader?.tellDrain(change) ?? null;
  });
  drains.replace(settings.drains ?? []);
  const leader = settings.leader?.({
    collect: () => observed().collectInPieces(),
    drained: (all) => drains.replace(all),
    give: (lacking) => accounts.give(lacking, clock.monotonicMs()),
    routeOf: (requestId) => gateway.routeOf(requestId),
  });
  const readLimits = async (path: string) => {
    const read = await readAccounts(path, store);
    return settings.shareOf ? settings.shareOf(read) : read;
  };
  const ledgerPage = createLedgerPage({
    own: store,
    others: settings.otherLedgers ?? [],
    unsavedRows: () => rows.size,
    clock,
  });
  const enginesOf = ({ plan, upstreams }: Configuration) => {
    const own = composeEngines(plan, upstreams, settings.emulated, { clock, rng });
    mesh?.requireOwn(upstreams);
    return mesh === null ? own : mesh.engines(plan, own);
  };
  const compose = (next: Configuration): Gateway =>
    createGateway({
      world: next.plan.world,
      deployment: next.plan.deployment,
      engines: enginesOf(next),
      ...(mesh && { peers: mesh.peers }),
      store,
      rows,
      earlierRouteOf: (requestId) => gateway.earlierRouteOf(requestId),
      accounts,
      operators,
      drains,
      ...(files && { files: files.desk }),
      ...(responses && { responses: responses.desk }),
      journals,
      ...(leader && { routesElsewhere: leader.routeElsewhere }),
      clock,
      telemetry,
      rng,
      pages: createPages(
        {
          "/metrics": async () => ({
            contentType: "text/plain; version=0.0.4; charset=utf-8",
            text: leader ? await renderMetrics(await leader.allMetrics()) : await observed().renderInTurns(),
          }),
          "/console/plan.json": { contentType: "application/json", makeText: () => JSON.stringify(next.plan) },
          // The console has only what lies below the planner, and who asked to survive must not have to find out.
          "/console/survival.json": () => json(survivalOf(next.plan)),
          "/console/returns.json": {
            contentType: "application/json",
            makeText: () => JSON.stringify(returnsOf(next.plan, yearsOfReturns)),
          },
          // `null` says that nothing was simulated; a missing page would be an error in the browser's log.
          "/console/simulation.json": () => json(next.simulation),
          "/console/ledger.json": async (known) => json(await ledgerPage(known)),
        },
        existsSync(console_) ? console_ : null,
      ),
      options: {
        ...settings.cache,
        ...settings.timeLimits,
        ...(next.defaultArea !== null && { defaultArea: next.defaultArea }),
      },
    });

  const openJournals = async () => {
    if (settings.accessLog !== null) journals.push(openAccessLog(settings.accessLog, settings.say));
    if (settings.otlp === null) return;
    const { version } = JSON.parse(readFileSync(packageRoot("package.json"), "utf8")) as { version: string };
    const collect = () => observed().collectInPieces();
    const more = { serviceVersion: version, instanceId: randomUUID(), collect, onTrouble: settings.say };
    // Loaded by whoever asks for it: what it sends with takes as much memory as a thousand streams.
    const { createOtlpExporter } = await import("../../adapters/telemetry-otlp/index.ts");
    journals.push(createOtlpExporter({ ...settings.otlp, ...more }));
  };
  let leaveBudgets = () => {};
  const closeAll = async () => {
    leaveBudgets();
    await mesh?.close();
    await store.close();
    await files?.close();
    await responses?.close();
    await Promise.all(journals.map((journal) => journal.close()));
  };

  let mesh: OpenMesh | null = null;
  let operators: OperatorAccess;
  let files: Awaited<ReturnType<typeof openFiles>> | null = null;
  let responses: Awaited<ReturnType<typeof openResponses>> | null = null;
  let gateway: ReturnType<typeof createReloadable>;
  let service: HttpService;
  try {
    await openJournals();
    const known = configuration.keys === null ? null : await readLimits(configuration.keys);
    if (known) accounts.replace(known, clock.monotonicMs());
    if (leader) accounts.shareWith(leader.seekAllowance, settings.moved);
    const beside = settings.ledger === null ? null : chargesBeside(settings.ledger, settings.otherLedgers ?? []);
    if (beside !== null) leaveBudgets = await shareBudgets(accounts, beside);
    operators = openToOperators(settings, accounts, clock);
    // Lines of batches go to whichever gateway is in force.
    const send: Gateway["handle"] = (call, reply) => gateway.handle(call, reply);
    files = settings.files && (await openFiles(settings.files, { clock, rng, send, charged: () => rows.saved() }));
    responses = settings.responses ? await openResponses(settings.responses, clock, settings.say) : null;
    if (settings.mesh) {
      // Who stands alone need not load the client of its control network.
      const { openMesh } = await import("./open-mesh.ts");
      mesh = openMesh(settings.mesh, configuration.plan, { clock, drains, say: settings.say });
    }
    gateway = createReloadable(compose(configuration));
    loaded.set(clock.epochMs() / 1_000);
    service = await listen(settings.cors ? withCors(gateway, settings.cors) : gateway, settings);
    files?.desk.start();
    mesh?.peers.start(() => gateway.engineReports());
    const warning = strangersWarning(settings.host, settings, operators);
    if (warning !== null) settings.say(warning);
  } catch (error) {
    await closeAll();
    throw error;
  }
  return {
    url: service.url,
    async reloadKeys() {
      const { keys } = settings.configuration;
      if (keys !== null) accounts.replace(await readLimits(keys), clock.monotonicMs());
      reloads("applied").add(1);
    },
    async reload(next) {
      // Everything that can go wrong is done before anything is changed.
      const composed = compose(next);
      configuration = next;
      gateway.replace(composed, retireMs).catch(() => settings.say("an exchanged configuration did not end cleanly"));
      reloads("applied").add(1);
      loaded.set(clock.epochMs() / 1_000);
    },
    setTls(tls) {
      service.setTls(tls);
      reloads("applied").add(1);
    },
    refusedReload: () => reloads("refused").add(1),
    async close(graceMs = 0) {
      const untilMs = clock.monotonicMs() + graceMs;
      await files?.desk.stop();
      await service.close(graceMs);
      await rows.settled(untilMs - clock.monotonicMs());
      if (rows.size > 0) settings.say(keepUnsaved(rows, settings.ledger));
      await closeAll();
    },
  };
}

async function listen(gateway: Gateway, settings: GatewaySettings): Promise<HttpService> {
  const { port, anyPort, limits, tls } = settings;
  // Every request that is under way needs another connection, to its engine; files and ledger need descriptors as well.
  const maxConnections =
    limits?.maxConnections ?? Math.max(1, Math.floor((descriptorLimit() ?? Number.POSITIVE_INFINITY) / 2));
  // As IPv6 addresses stand in URLs.
  const host = settings.host.replace(/^\[(.*)\]$/, "$1");
  const options = { host, ...limits, maxConnections, unpack: createUnpack(), ...(tls && { tls }) };
  try {
    return await serveHttp(gateway, { ...options, port });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EADDRINUSE" && anyPort) return serveHttp(gateway, { ...options, port: 0 });
    await gateway.stop(0);
    const remedy =
      code === "EADDRINUSE" ? "It is in use: choose another with --port." : "Choose another --host or --port.";
    throw new CommandFailure(
      exitCodes.invalid,
      `Cannot listen on ${host}:${port} (${code ?? "unknown error"}). ${remedy}`,
    );
  }
}

function openAccessLog(path: string, say: (line: string) => void): Journal {
  const onTrouble = (error: Error) =>
    say(`the access log ${path} cannot be written (${fileFault(error)}): lines are left out and counted until it can`);
  try {
    return createJsonJournal({ path, onTrouble });
  } catch (error) {
    throw new CommandFailure(exitCodes.invalid, `--access-log ${path} cannot be opened: ${fileFault(error)}.`);
  }
}

/** Years over which the console shows what a plan returns, as `disperse report finance` does when asked for no others. */
const yearsOfReturns = 5;

const json = (value: unknown) => ({ contentType: "application/json", text: JSON.stringify(value) });
