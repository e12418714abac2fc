/**
 * What an honest but careless user writes: contradictions, absurdities and things that stand twice. Each gets a named error, a
 * named warning, or a plan that `verify` agrees with; never a wrong plan.
 */
import { afterAll, describe, expect, it } from "vitest";
import { geonamesPlaces } from "../../src/adapters/places-geonames/index.ts";
import { createHighsSolver } from "../../src/adapters/solver-highs/index.ts";
import { resolveWorld, type World } from "../../src/catalog/index.ts";
import { planSummary } from "../../src/cli/planning/plan-summary.ts";
import {
  explainLimit,
  planScenario,
  standOn,
  verifyPlan,
  worldLimitsOf,
  type PlanDocument,
} from "../../src/plan/index.ts";
import { parseScenario, type Problem } from "../../src/scenario/index.ts";

const scenario = `apiVersion: disperse/v1
kind: Scenario
metadata: { name: careless }
owners:
  telco: { kind: hyperscaler, wacc: 8 %/year }
  state: { kind: sovereign, wacc: 5 %/year }
workloads:
  chat:
    model: qwen3-0.6b
    inputTokens: 256 tok
    outputTokens: 64 tok
    ttft: { budget: 300 ms, attainment: 90 % }
    access: { fibre: 100 % }
    dataClass: public
    unservedPenalty: 0.01 USD/req
    demand: { users: 2 %, perUser: 20 req/day }
training: [{ id: big, compute: 2 PFLOP/s }]
areas:
  - { id: berlin, country: DE, latitude: 52.52, longitude: 13.41, population: 3400000 }
  - { id: paris, country: FR, latitude: 48.85, longitude: 2.35, population: 2100000 }
sites:
  - { id: fra, tier: core, country: DE, latitude: 50.11, longitude: 8.68, powerLimit: 5 MW }
  - { id: par, tier: regional, country: FR, latitude: 48.9, longitude: 2.3, powerLimit: 1 MW }
  - { id: ber, tier: edge, country: DE, latitude: 52.5, longitude: 13.4, owner: state, powerLimit: 300 kW, parent: fra }
  - { id: mun, tier: edge, country: DE, latitude: 48.1, longitude: 11.6, powerLimit: 200 kW, status: existing, installed: { l4x4: 2 } }
modules: [h100x8, l4x4]
`;

interface Answer {
  readonly world: World | null;
  readonly problems: readonly Problem[];
}

/** What reading the scenario with `settings` comes to; CSV files by name. */
function read(settings: readonly string[], files: Readonly<Record<string, string>> = {}): Answer {
  const source = (path: string): string | null => (path === "s.yaml" ? scenario : (files[path] ?? null));
  const result = parseScenario("s.yaml", source, { set: settings });
  if (!result.ok) return { world: null, problems: result.problems };
  const resolved = resolveWorld(result.parsed, geonamesPlaces());
  if (!resolved.ok) return { world: null, problems: resolved.problems };
  return { world: resolved.world, problems: [...result.parsed.warnings, ...resolved.warnings] };
}

const csv = (rows: string): Readonly<Record<string, string>> => ({ "rows.csv": rows });

const refused: readonly [string, string | readonly string[], RegExp, Readonly<Record<string, string>>?][] = [
  [
    "an upgrade larger than the world's power",
    "sites.fra.upgrades=[{ size: 1e12 MW, price: $1 }]",
    /upgrade is above 100 GW/,
  ],
  [
    "the same demand twice",
    "demand=[{ file: rows.csv }]",
    /demand for `chat` in `berlin` is given twice/,
    csv("area,workload,peak [req/s]\nberlin,chat,5\nberlin,chat,6\n"),
  ],
  [
    "an id that a terminal would obey",
    'training=[{ id: "big\\e[2J", compute: 2 PFLOP/s }]',
    /there is an invisible character in this text, U\+001B/,
  ],
  [
    "a name that turns the direction of what follows",
    'sites.fra.name="Frank\\u202efurt"',
    /there is an invisible character in this text, U\+202E/,
  ],
  ["an engine twice", "engines=[{ id: e, like: vllm }, { id: e, like: vllm }]", /id `e` stands twice in `engines`/],
  ["an id that is empty", 'training=[{ id: "", compute: 2 PFLOP/s }]', /is not an id of 1 to 200 characters/],
  [
    "an id as long as a page",
    `training=[{ id: ${"a".repeat(2000)}, compute: 2 PFLOP/s }]`,
    /is not an id of 1 to 200 characters/,
  ],
  ["training allowed in no country", "training.big.countries=[]", /the list is empty, so it allows nothing/],
  ["an owner who may invest nowhere", "owners.state.countries=[]", /the list is empty, so it allows nothing/],
  [
    "a forced site whose parent is forbidden",
    ["sites.ber.status=forced", "sites.fra.status=forbidden"],
    /is forced open and hangs on `fra`, which may not be opened/,
  ],
  [
    "sites that are all forbidden",
    [
      "sites=[{ id: fra, tier: core, country: DE, city: Berlin, status: forbidden }]",
      "workloads.chat.dataClass=personal",
    ],
    /`chat` can be served nowhere: every core or regional or edge site is forbidden/,
  ],
  [
    "a workload of a tier without sites",
    ["sites=[{ id: ber, tier: edge, country: DE, city: Berlin }]", "workloads.chat.tiers=[core]"],
    /`chat` can be served nowhere: there is no core site/,
  ],
];

const warned: readonly [string, readonly string[], RegExp, Readonly<Record<string, string>>?][] = [
  ["a workload that nobody asks for", ["workloads.chat.demand.users=0 %"], /nobody asks for `chat`/],
  ["a word twice in a list", ["workloads.chat.tiers=[edge, edge, core]"], /`edge` stands twice in this list/],
  [
    "a file of a header alone",
    ["demand=[{ file: rows.csv }]"],
    /has a header and no rows/,
    csv("area,workload,peak\n"),
  ],
  [
    "a file with a byte order mark and a header alone",
    ["demand=[{ file: rows.csv }]"],
    /has a header and no rows/,
    csv("\uFEFFarea,workload,peak\r\n"),
  ],
  [
    "more machines than the site can power",
    ["sites.mun.installed={ l4x4: 1000 }"],
    /what is installed draws up to .* kW, the site has 200 kW/,
  ],
  ["a site closed before the plan begins", ["sites.mun.closeBy=2020"], /has to be closed before the plan begins/],
  [
    "resilience with one site",
    ["sites=[{ id: fra, tier: core, country: DE, city: Berlin }]", "limits.resilience=site"],
    /there is one site only/,
  ],
  [
    "resilience and room for one site",
    ["limits.maxSites=1", "limits.resilience=site"],
    /only one site may be open .* whoever two of them could serve is left unserved/,
  ],
  [
    "a zone that holds every site",
    ["limits.resilience=zone", "limits.zones=[{ id: all, countries: [DE, FR], powerLimit: 9 MW }]"],
    /the zone `all` holds every site/,
  ],
  [
    "an owner kept from where the site is",
    ["owners.state.countries=[FR]"],
    /its owner `state` may not invest, so it is never opened/,
  ],
  [
    "a forced site whose parent is a candidate",
    ["sites.ber.status=forced"],
    /is forced open and hangs on `fra`, so that is opened too/,
  ],
  ["a core site that hangs on an edge site", ["sites.fra.parent=mun"], /a core site, hangs on `mun`, which is edge/],
  [
    "a machine that wears out within a period",
    ["horizon.periodLength=5 years", "modules=[{ use: l4x4, life: 2 years }, h100x8]"],
    /`l4x4` lasts 2 years, a period 5 years/,
  ],
  [
    "demand at the peak and at no other time",
    ["demand=[{ area: berlin, workload: chat, peak: 5 req/s, mean: 0 req/s }]"],
    /come at the peak and at no other time/,
  ],
];

describe("a careless scenario", () => {
  it.each(refused)("with %s is refused by name", (_what, setting, message, files) => {
    const { world, problems } = read([setting].flat(), files);
    expect(world).toBeNull();
    expect(problems.filter(({ severity }) => severity === "error").map((item) => item.message)).toContainEqual(
      expect.stringMatching(message),
    );
    for (const { hint, line } of problems) expect([hint.length > 0, line > 0]).toEqual([true, true]);
  });

  it("with a country by the code it has elsewhere is told the code of ISO 3166-1", () => {
    const { problems } = read(["areas.berlin.country=UK"]);
    expect(problems).toContainEqual(
      expect.objectContaining({ message: "there is no country `UK`", hint: "write `GB` (ISO 3166-1)" }),
    );
  });

  it.each(warned)("with %s is taken with a warning", (_what, settings, message, files) => {
    const { world, problems } = read(settings, files);
    expect(problems.map((item) => item.message)).toContainEqual(expect.stringMatching(message));
    expect([world !== null, problems.every(({ severity }) => severity === "warning")]).toEqual([true, true]);
  });
});

const solver = createHighsSolver({ threads: 1 });
afterAll(() => solver.close());

async function planned(settings: readonly string[], from?: PlanDocument): Promise<PlanDocument> {
  const { world } = read(settings);
  const asked = from === undefined ? world! : standOn(world!, from, { movePriceRatio: 0.1, capital: "due" }).world;
  const plan = await planScenario(asked, { solver, nowMs: () => performance.now() }, { timeLimitS: 30 });
  return JSON.parse(JSON.stringify(plan)) as PlanDocument;
}

function expectTrue(plan: PlanDocument): void {
  expect(verifyPlan(plan).findings).toEqual([]);
  expect(plan.status).toBe("optimal");
}

describe("a plan of a careless scenario", () => {
  it("that earns more by closing a site than all else costs holds", async () => {
    const plan = await planned(["training=[]", "sites.mun.closingCost=$0", "sites.mun.salvage=$1bn"]);
    expectTrue(plan);
    expect(plan.objectiveUsdPerYear).toBeLessThan(0);
  });

  it("whose core alone cannot bear what is owed says nothing of the core alone", async () => {
    const debt = "owners.telco.debt={ share: 50 %, rate: 7 %/year, coverage: 100 }";
    const plan = await planned([debt, "workloads.chat.price=0.002 USD/req"]);
    expectTrue(plan);
    expect([plan.alternatives.centralised, plan.verdict]).toEqual([null, null]);
  });

  it("that keeps machines ready for a loss stands on what an old plan built", async () => {
    const settings = [
      "training=[]",
      "limits.resilience=zone",
      "limits.zones=[{ id: de, countries: [DE], powerLimit: 9 MW }]",
    ];
    const old = await planned(settings);
    const again = await planned(settings, old);
    expectTrue(again);
    expect(again.objectiveUsdPerYear).toBeLessThanOrEqual(old.objectiveUsdPerYear! * 1.02);
  });

  it("blames the limit that keeps a parent shut, not the parent", async () => {
    const plan = await planned([
      "training=[]",
      "sites.mun.status=forbidden",
      "limits.shares=[{ id: s, least: 100 %, owners: [state] }]",
    ]);
    expectTrue(plan);
    expect(plan.unserved.length).toBeGreaterThan(0);
    for (const { whatWouldHelp } of plan.unserved) expect(whatWouldHelp).toEqual(["a smaller least share s"]);
  });

  it("names the limit that keeps a further module from an open place where only a dear new place is left", async () => {
    const plan = await planned([
      "training=[]",
      "sites.par.status=forbidden",
      "sites.ber.status=forbidden",
      "sites.fra.openingCost=$1bn",
      "sites.mun.powerLimit=0.5 kW",
    ]);
    expectTrue(plan);
    expect(plan.unserved).toMatchObject([{ reason: "scale", detail: expect.stringMatching(/: power of site mun$/) }]);
    expect(plan.unserved[0]!.whatWouldHelp[0]).toBe("more power of site mun");
  });

  it("says why training goes without, and what is lost for one reason over every access in one line", async () => {
    const plan = await planned([
      "sites.mun.status=forbidden",
      "workloads.chat.access={ fibre: 60 %, cable: 40 % }",
      "limits.shares=[{ id: s, least: 100 %, owners: [state] }]",
      "sites.ber.powerLimit=0 MW",
    ]);
    expectTrue(plan);
    expect(plan.untrained).toMatchObject([
      { training: "big", pflops: 2, reason: "limits", whatWouldHelp: ["a smaller least share s"] },
    ]);
    const summary = planSummary(plan).split("\n");
    expect(summary.filter((line) => line.includes(" of chat over "))).toEqual([
      "  100.0 % of chat over fibre, cable: limits are exhausted. everything that could serve it is full: least share s, power of site ber",
    ]);
    expect(summary.join("\n")).toContain("2.00 PFLOP/s are missing: limits are exhausted");
    // Nothing of a share that nothing counts towards is in use, and yet it is what stands in the way.
    const share = worldLimitsOf(plan).find(({ name }) => name === "least share s")!;
    expect(explainLimit(plan, share)).toMatchObject({ used: 0, binding: true, statement: expect.any(String) });
  });

  it("names a limit that no period can keep once, with its periods", async () => {
    const { status, clashes } = await planned([
      "horizon={ periods: 2 }",
      "workloads.chat.price=$0.00001/req",
      "owners.telco.debt={ share: 50 %, rate: 6 %/year, coverage: 2 }",
    ]);
    expect(status).toBe("infeasible");
    expect(clashes[0]!.limits).toEqual(["debt service of telco in 2027 and 2028"]);
    const unpaid = await planned(["owners.telco.debt={ share: 50 %, rate: 6 %/year, coverage: 2 }"]);
    expect(unpaid.clashes[0]).toMatchObject({
      limits: ["site mun is forced open", "debt service of telco is earned"],
      detail: expect.stringMatching(/^what is forced costs \$.* a year more than its owner can earn$/),
    });
  });

  it("says of a model too large for every module that nothing holds it, not that physics forbids it", async () => {
    const plan = await planned(["training=[]", "modules=[l4x4]", "workloads.chat.model=llama-3.1-405b"]);
    expectTrue(plan);
    expect(plan.unserved).toMatchObject([
      { reason: "memory", detail: expect.stringMatching(/^no module on offer holds/) },
    ]);
  });

  it("names the export rules that keep training away", async () => {
    const { clashes, status } = await planned(["laws.exportControl={ DE: restricted }"]);
    expect(status).toBe("infeasible");
    expect(clashes).toEqual([
      {
        limits: ["training big must run", "export rules for DE"],
        detail: expect.stringContaining("permitted core sites"),
      },
    ]);
  });
});
