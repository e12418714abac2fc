import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { createHighsSolver } from "../../src/adapters/solver-highs/index.ts";
import type { World } from "../../src/catalog/index.ts";
import { annualCost } from "../../src/finance/index.ts";
import { certify } from "../../src/plan/bound/certificate.ts";
import { limitUse } from "../../src/plan/problem/coupling-limit.ts";
import { examine } from "../../src/plan/survival/examine-failures.ts";
import { withImpliedLimits } from "../../src/plan/problem/implied-limits.ts";
import {
  checkSolution,
  MipBuilder,
  planScenario,
  recomputeBound,
  stackPeriods,
  verifyPlan,
  worldProblem,
  type PlanDocument,
} from "../../src/plan/index.ts";
import { lagrangianBound } from "../../src/plan/bound/lagrangian.ts";
import { pricesByPeriod } from "../../src/plan/bound/periods-apart.ts";
import { failoverTable, failureLimit, failuresOf, refugesOf } from "../../src/plan/world/resilience.ts";
import { pathOptions, periodDocument } from "../../src/plan/document/plan-period.ts";
import { viewBySite } from "../../src/plan/problem/site-view.ts";
import { atOnce } from "../../src/plan/problem/steps.ts";
import { surviveAtSize } from "../../src/plan/survival/survive-at-size.ts";
import { survivalLimits, survivalLimitsAtSize } from "../../src/plan/world/survival-limits.ts";
import { arcTable, compilePolicy, usdPerRequest } from "../../src/route/index.ts";
import { simulate } from "../../src/simulate/index.ts";
import { smallModule, testSite, testWorkload, tinyWorld } from "../worlds/tiny-world.ts";
import { runs } from "./runs.ts";

const solver = createHighsSolver();
afterAll(() => solver.close());
const plan = (world: World): Promise<PlanDocument> =>
  planScenario(world, { solver, nowMs: () => 0 }, { relativeGap: 1e-7, timeLimitS: 30, compare: false });
const throughJson = (document: PlanDocument): PlanDocument => JSON.parse(JSON.stringify(document)) as PlanDocument;

/** Three sites near the users, of which two may share a zone; demand that takes a module or two. */
const shakyWorld: fc.Arbitrary<World> = fc
  .record({
    rates: fc.array(fc.double({ min: 1, max: 90, noNaN: true }), { minLength: 2, maxLength: 2 }),
    penaltyUsd: fc.constantFrom(0.000_3, 0.002),
    powerKw: fc.array(fc.constantFrom(0.5, 1, 100), { minLength: 3, maxLength: 3 }),
    openingUsd: fc.array(fc.constantFrom(0, 40_000, 200_000), { minLength: 3, maxLength: 3 }),
    budgetMs: fc.constantFrom(18, 40),
    failoverMs: fc.constantFrom(18, 40, 90),
    resilience: fc.constantFrom("site" as const, "zone" as const),
  })
  .map((draw) => {
    const workloads = [
      testWorkload({
        id: "quick",
        ttft: { budgetMs: draw.budgetMs, attainmentRatio: 0.9 },
        failoverBudgetMs: draw.failoverMs,
        unservedUsdPerRequest: draw.penaltyUsd,
      }),
    ];
    const base = tinyWorld({ workloads });
    const places = [
      { id: "a", latitude: 50, longitude: 8 },
      { id: "b", latitude: 50.3, longitude: 8.4 },
      { id: "c", latitude: 48.6, longitude: 2.4, country: "BB" },
    ];
    return {
      ...base,
      modules: [smallModule],
      demand: base.demand.map((row, index) => ({
        ...row,
        peakPerS: [draw.rates[index]!],
        meanPerS: [draw.rates[index]! * 0.4],
      })),
      sites: places.map((place, index) =>
        testSite({
          tier: "edge",
          ...place,
          powerLimitKw: [draw.powerKw[index]!],
          openingCapexUsd: draw.openingUsd[index]!,
          fixedOpexUsdPerYear: 2_000,
        }),
      ),
      limits: {
        ...base.limits,
        resilience: draw.resilience,
        zones: [{ id: "ab", sites: [0, 1], powerLimitKw: [1e6] }],
      },
    };
  });

/** The same with power for everybody everywhere, and requests that are worth serving. */
const roomy = shakyWorld.map((it) => ({
  ...it,
  sites: it.sites.map((site) => ({ ...site, powerLimitKw: [100], openingCapexUsd: 0 })),
  workloads: it.workloads.map((one) => ({
    ...one,
    ttft: { budgetMs: 40, attainmentRatio: 0.9 },
    failoverBudgetMs: 90,
    unservedUsdPerRequest: 0.01,
  })),
}));

/** The same with so many times the demand. */
function grownBy(world: World, factor: number): World {
  const grown = (rate: number): number => rate * factor;
  const demand = world.demand.map((row) => ({
    ...row,
    peakPerS: row.peakPerS.map(grown),
    meanPerS: row.meanPerS.map(grown),
  }));
  return { ...world, demand };
}

/** Moves to places that have no engine for what comes. */
function enginesMissing({ world, failover, deployment, horizon }: PlanDocument): string[] {
  return failover!.moves.flatMap(({ period, row, pool, peakPerS }) => {
    const { pools } = horizon?.periods[period]?.deployment ?? deployment;
    const { workload } = world.demand[row]!;
    const isReady = pools[pool]!.groups.some((group) => group.replicas > 0 && group.workloads.includes(workload));
    return isReady || peakPerS < 1e-6 ? [] : [`${world.workloads[workload]!.id} at ${pools[pool]!.id}`];
  });
}

/** The cheapest plan that survives, by trying all counts, with every way of moving load written out. */
async function cheapest(world: World): Promise<number> {
  const policy = compilePolicy(world);
  const table = arcTable(policy);
  const patient = world.workloads.map((workload) => ({
    ...workload,
    ttft: { ...workload.ttft, budgetMs: workload.failoverBudgetMs! },
  }));
  const refuge = arcTable(compilePolicy({ ...world, workloads: patient }));
  const failures = [[0], [1], [2], ...(world.limits.resilience === "zone" ? [[0, 1]] : [])];
  const loadOf = (of: typeof table, row: number, entry: number): number =>
    world.demand[row]!.peakPerS[0]! / (of.perModulePerS[entry]! * world.limits.headroomRatio);
  const reach = [0, 0, 0];
  const exists = world.sites.map((_, site) => table.site.includes(site));
  // Who is served at a place or goes there when something has failed, each by what takes more.
  for (const row of world.demand.keys()) {
    const most = [0, 0, 0];
    for (const ways of [table, refuge]) {
      for (let entry = ways.rowStart[row]!; entry < ways.rowStart[row + 1]!; entry++) {
        const site = ways.site[entry]!;
        if (exists[site]) most[site] = Math.max(most[site]!, loadOf(ways, row, entry));
      }
    }
    for (const [site, load] of most.entries()) reach[site]! += load;
  }
  const { powerKw } = world.modules[0]!;
  const most = world.sites.map((site, index) =>
    Math.min(Math.ceil(reach[index]! - 1e-9), Math.floor(site.powerLimitKw[0]! / (powerKw * site.pue) + 1e-9)),
  );
  fc.pre(most.reduce((product, count) => product * (count + 1), 1) <= 150);
  let best = Infinity;
  const counts = [0, 0, 0];
  const finish = async (): Promise<void> => {
    const builder = new MipBuilder();
    const serve: { row: number; site: number; load: number; entry: number; col: number }[] = [];
    const move: { row: number; failure: number; site: number; load: number; col: number }[] = [];
    for (const [row, demand] of world.demand.entries()) {
      for (let entry = table.rowStart[row]!; entry < table.rowStart[row + 1]!; entry++) {
        const usd = usdPerRequest(policy, table, 0, entry) - world.workloads[0]!.unservedUsdPerRequest;
        const col = builder.addCol(usd * demand.meanPerS[0]! * 31_536_000, 0, 1, false);
        serve.push({ row, site: table.site[entry]!, load: loadOf(table, row, entry), entry, col });
      }
      for (let entry = refuge.rowStart[row]!; entry < refuge.rowStart[row + 1]!; entry++) {
        const site = refuge.site[entry]!;
        for (const [failure, lost] of failures.entries()) {
          if (lost.includes(site) || !exists[site]) continue;
          const load = loadOf(refuge, row, entry);
          move.push({ row, failure, site, load, col: builder.addCol(0, 0, 1, false) });
        }
      }
    }
    for (const row of world.demand.keys()) {
      builder.addRow(-Infinity, 1);
      for (const arc of serve) if (arc.row === row) builder.addEntry(arc.col, 1);
    }
    for (const [site, count] of counts.entries()) {
      builder.addRow(-Infinity, count);
      for (const arc of serve) if (arc.site === site) builder.addEntry(arc.col, arc.load);
    }
    for (const [failure, lost] of failures.entries()) {
      for (const row of world.demand.keys()) {
        const ways = move.filter((entry) => entry.failure === failure && entry.row === row);
        // What no place in the world could take over is lost with its own.
        if (ways.length === 0) continue;
        builder.addRow(0, 0);
        for (const arc of serve) if (arc.row === row && lost.includes(arc.site)) builder.addEntry(arc.col, 1);
        for (const way of ways) builder.addEntry(way.col, -1);
      }
      for (const [site, count] of counts.entries()) {
        if (lost.includes(site)) continue;
        builder.addRow(-Infinity, count);
        for (const arc of serve) if (arc.site === site) builder.addEntry(arc.col, arc.load);
        for (const way of move) {
          if (way.failure === failure && way.site === site) builder.addEntry(way.col, way.load);
        }
      }
    }
    const result = await solver.solve(builder.build(), { timeLimitS: 10, relativeGap: 0, seed: 1 });
    if (result.solution === null) return;
    const flows = serve.map(({ row, site, entry, col }) => ({
      row,
      pool: site,
      meanPerS: world.demand[row]!.meanPerS[0]! * result.solution![col]!,
      energyKwhPerRequest: policy.serving[0]!.options[table.option[entry]!]!.energyKwhPerRequest,
    }));
    const pools = counts.map((count, site) => ({ site, module: 0, count, trainingCount: 0 }));
    best = Math.min(best, annualCost(world, { pools, flows }, 0).totalUsdPerYear);
  };
  const visit = async (site: number): Promise<void> => {
    if (site === counts.length) return finish();
    for (counts[site] = 0; counts[site]! <= most[site]!; counts[site]!++) await visit(site + 1);
    counts[site] = 0;
  };
  await visit(0);
  return best;
}

/** The same over two years, in which demand grows. */
function overTwoYears(base: World): World {
  const series = (value: number): number[] => [value, value * 1.6];
  return {
    ...base,
    periods: ["2027", "2028"].map((id) => ({ id, startYear: Number(id), lengthYears: 1 })),
    demand: base.demand.map((row) => ({
      ...row,
      peakPerS: series(row.peakPerS[0]!),
      meanPerS: series(row.meanPerS[0]!),
    })),
    sites: base.sites.map((site) => ({ ...site, powerLimitKw: [100, 100] })),
    modules: base.modules.map((module) => ({ ...module, supplyPerPeriod: [null, null] })),
    owners: base.owners.map((owner) => ({ ...owner, capexBudgetUsd: [null, null] })),
    limits: {
      ...base.limits,
      budgetUsd: [null, null],
      zones: base.limits.zones.map((zone) => ({ ...zone, powerLimitKw: [1e6, 1e6] })),
    },
  };
}

describe("a plan that survives the loss of any one place", () => {
  it("costs what the cheapest such plan found by trying everything costs, and is accepted by the checker", async () => {
    await fc.assert(
      fc.asyncProperty(shakyWorld, async (world) => {
        const expected = await cheapest(world);
        const document = throughJson(await plan(world));
        expect(document.status).toBe("optimal");
        expect(Math.abs(document.objectiveUsdPerYear! - expected)).toBeLessThan(1e-6 * Math.abs(expected) + 0.01);
        expect(verifyPlan(document).findings).toEqual([]);
        expect(enginesMissing(document)).toEqual([]);
      }),
      { numRuns: runs(9) },
    );
  }, 180_000);

  it("keeps a reserve where few are served for many who come after a loss, when they may wait longer then", async () => {
    const impatient = testWorkload({
      id: "quick",
      ttft: { budgetMs: 18, attainmentRatio: 0.9 },
      failoverBudgetMs: 200,
      unservedUsdPerRequest: 0.01,
    });
    const base = tinyWorld({ workloads: [impatient] });
    const world: World = {
      ...base,
      modules: [smallModule],
      demand: base.demand.map((row) => ({
        ...row,
        peakPerS: [row.area === 0 ? 900 : 1],
        meanPerS: [row.area === 0 ? 400 : 0.4],
      })),
      sites: base.areas.map(({ latitude, longitude }, index) =>
        testSite({ id: `s${index}`, tier: "edge", latitude, longitude, powerLimitKw: [1000] }),
      ),
      limits: { ...base.limits, resilience: "site", zones: [] },
    };
    const document = throughJson(await plan(world));
    expect(document.unserved).toEqual([]);
    const [small] = document.deployment.pools.filter(({ site }) => site === 1);
    expect(document.deployment.flows.every(({ pool, peakPerS }) => pool === 0 || peakPerS <= 1)).toBe(true);
    expect(small!.count).toBeGreaterThan(1);
    expect(verifyPlan(document).findings).toEqual([]);
  });

  it("survives, is proven no better than it is and accepted by the checker where it is found as large ones are", async () => {
    const kinds = fc.constantFrom([smallModule], [smallModule, { ...smallModule, id: "pair", acceleratorCount: 2 }]);
    await fc.assert(
      fc.asyncProperty(shakyWorld, kinds, async (base, modules) => {
        const world = { ...base, modules };
        let looks = 0;
        const tools = { solver, nowMs: () => looks++ };
        const path = pathOptions(tools, { relativeGap: 1e-7, timeLimitS: 4 }, 0);
        const planned = worldProblem(world, 0);
        const stages = [{ planned, arc: 0, pool: 0 }];
        const tables = [failoverTable(planned)];
        const failures = failuresOf(world);
        const solved = await surviveAtSize(planned.problem, stages, tables, failures, tools, path);
        expect(solved.fatal).toEqual([]);
        expect(checkSolution(planned.problem, solved.result.solution)).toEqual([]);
        const { missing } = await examine(stages, tables, failures, solved.result.solution, tools, path);
        expect(missing).toEqual([]);
        const best = (await plan(world)).objectiveUsdPerYear!;
        const slackUsd = 1e-6 * Math.abs(best) + 0.01;
        expect(solved.result.objectiveUsd).toBeGreaterThanOrEqual(best - slackUsd);
        expect(solved.result.bestBoundUsd).toBeLessThanOrEqual(best + slackUsd);
        const options = { compare: false };
        const document = throughJson(await periodDocument(planned, solved, tools, path, options, () => 0));
        expect(verifyPlan(document).findings).toEqual([]);
        expect(enginesMissing(document)).toEqual([]);
      }),
      { numRuns: runs(12) },
    );
  }, 180_000);

  it("serves from a place although nothing can stand at the only other one", async () => {
    const base = tinyWorld({ workloads: [testWorkload({ id: "chat", unservedUsdPerRequest: 0.01 })] });
    const world: World = {
      ...base,
      modules: [smallModule],
      sites: base.areas.map(({ latitude, longitude }, index) =>
        testSite({ id: `s${index}`, tier: "edge", latitude, longitude, powerLimitKw: [index === 0 ? 1000 : 0] }),
      ),
      limits: { ...base.limits, resilience: "site", zones: [] },
    };
    const document = throughJson(await plan(world));
    expect(document.deployment.flows.map(({ row }) => row)).toEqual([0, 1]);
    expect(document.unserved).toEqual([]);
    expect(verifyPlan(document).findings).toEqual([]);
  });

  it("keeps its promise in the simulator when the place is lost from which most has to go elsewhere", async () => {
    const [drawn] = fc.sample(roomy, { numRuns: 1, seed: 11 });
    const workloads = drawn!.workloads.map((one) => ({ ...one, failoverBudgetMs: one.ttft.budgetMs }));
    const world = { ...drawn!, workloads };
    const document = await plan(world);
    // Failures of sites are numbered like the sites.
    const moved = world.sites.map((_, site) =>
      document.failover!.moves.reduce((sum, { failure, peakPerS }) => (failure === site ? sum + peakPerS : sum), 0),
    );
    expect(Math.max(...moved)).toBeGreaterThan(0.5);
    const lost = moved.indexOf(Math.max(...moved));
    const fault = { kind: "down", where: { sites: [world.sites[lost]!.id] }, fromS: 0 } as const;
    const options = { seed: 3, durationS: 60, demand: "peak", faults: [fault] } as const;
    const { requests } = simulate({ world, deployment: document.deployment, options });
    expect(requests.completed / requests.arrived).toBeGreaterThan(0.99);
  });

  it("is refused by the checker when a move is taken away, made larger or sent to what is lost", async () => {
    const [world] = fc.sample(roomy, { numRuns: 1, seed: 11 });
    const document = throughJson(await plan(world!));
    const { moves } = document.failover!;
    expect(moves.length).toBeGreaterThan(0);
    const told = (changed: typeof moves): string[] =>
      verifyPlan({ ...document, failover: { ...document.failover!, moves: changed } }).findings.map((it) => it.message);
    expect(told(moves.slice(1)).join()).toContain("nowhere to go");
    expect(told([{ ...moves[0]!, peakPerS: moves[0]!.peakPerS * 2 }, ...moves.slice(1)]).length).toBeGreaterThan(0);
    const lost = document.deployment.pools.findIndex((pool) => pool.site === moves[0]!.failure);
    expect(told([{ ...moves[0]!, pool: lost }, ...moves.slice(1)]).join()).toContain("is lost with");
    expect(verifyPlan({ ...document, failover: undefined } as never).findings[0]!.where).toBe("failover");
    // Where nothing has to be survived, nothing follows from it either: it would prove more than is true.
    const { resilience: _asked, ...carefree } = document.world.limits;
    const bold = verifyPlan({ ...document, world: { ...document.world, limits: carefree } });
    expect(bold.findings.map(({ where }) => where)).toContain("failover");
  });

  it("costs no less than one that need not survive, and survives each of its years", async () => {
    const base = fc.sample(shakyWorld, { numRuns: 1, seed: 4 })[0]!;
    const world = overTwoYears(base);
    const { resilience: _none, ...carefree } = world.limits;
    const [safe, bold] = await Promise.all([plan(world), plan({ ...world, limits: carefree })]);
    expect(safe.horizon!.presentCostUsd).toBeGreaterThanOrEqual(bold.horizon!.presentCostUsd - 0.01);
    expect(verifyPlan(throughJson(safe)).findings).toEqual([]);
    expect(new Set(safe.failover!.moves.map((move) => move.period))).toEqual(new Set([0, 1]));
    expect(enginesMissing(safe)).toEqual([]);
  });
});

describe("what follows from the survival of failures", () => {
  it("is kept by every plan that survives, whatever else it is like", async () => {
    const shares = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 12, maxLength: 12 });
    const counts = fc.array(fc.constantFrom(0, 0, 1, 1, 2, 3, 4), { minLength: 12, maxLength: 12 });
    const kinds = fc.constantFrom([smallModule], [smallModule, { ...smallModule, id: "pair", acceleratorCount: 2 }]);
    const growth = fc.constantFrom(1, 10, 30);
    const anyCut = fc.record({
      prices: fc.array(fc.constantFrom(0, 0.1, 0.5, 1, 3), { minLength: 12, maxLength: 12 }),
      shut: fc.subarray([0, 1, 2]),
    });
    await fc.assert(
      fc.asyncProperty(
        shakyWorld,
        shares,
        counts,
        kinds,
        growth,
        anyCut,
        async (one, wish, count, servers, factor, any) => {
          const world = { ...grownBy(one, factor), modules: servers };
          const planned = worldProblem(world, 0);
          const { problem } = planned;
          const stages = [{ planned, arc: 0, pool: 0 }];
          const tables = [failoverTable(planned)];
          const failures = failuresOf(world);
          const modules = Float64Array.from({ length: problem.pools.count }, (_, pool) => count[pool % count.length]!);
          const left = modules.slice();
          const share = new Float64Array(problem.arcs.pool.length);
          for (let row = 0; row < problem.rows.count; row++) {
            let unserved = 1;
            for (let arc = problem.arcs.starts[row]!; arc < problem.arcs.starts[row + 1]!; arc++) {
              const pool = problem.arcs.pool[arc]!;
              const load = problem.arcs.load[arc]!;
              share[arc] = Math.min(unserved, wish[arc % wish.length]!, load > 0 ? left[pool]! / load : 1);
              left[pool]! -= share[arc]! * load;
              unserved -= share[arc]!;
            }
          }
          const open = new Uint8Array(problem.sites.count);
          for (const [pool, many] of modules.entries()) if (many > 0) open[problem.pools.site[pool]!] = 1;
          const solution = { open, modules, share };
          const tools = { solver, nowMs: () => 0 };
          const path = { relativeGap: 0, timeLimitS: 10, seed: 1 };
          const { missing } = await examine(stages, tables, failures, solution, tools, path);
          if (missing.length > 0) return;
          // Whatever the prices, and whatever places are said to be shut.
          const prices = new Map([...tables[0]!.poolsOfSpot.keys()].map((spot) => [spot, any.prices[spot % 12]!]));
          const limits = [
            ...survivalLimits(stages, tables, failures),
            ...survivalLimitsAtSize(stages, tables),
            ...failures.map((failure) => failureLimit(tables[0]!, failure, prices)),
            ...failures.map((failure) => failureLimit(tables[0]!, failure, prices, any.shut)),
          ];
          const before = new Set(checkSolution(problem, solution).map(({ constraint }) => constraint));
          const broken = checkSolution({ ...problem, limits }, solution, 1e-5).filter(
            (it) => !before.has(it.constraint),
          );
          expect(broken).toEqual([]);
        },
      ),
      { numRuns: runs(600) },
    );
  });

  describe("the reserve by the number of places", () => {
    const three = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(one, { minLength: 3, maxLength: 3 });
    const grown = (world: World, factor: number): World => ({
      ...world,
      demand: world.demand.map((row) => ({ ...row, peakPerS: row.peakPerS.map((rate) => rate * factor) })),
    });
    /** The limits by the number of places, where every row may be served and taken over at all places. */
    const linesOf = (
      world: World,
    ): {
      /** Modules of the first kind that each row takes. */
      readonly load: readonly number[];
      /** By how much a plan with so many modules of the first kind per site breaks each of the limits. */
      readonly excess: (counts: readonly number[], unserved: readonly number[]) => number[];
    } => {
      const planned = worldProblem(world, 0);
      const { problem, poolModule, poolTrains } = planned;
      const table = failoverTable(planned);
      const lines = survivalLimits([{ planned, arc: 0, pool: 0 }], [table], failuresOf(world)).filter(({ name }) =>
        name.startsWith("reserve by"),
      );
      const isFirst = (spot: number): boolean => spot % world.modules.length === 0;
      return {
        load: Array.from({ length: planned.demandRowCount }, (_, row) => {
          const all = refugesOf(table, row).filter(({ spot }) => isFirst(spot));
          return Math.min(...all.map(({ load }) => load));
        }),
        excess: (counts, unserved) => {
          const modules = Float64Array.from(problem.pools.site, (site, pool) =>
            poolModule[pool] === 0 && poolTrains[pool] === 0 ? counts[site]! : 0,
          );
          const open = Uint8Array.from(counts, (count) => (count > 0 ? 1 : 0));
          const plan = { open, modules, share: new Float64Array(problem.arcs.pool.length) };
          return lines.map((line) => limitUse(line, plan, Float64Array.from(unserved)) - line.upper);
        },
      };
    };

    it("is kept wherever what remains after the largest loss carries what is served", () => {
      const kinds = fc.constantFrom([smallModule], [smallModule, { ...smallModule, id: "pair", acceleratorCount: 2 }]);
      const left = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 2, maxLength: 2 });
      fc.assert(
        fc.property(
          roomy,
          kinds,
          fc.integer({ min: 1, max: 40 }),
          three(fc.integer({ min: 0, max: 9 })),
          left,
          (base, modules, factor, counts, out) => {
            const { load, excess } = linesOf(grown({ ...base, modules }, factor));
            const remains = counts.reduce((sum, count) => sum + count, 0) - Math.max(...counts);
            const asked = load.reduce((sum, part, row) => sum + part * (1 - out[row]!), 0);
            const fits = asked > 0 ? Math.min(1, remains / asked) : 1;
            const unserved = out.map((share) => 1 - (1 - share) * fits);
            for (const over of excess(counts, unserved)) expect(over).toBeLessThan(1e-9 * (1 + asked));
          },
        ),
        { numRuns: runs(200) },
      );
    });

    it("is not larger than what equal places need, and not a hundredth less", () => {
      fc.assert(
        fc.property(roomy, fc.integer({ min: 2, max: 30 }), fc.constantFrom(2, 3), (base, whole, places) => {
          const total = (world: World): number => linesOf(world).load.reduce((sum, part) => sum + part, 0);
          const world = { ...base, modules: [smallModule] };
          // Of whole modules, so that nothing is rounded up.
          const { excess } = linesOf(grown(world, whole / total(world)));
          const each = (share: number): number[] =>
            [0, 1, 2].map((site) => (site < places ? (share * whole) / (places - 1) : 0));
          expect(Math.max(...excess(each(1), [0, 0]))).toBeLessThan(1e-9 * whole);
          expect(Math.max(...excess(each(0.99), [0, 0]))).toBeGreaterThan(0);
        }),
        { numRuns: runs(60) },
      );
    });
  });

  it("has places keep idle what the loss of one of them brings, beside what they serve wherever that is", () => {
    const three = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(one, { minLength: 3, maxLength: 3 });
    const wish = three(fc.constantFrom<number>(0, 0.2, 0.5, 1));
    fc.assert(
      fc.property(
        roomy,
        fc.integer({ min: 100, max: 400 }),
        wish,
        wish,
        three(fc.boolean()),
        (one, factor, a, b, next) => {
          const planned = worldProblem(grownBy({ ...one, modules: [smallModule] }, factor), 0);
          const table = failoverTable(planned);
          const { problem } = planned;
          const { arcs, pools } = problem;
          const limits = survivalLimitsAtSize([{ planned, arc: 0, pool: 0 }], [table]);
          const idle = limits.filter(({ name }) => name.startsWith("idle by"));
          fc.pre(idle.length > 0);
          const share = new Float64Array(arcs.pool.length);
          const own = new Float64Array(3);
          const comes = new Float64Array(3);
          const reserve = new Float64Array(3);
          const asked = [a, b].map((parts) =>
            Math.max(
              1,
              parts.reduce((sum, part) => sum + part, 0),
            ),
          );
          // All of a place's requests go to one of the others.
          for (let row = 0; row < planned.demandRowCount; row++) {
            const loads = refugesOf(table, row).map(({ load }) => load);
            expect(loads.length).toBe(3);
            for (let arc = arcs.starts[row]!; arc < arcs.starts[row + 1]!; arc++) {
              const site = pools.site[arcs.pool[arc]!]!;
              share[arc] = [a, b][row % 2]![site]! / asked[row % 2]!;
              own[site]! += share[arc]! * arcs.load[arc]!;
              comes[site]! += share[arc]! * loads[(site + (next[site] ? 1 : 2)) % 3]!;
            }
          }
          for (const [site, load] of comes.entries()) {
            const at = (site + (next[site] ? 1 : 2)) % 3;
            reserve[at] = Math.max(reserve[at]!, load);
          }
          const served = own.reduce((sum, load) => sum + load, 0);
          const unserved = Float64Array.from({ length: problem.rows.count }, (_, row) => {
            let left = 1;
            for (let arc = arcs.starts[row]!; arc < arcs.starts[row + 1]!; arc++) left -= share[arc]!;
            return left;
          });
          const excess = (kept: number): number => {
            const modules = Float64Array.from(pools.site, (site) => own[site]! + kept * reserve[site]!);
            const open = Uint8Array.from(own, (load, site) => (load + reserve[site]! > 0 ? 1 : 0));
            return Math.max(...idle.map((limit) => limitUse(limit, { open, modules, share }, unserved) - limit.upper));
          };
          expect(excess(1)).toBeLessThan(1e-9 * (1 + served));
          // Where everybody is served, places without a reserve never pass.
          if (unserved.every((left) => left < 1e-9)) expect(excess(0)).toBeGreaterThan(0);
        },
      ),
      { numRuns: runs(100) },
    );
  });

  it("leaves bounds by prices below the cheapest plan that survives, of the whole and period by period", async () => {
    await fc.assert(
      fc.asyncProperty(shakyWorld, fc.constantFrom(1, 12), async (base, factor) => {
        const world = overTwoYears(grownBy(base, factor));
        const { presentCostUsd } = (await plan(world)).horizon!;
        const { problem, periods, first } = stackPeriods(world);
        const stages = periods.map((planned, period) => ({ planned, ...first[period]! }));
        const tables = periods.map(failoverTable);
        const limits = [...survivalLimits(stages, tables, failuresOf(world)), ...survivalLimitsAtSize(stages, tables)];
        const strong = withImpliedLimits({ ...problem, limits: [...problem.limits, ...limits] });
        const path = { iterations: 60, stop: () => false };
        const apart = atOnce(pricesByPeriod(strong, path))!;
        const whole = lagrangianBound(strong, viewBySite(strong), { ...path, from: apart });
        for (const { boundUsd } of [apart, whole]) {
          expect(boundUsd).toBeLessThanOrEqual(presentCostUsd + 1e-6 * Math.abs(presentCostUsd));
        }
        const proven = recomputeBound(strong, certify(strong, whole, viewBySite(strong)));
        expect(Math.abs(proven - whole.boundUsd)).toBeLessThan(1e-6 * Math.abs(presentCostUsd) + 0.01);
      }),
      { numRuns: runs(24) },
    );
  });
});
