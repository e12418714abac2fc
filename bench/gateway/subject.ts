// A gateway as it runs in production, keys, ledger and metrics on, in front of one upstream. Prints its port.
// Arguments: transport (raw | node), upstream URL, file of the ledger.
import { hash } from "node:crypto";
import { createNodeClock } from "../../src/adapters/clock-node/index.ts";
import { createOpenAiEngine } from "../../src/adapters/engine-openai/index.ts";
import { createNodeRng } from "../../src/adapters/random-node/index.ts";
import { createSqliteStore } from "../../src/adapters/store-sqlite/index.ts";
import { createPrometheusTelemetry } from "../../src/adapters/telemetry-prometheus/index.ts";
import { boundYoungGeneration } from "../../src/cli/gateway/young-generation.ts";
import { Accounts, createGateway } from "../../src/serve/index.ts";
import { deployEverywhere } from "../../test/worlds/deploy-everywhere.ts";
import { testArea, testSite, testWorkload, tinyWorld } from "../../test/worlds/tiny-world.ts";

const [transport, url, ledger] = process.argv.slice(2) as [string, string, string];
const sha256 = (text: string) => hash("sha256", text);
const world = tinyWorld({
  sites: [
    testSite({ id: "near", tier: "edge" }),
    testSite({ id: "far", tier: "core", country: "BB", latitude: 51 }),
    testSite({ id: "abroad", tier: "core", country: "CC", latitude: 50.5 }),
  ],
  areas: [testArea({ id: "town" })],
  workloads: [
    testWorkload({ id: "bench", ttft: { budgetMs: 1_000, attainmentRatio: 0.9 }, priceUsdPerRequest: 0.001 }),
  ],
});
// Only one of them, as in a gateway: the other's packages would take memory for nothing.
const { createHttpClient, serveHttp } = await (transport === "raw"
  ? import("../../src/adapters/http-raw/index.ts")
  : import("../../src/adapters/http-node/index.ts"));
const client = (origin: string) => createHttpClient({ origin, connections: 2_000 });
const store = createSqliteStore(ledger);
// Without its ledger the gateway would be measured without what it costs.
await store.rollUps();
const engine = createOpenAiEngine({ url, client });
const gateway = createGateway({
  world,
  deployment: deployEverywhere(world, (_site, module) => module === 0),
  engines: () => ({ engine, emulated: false, model: "bench-model" }),
  store,
  accounts: new Accounts(
    {
      digests: (secret) => [sha256(secret)],
      accounts: [{ id: "bench", budgetNanoUsd: 1e15, spentNanoUsd: 0, requestsPerMinute: 1e9, tokensPerMinute: 1e12 }],
      keys: [{ id: "bench", digest: sha256("bench-key"), account: "bench", workloads: "*", expiresEpochMs: null }],
    },
    0,
  ),
  clock: createNodeClock(),
  telemetry: createPrometheusTelemetry(),
  rng: createNodeRng(),
});
boundYoungGeneration();
const service = await serveHttp(gateway, { host: "127.0.0.1", port: 0 });
process.stdout.write(`${new URL(service.url).port}\n`);
