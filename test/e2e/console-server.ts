/** Serves console/dist with documents of a test's choosing, as the gateway would. */
import { readFile } from "node:fs/promises";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { returnsOf, type PlanDocument, type Survival } from "../../src/plan/index.ts";
import type { SimulationResult } from "../../src/simulate/index.ts";
import { fixtureLedger, fixtureLiveEvent } from "./console-fixture.ts";

const dist = join(import.meta.dirname, "../../console/dist");

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".json": "application/json",
  ".svg": "image/svg+xml",
};

export interface ConsoleServer {
  readonly origin: string;
  /** Sends one batch of live requests to every open page. */
  readonly sendLive: (count: number) => void;
  readonly close: () => Promise<void>;
}

/** Documents that are null are answered as such: the gateway has none. */
export async function serveConsole(options: {
  readonly plan: PlanDocument | null;
  readonly simulation: SimulationResult | null;
  readonly survival?: Survival;
  /** A batch of so many requests every second, until the server closes. */
  readonly livePerS?: number;
}): Promise<ConsoleServer> {
  const { plan, simulation } = options;
  const watchers = new Set<ServerResponse>();
  let sequence = 0;

  const json = (response: ServerResponse, value: unknown): void => {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify(value));
  };

  const server = createServer((request, response) => {
    const path = new URL(request.url!, "http://localhost").pathname;
    if (path === "/console/plan.json") return json(response, plan);
    if (path === "/v1/models") return json(response, { object: "list", data: [{ id: "emulated/small-1b" }] });
    if (path === "/console/simulation.json") return json(response, simulation);
    if (path === "/console/survival.json") return json(response, options.survival ?? null);
    if (path === "/console/returns.json") return json(response, plan && returnsOf(plan, 5));
    if (path === "/admin/drains") return json(response, { object: "list", data: fixtureDrains(plan) });
    if (path === "/console/ledger.json") return json(response, plan && fixtureLedger(plan, Date.now()));
    if (path.startsWith("/v1/routes/")) return json(response, routeExplanation(plan, path.slice("/v1/routes/".length)));
    if (path === "/console/live") {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write("retry: 1000\n\n");
      watchers.add(response);
      request.on("close", () => watchers.delete(response));
      return;
    }
    const file = normalize(path === "/" ? "/index.html" : path);
    readFile(join(dist, file)).then(
      (body) => {
        response.writeHead(200, {
          "content-type": types[extname(file)] ?? "application/octet-stream",
          "cache-control": file.startsWith("/assets/") ? "public, max-age=31536000, immutable" : "no-cache",
        });
        response.end(body);
      },
      () => {
        response.writeHead(404);
        response.end();
      },
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

  const sendLive = (count: number): void => {
    if (!plan) return;
    const requests = Array.from({ length: count }, () => fixtureLiveEvent(plan, sequence++, Date.now()));
    for (const watcher of watchers) watcher.write(`data: ${JSON.stringify({ requests, skipped: 0 })}\n\n`);
  };
  const timer = options.livePerS ? setInterval(() => sendLive(Math.ceil(options.livePerS! / 5)), 200) : undefined;
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sendLive,
    close: () => {
      clearInterval(timer);
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** The second open site is out of service. */
function fixtureDrains(plan: PlanDocument | null): unknown[] {
  const site = plan?.world.sites[plan.sites[1]!.site];
  return site ? [{ site: site.id, workload: null, since: 1_800_000_000, reason: "new kernel", running: 2 }] : [];
}

function routeExplanation(plan: PlanDocument | null, id: string): unknown {
  const sequence = Number(id.replace("req-", ""));
  if (!plan || !Number.isInteger(sequence)) return null;
  const event = fixtureLiveEvent(plan, sequence, 0);
  const targets = plan.sites.slice(0, 4).map(({ site }, index) => {
    const place = plan.world.sites[site]!;
    return {
      replica: index,
      group: index,
      pool: `${place.id}/pool`,
      site: place.id,
      siteName: place.name,
      tier: place.tier,
      country: place.country,
      terms: {
        rttMs: event.budgetMs * 0.3,
        queueMs: event.budgetMs * 0.05,
        prefillMs: event.budgetMs * 0.25,
        ttftMs: event.budgetMs * (0.6 + index * 0.1),
        missRatio: 0.012 * (index + 1),
        egressUsd: 0.00004,
        energyUsd: 0.00001,
        egressBytes: 40_000,
        expectedUsd: 0.0001 * (index + 1),
        loadKnown: true,
      },
    };
  });
  return {
    object: "disperse.route",
    id,
    workload: event.workload,
    area: event.area,
    access: "fibre",
    slo: "budget",
    budget_ms: event.budgetMs,
    target: targets[0],
    fallbacks: targets.slice(1),
    rejected: [
      {
        site: plan.world.sites.at(-1)!.id,
        pool: "far/pool",
        reason: "latency-network",
        detail: "network takes 31.2 ms of a budget of 15.0 ms",
      },
    ],
  };
}
