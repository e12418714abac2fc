import { resolveWorld, type City } from "../../src/catalog/index.ts";
import { planScenario, type SolveResult, type Solver } from "../../src/plan/index.ts";
import { formatProblem, parseScenario } from "../../src/scenario/index.ts";
import { createGateway, type Engine, type Telemetry } from "../../src/serve/index.ts";
import { simulate } from "../../src/simulate/index.ts";
import { createManualClock } from "../serve/manual-clock.ts";

const text = `
apiVersion: disperse/v1
kind: Scenario
metadata: { name: pure }
horizon: { startYear: 2027 }
workloads:
  quick:
    model: qwen3-0.6b
    inputTokens: { mean: 96 tok, cv: 0.5 }
    outputTokens: { mean: 24 tok, cv: 0.5 }
    ttft: { budget: 60 ms, attainment: 80 % }
    access: { fibre: 100 % }
    demand: { users: 1 %, perUser: 100 req/day }
  patient:
    model: llama-3.1-8b
    inputTokens: { mean: 600 tok }
    outputTokens: { mean: 120 tok }
    ttft: { budget: 800 ms, attainment: 90 % }
    demand: { users: 2 %, perUser: 10 req/day }
training: [{ id: run, compute: 2 PFLOP/s }]
areas:
  - select: { cities: { populationAbove: 100k } }
  - file: more.csv
sites:
  - { id: ber, tier: edge, country: DE, city: Berlin, powerLimit: 300 kW }
  - { id: campus, tier: core, country: DE, city: Hamburg, powerLimit: 20 MW }
modules: [l4x1, h100x8]
`;
const csv = "id,country,latitude,longitude,population\nmunich,DE,48.14,11.58,1260391\n";
const cities: readonly City[] = [
  { id: "berlin-de", name: "Berlin", country: "DE", latitude: 52.52, longitude: 13.41, population: 3_426_354 },
  { id: "hamburg-de", name: "Hamburg", country: "DE", latitude: 53.55, longitude: 10, population: 1_739_117 },
];

/** Solver that gives answers recorded before; the job is deterministic, so they fit. */
export function replay(answers: readonly SolveResult[]): Solver {
  let next = 0;
  return {
    solve: async () => answers[next++]!,
    close: async () => undefined,
  } satisfies Solver;
}

/** Parses, resolves, plans, simulates a while and serves one request; returns what came out, in a few figures. */
export async function wholeJob(solver: Solver) {
  const files: Readonly<Record<string, string>> = { "pure.yaml": text, "more.csv": csv };
  const parsed = parseScenario("pure.yaml", (path) => files[path] ?? null);
  if (!parsed.ok) throw new Error(parsed.problems.map((problem) => formatProblem(problem, parsed.sources)).join("\n"));
  const resolved = resolveWorld(parsed.parsed, { cities: () => cities });
  if (!resolved.ok) throw new Error(resolved.problems.map((problem) => formatProblem(problem)).join("\n"));
  const { world } = resolved;
  const plan = await planScenario(world, { solver, nowMs: () => 0 }, { relativeGap: 0, timeLimitS: 20, seed: 1 });
  const { deployment } = plan;
  const { requests, residencyViolations } = simulate({ world, deployment, options: { seed: 3, durationS: 20 } });
  return {
    status: plan.status,
    objectiveUsdPerYear: plan.objectiveUsdPerYear,
    modules: deployment.pools.map((pool) => [pool.id, pool.count, pool.trainingCount]),
    verdict: plan.verdict?.distribute ?? null,
    requests,
    residencyViolations,
    served: await serveOne(),
  };

  async function serveOne() {
    const clock = createManualClock();
    const nothing = { add() {}, set() {}, observe() {} };
    const telemetry: Telemetry = { counter: () => nothing, gauge: () => nothing, histogram: () => nothing };
    const gateway = createGateway({
      world,
      deployment,
      engines: () => ({ engine: stubEngine(clock), emulated: false, model: "stub" }),
      store: { append: async () => undefined, read: async () => [], close: async () => undefined },
      clock,
      telemetry,
      rng: () => 0.5,
      options: { defaultArea: world.areas[0]!.id },
    });
    const sent: { status: number; body: string }[] = [];
    const answer = { status: 0, body: "" };
    const body = JSON.stringify({ model: "disperse/quick", messages: [{ role: "user", content: "Where am I?" }] });
    gateway.handle(
      { method: "POST", path: "/v1/chat/completions", body, bodyBytes: body.length, header: () => undefined },
      {
        send(status, _headers, part, last) {
          answer.status = status;
          return this.write(String(part), last);
        },
        write(part, last) {
          answer.body += part;
          if (last) sent.push({ ...answer });
          return true;
        },
        reset: () => sent.push({ status: 0, body: "reset" }),
      },
    );
    clock.advance(2_000);
    const stopping = gateway.stop(0);
    clock.advance(2_000);
    await stopping;
    return sent;
  }
}

/** Answers every request at once with one finished completion. */
function stubEngine(clock: ReturnType<typeof createManualClock>): Engine {
  const completion = {
    id: "stub",
    object: "chat.completion",
    created: 0,
    model: "stub",
    choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content: "Here." } }],
    usage: { prompt_tokens: 4, completion_tokens: 2, total_tokens: 6 },
  };
  return {
    start(_request, events) {
      const forget = clock.schedule(1, () => {
        events.head({ status: 200, contentType: "application/json", retryAfterMs: null });
        events.data(JSON.stringify(completion));
        events.end(null);
      });
      return { cancel: forget, pause() {}, resume() {} };
    },
    signals: () => ({
      source: "engine",
      atMs: clock.monotonicMs(),
      runningRequests: 0,
      waitingRequests: 0,
      drainMs: 0,
      kvUsageRatio: 0,
    }),
    close: async () => undefined,
  } satisfies Engine;
}
