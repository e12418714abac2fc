// Simulated requests per second of one core and memory, from 100 to 4,400 sites, with the real policy, stale snapshots
// and faults. Each size runs in a process of its own, so that memory is its own.
// `npm run -s bench -- simulate-scale [requests] [sites …]`
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Deployment } from "../src/route/index.ts";
import { RandomStream, Simulation, type SimulationOptions } from "../src/simulate/index.ts";
import { testArea, testSite, tinyWorld } from "../test/worlds/tiny-world.ts";
import { numberOf } from "./usage.ts";

const one = "--one-size";

export async function run(args: string[]): Promise<void> {
  if (args[0] === one) {
    measure(Number(args[1]), Number(args[2]));
    return;
  }
  const requests = numberOf(args[0], "the number of requests", 4_000_000);
  const sizes = args.length > 1 ? args.slice(1) : ["100", "1000", "4400"];
  for (const sites of sizes) numberOf(sites, "the number of sites", 0);
  const bench = fileURLToPath(new URL("../scripts/bench.ts", import.meta.url));
  for (const sites of sizes) {
    const child = spawnSync(process.execPath, [bench, "simulate-scale", one, sites, String(requests)], {
      stdio: ["ignore", "inherit", "inherit"],
    });
    if (child.status !== 0) throw new Error(`the run with ${sites} sites ended with status ${child.status}`);
  }
}

/** Sites and areas around metros; every edge site has two small boxes, larger sites large servers as well. */
export function buildMesh(siteCount: number, targetPerS: number) {
  const random = new RandomStream(7, "mesh");
  const metros = Array.from({ length: Math.max(4, Math.ceil(siteCount / 36)) }, () => ({
    latitude: random.uniform() * 110 - 50,
    longitude: random.uniform() * 360 - 180,
  }));
  const place = () => {
    const metro = metros[Math.floor(random.uniform() ** 2 * metros.length)]!;
    return {
      latitude: metro.latitude + (random.uniform() - 0.5) * 3,
      longitude: metro.longitude + (random.uniform() - 0.5) * 3,
    };
  };
  const areaCount = Math.round(siteCount * 2.3);
  const areas = Array.from({ length: areaCount }, (_, i) => {
    const at = place();
    return testArea({ id: `area-${i}`, ...at, utcOffsetHours: Math.round(at.longitude / 15) });
  });
  const [quick, patient] = tinyWorld().workloads;
  const workloads = [
    { ...quick!, tiers: ["core", "regional", "edge"] as const },
    { ...patient!, model: 0, tiers: ["core", "regional", "edge"] as const },
  ];
  const weights = areas.map(() => -Math.log(1 - random.uniform()));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const world = tinyWorld({
    sites: Array.from({ length: siteCount }, (_, i) => {
      const tier = i % 100 === 0 ? "core" : i % 10 === 0 ? "regional" : "edge";
      return testSite({ id: `site-${i}`, tier, ...place() });
    }),
    areas,
    workloads,
    demand: areas.flatMap((_, area) =>
      workloads.map((_workload, workload) => {
        const peakPerS = (targetPerS * weights[area]! * (workload === 0 ? 0.7 : 0.3)) / total;
        return { area, workload, access: workload, peakPerS: [peakPerS], meanPerS: [peakPerS * 0.5] };
      }),
    ),
  });
  const deployment: Deployment = {
    period: 0,
    flows: [],
    pools: world.sites.flatMap((site, index) =>
      (site.tier === "edge" ? [0] : [0, 1]).map((module) => ({
        id: `${site.id}/${world.modules[module]!.id}`,
        site: index,
        module,
        count: 2,
        trainingCount: 0,
        capacityUsdPerModuleS: 0,
        groups: [
          {
            workloads: [0, 1],
            tensorParallel: 1,
            replicas: module === 0 ? 2 : 16,
            speedRatio: 1,
            plannedPerS: 0,
          },
        ],
      })),
    ),
  };
  return { world, deployment };
}

function measure(siteCount: number, requests: number): void {
  // A rate per site that keeps the edge at about a third of what it can carry.
  const perSitePerS = 3;
  const { world, deployment } = buildMesh(siteCount, siteCount * perSitePerS);
  const durationS = requests / (siteCount * perSitePerS);
  const options: Partial<SimulationOptions> = {
    seed: 1,
    durationS,
    demand: "peak",
    snapshotIntervalMs: 250,
    windowS: durationS / 60,
    randomFaults: {
      meanHoursBetweenFailures: durationS / 360,
      meanHoursToRepair: durationS / 36_000,
      where: { tier: "edge" },
    },
    faults: [
      { kind: "slow", where: { tier: "regional" }, factor: 2, fromS: durationS * 0.2, toS: durationS * 0.3 },
      { kind: "stale", where: {}, fromS: durationS * 0.5, toS: durationS * 0.55 },
      { kind: "crowd", areas: { workload: "quick" }, factor: 2, fromS: durationS * 0.7, toS: durationS * 0.75 },
      { kind: "down", where: { tier: "core" }, fromS: durationS * 0.8, toS: durationS * 0.9 },
    ],
  };
  const began = process.cpuUsage();
  const simulation = new Simulation({ world, deployment, options });
  // The first tenth compiles the lanes and warms the compiler; it is reported, not hidden.
  simulation.advance(simulation.durationMs / 10);
  const warmS = cpuSeconds(began);
  const warmRequests = simulation.requestsSent;
  const since = process.cpuUsage();
  simulation.advance(simulation.durationMs / 2);
  const halfwayBytes = process.memoryUsage.rss();
  simulation.advance(simulation.durationMs);
  const steadyS = cpuSeconds(since);
  const grownGB = (process.memoryUsage.rss() - halfwayBytes) / 1e9;
  const result = simulation.result();
  const attained = result.workloads.map((workload) => workload.attainmentOfArrivedRatio);
  process.stdout.write(
    `${JSON.stringify({
      bench: "simulate-scale",
      sites: siteCount,
      areas: world.areas.length,
      requests: result.requests.arrived,
      requestsPerSPerCore: Math.round(result.requests.arrived / (warmS + steadyS)),
      requestsPerSPerCoreAfterWarmUp: Math.round((result.requests.arrived - warmRequests) / steadyS),
      warmUpS: Number(warmS.toFixed(2)),
      memoryGB: Number((process.resourceUsage().maxRSS / 1e6).toFixed(3)),
      // Memory does not depend on how many requests are simulated: the second half of the run must add next to nothing.
      memoryGrowthInSecondHalfGB: Number(grownGB.toFixed(3)),
      retries: result.requests.retries,
      rejected: result.requests.rejected,
      residencyViolations: result.residencyViolations,
      isConserved: result.requests.arrived === result.requests.completed + result.requests.rejected,
      attained,
    })}\n`,
  );
}

function cpuSeconds(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1e6;
}
