import { exitCodes, CommandFailure } from "./terminal/exit-codes.ts";
import { findPlan } from "./planning/find-plan.ts";
import { packageRoot } from "./terminal/package-root.ts";
import { clashText, planSummary } from "./planning/plan-summary.ts";
import { readWorld } from "./document/read-world.ts";
import { runSimulation } from "./simulation/run-simulation.ts";
import { simulationSummary } from "./simulation/simulation-summary.ts";
import { startDemoTraffic } from "./demo-traffic.ts";
import { startGateway } from "./gateway/start-gateway.ts";
import { onInterrupt, untilStopped } from "./terminal/interrupts.ts";
import { worldTable } from "./document/world-table.ts";

export interface DemoOptions {
  readonly port: number;
  readonly seconds: number;
  readonly seed: number;
  readonly exit?: boolean;
  readonly traffic: boolean;
}

/** Planning stops at this gap or this time; both leave the summary well within a minute on two cores. */
const demoGap = 0.01;
const demoTimeLimitS = 25;
/** 18 h UTC is evening in Europe, when most people play, shop and ask. */
const eveningHourUtc = 18;

/** `disperse demo`: the whole job on the bundled scenario of Europe: plan, simulate, serve, on a map. */
export async function demo(options: DemoOptions): Promise<void> {
  const print = (text: string) => process.stdout.write(`${text}\n\n`);
  const heading = (text: string) => print(`── ${text} ${"─".repeat(Math.max(4, 72 - text.length))}`);

  // Whoever presses Ctrl-C on the way wants to be rid of the demo, not to shorten one of its steps.
  const deaf = onInterrupt(() => {
    process.stderr.write("\nStopped.\n");
    process.exit(exitCodes.interrupted);
  });
  const loaded = readWorld(packageRoot("examples", "europe", "scenario.yaml"), {});
  heading("1. The question (examples/europe/scenario.yaml)");
  print(worldTable(loaded.world));

  heading("2. Plan: what to build where");
  const plan = await findPlan(loaded, { gap: demoGap, timeLimit: demoTimeLimitS, seed: options.seed, compare: true });
  if (plan.status === "infeasible") throw new CommandFailure(exitCodes.infeasible, clashText(plan));
  print(planSummary(plan));

  heading("3. Simulate: does the plan hold in the evening");
  const { result: simulation } = await runSimulation({
    world: plan.world,
    deployment: plan.deployment,
    options: { seed: options.seed, durationS: options.seconds, startHourUtc: eveningHourUtc, bySiteWindow: true },
  });
  print(simulationSummary(simulation, plan));

  heading("4. Serve: the planned mesh, with emulated engines");
  const service = await startGateway({
    configuration: { plan, simulation, upstreams: [], keys: null, defaultArea: null },
    host: "127.0.0.1",
    port: options.port,
    anyPort: true,
    emulated: true,
    ledger: null,
    files: null,
    accessLog: null,
    otlp: null,
    say: () => {},
  });
  deaf();
  const { area, workload } = liveliestRow(plan);
  print(
    `Ask it (the engines are emulated: the pace is real, the words are filler):\n\n  ${curlLine(service.url, workload, area)}`,
  );
  print(`Console:  ${service.url}/`);
  if (options.exit) return service.close(0);
  const quiet = options.traffic ? startDemoTraffic(service.url, plan, Math.random) : () => {};
  process.stderr.write(
    `${options.traffic ? "It sends a few requests a second itself, so that the map lives. " : ""}Ctrl-C stops it.\n`,
  );
  await untilStopped();
  quiet();
  await service.close(2_000);
  process.stderr.write("Stopped.\n");
}

/** A workload and area the plan serves, so that the printed line gets an answer. */
function liveliestRow({ world, deployment }: Awaited<ReturnType<typeof findPlan>>): { area: string; workload: string } {
  const flow = deployment.flows.reduce((best, entry) => (entry.peakPerS > best.peakPerS ? entry : best));
  const row = world.demand[flow.row]!;
  return { area: world.areas[row.area]!.id, workload: world.workloads[row.workload]!.id };
}

function curlLine(url: string, workload: string, area: string): string {
  const body = JSON.stringify({
    model: `disperse/${workload}`,
    stream: true,
    messages: [{ role: "user", content: "Hello from the edge" }],
  });
  return `curl -N ${url}/v1/chat/completions -H 'content-type: application/json' -H 'x-disperse-area: ${area}' -d '${body}'`;
}
