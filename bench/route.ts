// Decisions per second of the routing policy on a mesh of the largest size, load and health of every engine changing: explained
// in full (`decide`: target, every fallback, every refusal), and as the gateway makes them for each request (`place`, with the
// target put into words; the rest is told when somebody asks).
// `npm run -s bench -- route [sites] [decisions]`
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import {
  compilePolicy,
  compileRoutes,
  decide,
  describeTarget,
  place,
  type Deployment,
  type EngineSignals,
  type Snapshot,
  type Target,
} from "../src/route/index.ts";
import { seededRng } from "../test/worlds/random-world.ts";
import { testArea, testSite, tinyWorld } from "../test/worlds/tiny-world.ts";
import { numberOf } from "./usage.ts";

const replicasPerSite = 3;
const areaCount = 600;

export async function run(args: string[]): Promise<void> {
  const siteCount = numberOf(args[0], "the number of sites", 4400);
  const decisions = numberOf(args[1], "the number of decisions", 400_000);
  const rng = seededRng(7);
  // Places scatter around metros, as people do: some areas see hundreds of sites within reach, some a handful.
  const metros = Array.from({ length: 120 }, () => ({ latitude: rng() * 110 - 50, longitude: rng() * 360 - 180 }));
  const place = () => {
    const metro = metros[Math.floor(rng() ** 2 * metros.length)]!;
    return { latitude: metro.latitude + (rng() - 0.5) * 4, longitude: metro.longitude + (rng() - 0.5) * 4 };
  };
  const base = tinyWorld();
  const world = tinyWorld({
    sites: Array.from({ length: siteCount }, (_, index) => {
      const tier = index % 100 === 0 ? "core" : index % 10 === 0 ? "regional" : "edge";
      return testSite({ id: `site-${index}`, tier, ...place() });
    }),
    areas: Array.from({ length: areaCount }, (_, index) => testArea({ id: `area-${index}`, ...place() })),
    workloads: base.workloads.map((workload) => ({ ...workload, tiers: ["core", "regional", "edge"] as const })),
  });
  const deployment: Deployment = {
    period: 0,
    flows: [],
    pools: world.sites.map((site, index) => ({
      id: `${site.id}/module`,
      site: index,
      module: site.tier === "edge" ? 0 : 1,
      count: replicasPerSite,
      trainingCount: 0,
      capacityUsdPerModuleS: rng() * 1e-5,
      groups: world.workloads
        .map((_workload, workload) => ({
          workloads: [workload],
          tensorParallel: 1,
          replicas: replicasPerSite,
          speedRatio: 1,
          plannedPerS: 5,
        }))
        .filter(({ workloads }) => site.tier !== "edge" || workloads.includes(0)),
    })),
  };
  const started = performance.now();
  const routes = compileRoutes(compilePolicy(world), deployment);
  const compileMs = performance.now() - started;
  const engines: EngineSignals[] = [];
  for (let replica = 0; replica < routes.replicaCount; replica++) engines.push(signals(rng, 0));
  const snapshot: Snapshot = { maxAgeMs: 5_000, engines };

  const lanesStarted = performance.now();
  let lanes = 0;
  for (let area = 0; area < areaCount; area++) {
    for (let workload = 0; workload < world.workloads.length; workload++, lanes++) routes.lane(workload, area, 0);
  }
  const laneMs = (performance.now() - lanesStarted) / lanes;

  const built = { compileMs: Number(compileMs.toFixed(1)), laneCompileMs: Number(laneMs.toFixed(2)), lanes };
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;

  for (const [decision, decided] of Object.entries(ways)) {
    const tookUs = new Float64Array(decisions);
    let placed = 0;
    const round = (count: number, record: boolean): number => {
      const began = performance.now();
      for (let index = 0; index < count; index++) {
        // A report arrives for every tenth decision, so that what the policy reads keeps changing under it.
        if (index % 10 === 0) engines[Math.floor(rng() * engines.length)] = signals(rng, index / 100);
        const request = { workload: index & 1, area: Math.floor(rng() * areaCount), access: 0 };
        const from = performance.now();
        if (decided(routes, request, snapshot, { nowMs: index / 100, rng }) !== null && record) placed++;
        if (record) tookUs[index] = (performance.now() - from) * 1000;
      }
      return (performance.now() - began) / 1000;
    };
    round(Math.min(decisions, 50_000), false);
    // What was reported in an earlier round is old by now.
    for (let replica = 0; replica < routes.replicaCount; replica++) engines[replica] = signals(rng, 0);
    collect();
    const cpuBefore = process.cpuUsage();
    const seconds = round(decisions, true);
    const cpu = process.cpuUsage(cpuBefore);
    tookUs.sort();
    const quantile = (p: number) => Number(tookUs[Math.min(decisions - 1, Math.floor(p * decisions))]!.toFixed(2));
    process.stdout.write(
      `${JSON.stringify({
        benchmark: "route",
        decision,
        sites: siteCount,
        replicas: routes.replicaCount,
        decisions,
        decisionsPerS: Math.round(decisions / seconds),
        // Beside other work on the machine this is the figure that still means something.
        decisionsPerCpuS: Math.round((decisions * 1e6) / (cpu.user + cpu.system)),
        p50Us: quantile(0.5),
        p99Us: quantile(0.99),
        placedRatio: placed / decisions,
        ...built,
        rssMB: Math.round(process.memoryUsage().rss / 1e6),
      })}\n`,
    );
  }
}

type Decided = (...given: Parameters<typeof place>) => Target | null;

const ways: Readonly<Record<string, Decided>> = {
  "explained in full": (...given) => decide(...given).target,
  "for a request": (routes, request, ...more) => {
    const placement = place(routes, request, ...more);
    return placement.replicas.length === 0 ? null : describeTarget(routes, request, placement, 0);
  },
};

function signals(rng: () => number, atMs: number): EngineSignals {
  return {
    drain: { value: rng() < 0.7 ? 0 : rng() * 60, unit: "ms", atMs, source: "bench" },
    health: { value: rng() < 0.02 ? 0 : 1, unit: "ratio", atMs, source: "bench" },
  };
}
