import { describe, expect, it } from "vitest";
import { parseScenario, starterScenario, type ParseOptions, type Problem, type Scenario } from "./index.ts";

const files = (entries: Record<string, string>) => (path: string) => entries[path] ?? null;

function problemsOf(text: string, others: Record<string, string> = {}, options: ParseOptions = {}): readonly Problem[] {
  const result = parseScenario("dir/s.yaml", files({ "dir/s.yaml": text, ...others }), options);
  return result.ok ? [] : result.problems;
}

function scenarioOf(text: string, others: Record<string, string> = {}, options: ParseOptions = {}): Scenario {
  const result = parseScenario("dir/s.yaml", files({ "dir/s.yaml": text, ...others }), options);
  if (!result.ok) throw new Error(result.problems.map((item) => `${item.line}: ${item.message}`).join("\n"));
  return result.parsed.scenario;
}

const small = `apiVersion: disperse/v1
kind: Scenario
metadata: { name: small }
workloads:
  chat:
    model: qwen3-8b
    inputTokens: 500 tok
    outputTokens: { mean: 200 tok, cv: 0.5 }
    ttft: 500 ms
    demand: { peak: 100 req/s }
areas:
  - { id: berlin, country: DE, latitude: 52.52, longitude: 13.41, population: 3.7M }
sites:
  - { id: fra-1, tier: core, country: DE, city: Frankfurt am Main, powerLimit: 5 MW }
`;

/** The small scenario with one piece of text replaced. */
function edited(from: string, to: string): string {
  expect(small).toContain(from);
  return small.replace(from, () => to);
}

describe("parseScenario", () => {
  it("reads the starter without problems", () => {
    expect(problemsOf(starterScenario())).toEqual([]);
  });

  it("turns quantities into numbers in the unit of the field and fills what is left out", () => {
    const scenario = scenarioOf(small);
    expect(scenario.workloads["chat"]).toMatchObject({
      inputTokens: { mean: 500, cv: 1 },
      ttft: { budget: 500, attainment: 0.95 },
      tpot: null,
      tiers: ["core", "regional", "edge"],
      demand: { peak: 100, peakToMean: 2 },
    });
    expect(scenario.areas[0]).toMatchObject({ form: "inline", population: 3_700_000 });
    expect(scenario.sites[0]).toMatchObject({ form: "inline", powerLimit: [5000], status: "candidate" });
    expect(scenario.finance.wacc).toBe(0.08);
  });

  it("gives every series one value per period", () => {
    const text = `${small.replace("powerLimit: 5 MW", "powerLimit: [5 MW, 8 MW]")}horizon: { periods: 2, periodLength: 2 years }\n`;
    expect(scenarioOf(text)).toMatchObject({
      horizon: { periodLength: [2, 2] },
      sites: [{ powerLimit: [5000, 8000] }],
    });
  });

  it("converts money with the scenario's own exchange rates, wherever they stand in the file", () => {
    const text = `${small}finance: {}\nlimits: { budget: EUR 1M }\nexchangeRates: { EUR: 1.1 USD }\n`;
    expect(scenarioOf(text).limits.budget?.[0]).toBeCloseTo(1_100_000, 6);
  });

  it("takes the country code NO as text", () => {
    expect(scenarioOf(edited("country: DE, latitude", "country: NO, latitude")).areas[0]).toMatchObject({
      country: "NO",
    });
  });

  it("locates values, keys that are left out, and rows of files", () => {
    const text = edited(
      "- { id: berlin, country: DE, latitude: 52.52, longitude: 13.41, population: 3.7M }",
      "- file: areas.csv",
    );
    const csv = "id,country,latitude,longitude,population\r\nparis,FR,48.9,2.35,2.1M\r\n";
    const result = parseScenario("dir/s.yaml", files({ "dir/s.yaml": text, "dir/areas.csv": csv }));
    const locate = (path: (string | number)[]) => (result.ok ? result.parsed.locate(path) : null);
    expect(locate(["workloads", "chat", "model"])).toEqual({ file: "dir/s.yaml", line: 6, column: 12, endColumn: 20 });
    expect(locate(["workloads", "chat", "tpot"])).toMatchObject({ line: 5, column: 3 });
    expect(locate(["areas", 0, "country"])).toEqual({ file: "dir/areas.csv", line: 2, column: 7, endColumn: 9 });
  });

  it.each([
    ["semicolons", "id;country;city\nparis;FR;Paris\n", "parted by semicolons"],
    ["tabs", "id\tcountry\tcity\nparis\tFR\tParis\n", "parted by tabs"],
    ["a spreadsheet's own first line", "sep=;\nid;country;city\n", "`sep=`"],
  ])("says once what is wrong with a CSV file of %s", (_what, csv, words) => {
    const text = edited(
      "- { id: berlin, country: DE, latitude: 52.52, longitude: 13.41, population: 3.7M }",
      "- file: areas.csv",
    );
    const problems = problemsOf(text, { "dir/areas.csv": csv }).filter((item) => item.file === "dir/areas.csv");
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ code: "DSP_SCENARIO_CSV_SYNTAX", line: 1, column: 1 });
    expect(problems[0]!.message).toContain(words);
  });

  it("says why a file cannot be read", () => {
    const result = parseScenario("s.yaml", () => ({ why: "it is a folder" }));
    expect(result.ok ? null : result.problems[0]).toMatchObject({
      code: "DSP_SCENARIO_NO_FILE",
      message: "the file s.yaml cannot be read: it is a folder",
    });
  });

  it("is told from a plan, which is JSON and so YAML, in one line", () => {
    const result = parseScenario("p.json", files({ "p.json": '{"format":"disperse/plan/v1","name":"x","world":{}}' }));
    expect(result.ok || result.problems.map(({ message }) => message)).toEqual(["this is a plan, no scenario"]);
  });

  it("takes the short form of a section whose chief key is a list, also where an override adds to it", () => {
    const text = edited("ttft: 500 ms", "ttft: 500 ms\n    redact: [email, card]");
    const [workload] = Object.values(scenarioOf(text).workloads);
    expect(workload!.redact).toEqual({ kinds: ["email", "card"], when: "always" });
    const id = Object.keys(scenarioOf(text).workloads)[0]!;
    const later = `${text}overrides: { abroad: { workloads.${id}.redact.when: leaving-country } }\n`;
    const result = parseScenario("dir/s.yaml", files({ "dir/s.yaml": later }), { scenario: "abroad" });
    expect(result.ok && Object.values(result.parsed.scenario.workloads)[0]!.redact).toEqual({
      kinds: ["email", "card"],
      when: "leaving-country",
    });
  });

  it("reads rows from CSV with units in the header, keys for all rows, and lists", () => {
    const text = `${edited("- { id: fra-1, tier: core, country: DE, city: Frankfurt am Main, powerLimit: 5 MW }", "- { file: data/sites.csv, tier: edge, country: DE, powerLimit: 1 MW }")}horizon: { periods: 2 }\n`;
    const csv =
      '\uFEFFid,name,city,powerLimit [kW],openingCost,country\n"a","A, ""the"" site",Berlin," 400;500 ",$1k,\nb,B,Wien,,,AT\nc,C,Bonn,2 MW,,\n';
    const scenario = scenarioOf(text, { "dir/data/sites.csv": csv });
    expect(scenario.sites).toMatchObject([
      {
        form: "inline",
        id: "a",
        name: 'A, "the" site',
        country: "DE",
        powerLimit: [400, 500],
        openingCost: 1000,
        tier: "edge",
      },
      { id: "b", country: "AT", powerLimit: [1000, 1000] },
      { id: "c", powerLimit: [2000, 2000] },
    ]);
    // What stands at each site is a column per kind of module; an empty cell is none.
    const standing = "id,city,installed.h100x8,installed.l4x4\na,Berlin,2,\nb,Bonn,,1\nc,Ulm,,\n";
    expect(scenarioOf(text, { "dir/data/sites.csv": standing }).sites).toMatchObject([
      { id: "a", installed: { h100x8: 2 } },
      { id: "b", installed: { l4x4: 1 } },
      { id: "c", installed: {} },
    ]);
    // One value of a list needs no brackets, which a cell does not have.
    const modules = "use,tiers\nl4x1,edge\nl4x4,edge;regional;\n";
    const withModules = `${text}modules: [{ file: data/modules.csv }]\n`;
    expect(
      scenarioOf(withModules, { "dir/data/sites.csv": csv, "dir/data/modules.csv": modules }).modules,
    ).toMatchObject([
      { use: "l4x1", tiers: ["edge"] },
      { use: "l4x4", tiers: ["edge", "regional"] },
    ]);
    // Spreadsheets leave columns and rows without any text around a table.
    const ends = csv.trimEnd().replaceAll("\n", ",,\n");
    expect(scenarioOf(text, { "dir/data/sites.csv": `${ends},,\n,,,,,,,\n` }).sites).toEqual(scenario.sites);
  });
});

describe("a broken scenario", () => {
  const cases: readonly (readonly [title: string, text: string, code: string, place: string, hint: string])[] = [
    ["wrong unit", edited("ttft: 500 ms", "ttft: 500 GB"), "DSP_UNIT_WRONG_DIMENSION", "9:11", "15 ms"],
    ["no unit", edited("ttft: 500 ms", "ttft: 500"), "DSP_UNIT_BARE_NUMBER", "9:11", "500 ms"],
    [
      "unit in the wrong case",
      edited("ttft: 500 ms", "ttft: 500 MS"),
      "DSP_UNIT_UNKNOWN",
      "9:11",
      "did you mean `500 ms`?",
    ],
    ["unknown key", edited("model:", "modle:"), "DSP_SCENARIO_UNKNOWN_KEY", "6:5", "did you mean `model`?"],
    ["missing key", edited("    model: qwen3-8b\n", ""), "DSP_SCENARIO_MISSING_KEY", "5:3", "model: qwen3-0.6b"],
    ["key without value", edited("model: qwen3-8b", "model:"), "DSP_SCENARIO_MISSING_KEY", "6:5", "model: qwen3-0.6b"],
    ["negative power", edited("5 MW", "-5 MW"), "DSP_SCENARIO_OUT_OF_RANGE", "14:80", "5 MW"],
    [
      "power list of the wrong length",
      edited("5 MW", "[5 MW, 6 MW]"),
      "DSP_SCENARIO_PERIOD_COUNT",
      "14:68",
      "one value for all periods",
    ],
    [
      "period of no length",
      `${small}horizon: { periodLength: 0 years }\n`,
      "DSP_SCENARIO_OUT_OF_RANGE",
      "15:26",
      "1 year",
    ],
    [
      "a share too small to be told from nothing",
      `${small}limits: { shares: [{ id: own, least: 1e-9 %, owners: [state] }] }\n`,
      "DSP_SCENARIO_OUT_OF_RANGE",
      "15:38",
      "0.1 %",
    ],
    ["too many periods", `${small}horizon: { periods: 1e9 }\n`, "DSP_SCENARIO_OUT_OF_RANGE", "15:21", "3"],
    ["budget of nothing", `${small}limits: { budget: $0 }\n`, "DSP_SCENARIO_OUT_OF_RANGE", "15:19", "$2bn"],
    [
      "missing exchange rate",
      `${small}limits: { budget: €5M }\n`,
      "DSP_UNIT_NO_EXCHANGE_RATE",
      "15:19",
      "exchangeRates: { EUR",
    ],
    ["unknown word", edited("tier: core", "tier: cor"), "DSP_SCENARIO_WRONG_VALUE", "14:24", "did you mean `core`?"],
    [
      "country in small letters",
      edited("country: DE, city", "country: de, city"),
      "DSP_SCENARIO_WRONG_VALUE",
      "14:39",
      "DE",
    ],
    ["truth value as text", edited("model: qwen3-8b", "model: true"), "DSP_SCENARIO_WRONG_TYPE", "6:12", '"true"'],
    [
      "word instead of a list",
      edited("demand:", "tiers: core\n    demand:"),
      "DSP_SCENARIO_WRONG_TYPE",
      "10:12",
      "[core]",
    ],
    [
      "list instead of a mapping",
      edited("metadata: { name: small }", "metadata: [small]"),
      "DSP_SCENARIO_WRONG_TYPE",
      "3:1",
      "name",
    ],
    ["wrong kind", edited("kind: Scenario", "kind: Deployment"), "DSP_SCENARIO_WRONG_VALUE", "2:7", "Scenario"],
    [
      "shares beyond 100 %",
      edited("demand:", "access: { fibre: 70 %, 5g: 40 % }\n    demand:"),
      "DSP_SCENARIO_SHARES",
      "10:5",
      "sum to 100 %",
    ],
    [
      "callers that are not all of them",
      edited("demand:", "callers: [{ account: app, share: 70 % }, { account: bots, share: 20 % }]\n    demand:"),
      "DSP_SCENARIO_SHARES",
      "10:5",
      "sum to 100 %",
    ],
    [
      "an account of two weights",
      edited(
        "demand:",
        "callers: [{ account: app, share: 70 % }, { account: app, share: 30 %, weight: 2 }]\n    demand:",
      ),
      "DSP_SCENARIO_CONFLICT",
      "10:83",
      "a name of their own",
    ],
    [
      "two ways of saying how much",
      edited("{ peak: 100 req/s }", "{ peak: 100 req/s, users: 5 %, perUser: 3 req/day }"),
      "DSP_SCENARIO_CONFLICT",
      "10:21",
      "keep one",
    ],
    [
      "demand for nothing",
      edited("    demand: { peak: 100 req/s }\n", ""),
      "DSP_SCENARIO_MISSING_KEY",
      "5:3",
      "demand: {",
    ],
    [
      "unknown owner",
      edited("tier: core", "tier: core, owner: telco"),
      "DSP_SCENARIO_UNKNOWN_REFERENCE",
      "14:37",
      "the scenario has no owners",
    ],
    [
      "unknown workload",
      `${small}demand: [{ area: berlin, workload: chta, peak: 1 req/s }]\n`,
      "DSP_SCENARIO_UNKNOWN_REFERENCE",
      "15:36",
      "did you mean `chat`?",
    ],
    [
      "unknown area",
      `${small}demand: [{ area: berlni, workload: chat, peak: 1 req/s }]\n`,
      "DSP_SCENARIO_UNKNOWN_REFERENCE",
      "15:18",
      "did you mean `berlin`?",
    ],
    [
      "duplicate id",
      small.replace("sites:\n", "sites:\n  - { id: fra-1, tier: edge, country: DE, city: Berlin }\n"),
      "DSP_SCENARIO_DUPLICATE_ID",
      "15:11",
      "own id",
    ],
    ["site nowhere", edited("city: Frankfurt am Main, ", ""), "DSP_SCENARIO_MISSING_KEY", "14:5", "city: Frankfurt"],
    [
      "two prices of one thing",
      edited("tier: core", "tier: core, egressPrice: 0.1 USD/GB, egressClass: hub"),
      "DSP_SCENARIO_CONFLICT",
      "14:68",
      "keep one",
    ],
    ["duplicate key", `${small}metadata: { name: again }\n`, "DSP_SCENARIO_DUPLICATE_KEY", "15:1", "line 3"],
    ["tab as indentation", edited("    model:", "\tmodel:"), "DSP_SCENARIO_SYNTAX", "6:1", "spaces"],
    ["YAML syntax", edited("ttft: 500 ms", "ttft: [500 ms"), "DSP_SCENARIO_SYNTAX", "10:5", "bracket"],
    ["second document", `${small}---\na: 1\n`, "DSP_SCENARIO_SEVERAL_DOCUMENTS", "15:1", "one scenario per file"],
    [
      "missing CSV",
      small.replace("areas:\n", "areas:\n  - file: gone.csv\n"),
      "DSP_SCENARIO_NO_FILE",
      "12:11",
      "relative to the folder",
    ],
    [
      "cyclic override",
      `${small}overrides: { o: { finance.wacc: 5 % } }\nscenarios: { a: [o, b], b: [a] }\n`,
      "DSP_SCENARIO_OVERRIDE_CYCLE",
      "16:21",
      "cycle",
    ],
    ["empty file", "# nothing\n", "DSP_SCENARIO_EMPTY", "1:1", "disperse init"],
    ["plain text", "hello", "DSP_SCENARIO_WRONG_TYPE", "1:1", "apiVersion"],
    ["binary noise", "\u0000\u0001PK", "DSP_SCENARIO_NOT_TEXT", "1:1", "UTF-8"],
    ["not UTF-8", edited("small", "sm\ufffdll"), "DSP_SCENARIO_NOT_TEXT", "3:21", "UTF-8"],
    ["bottomless nesting", "[".repeat(100_000), "DSP_SCENARIO_TOO_COMPLEX", "1:1", "overrides"],
    ["alias to itself", `${small}overrides: { a: &a [*a] }\n`, "DSP_SCENARIO_TOO_COMPLEX", "15:", "overrides"],
    ["10 MB of noise", "x7 :]{".repeat(1_700_000), "DSP_SCENARIO_TOO_LARGE", "1:1", "CSV"],
  ];

  it.each(cases)("with %s says where and what to write instead", (_, text, code, place, hint) => {
    const problems = problemsOf(text);
    const found = problems.find((item) => item.code === code);
    expect(problems.map((item) => item.code)).toContain(code);
    expect(`${found?.line}:${found?.column}`).toContain(place);
    expect(found?.hint).toContain(hint);
    expect(found?.message).not.toBe("");
  });

  it("with a share too small to be told from nothing says so in the figure that was written", () => {
    const [found] = problemsOf(`${small}limits: { shares: [{ id: own, least: 0.057 %, owners: [state] }] }\n`);
    expect(found?.message).toContain("0.057 %");
  });

  it("with aliases that multiply is refused quickly", () => {
    const levels = Array.from({ length: 20 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(9)}]`);
    expect(problemsOf(`a0: &a0 [x]\n${levels.join("\n")}\n`)[0]).toMatchObject({ code: "DSP_SCENARIO_TOO_COMPLEX" });
  });

  it("with scenarios that multiply is refused quickly", () => {
    const levels = Array.from({ length: 30 }, (_, i) => `  s${i + 1}: [${Array(9).fill(`s${i}`).join(", ")}]`);
    const problems = problemsOf(`${small}overrides: { s0: {} }\nscenarios:\n${levels.join("\n")}\n`);
    expect(problems.some((item) => item.code === "DSP_SCENARIO_TOO_COMPLEX")).toBe(true);
  });

  it("shows at most 20 problems and tells how many more there are", () => {
    const bad = Array.from(
      { length: 50 },
      (_, i) => `  - { id: s${i}, tier: core, country: DE, city: X, pue: x }`,
    ).join("\n");
    const problems = problemsOf(small.replace("sites:\n", `sites:\n${bad}\n`));
    expect(problems).toHaveLength(21);
    expect(problems.at(-1)).toMatchObject({ code: "DSP_SCENARIO_TOO_MANY", message: "30 more problems are not shown" });
  });

  it("is pointed at in the row and column of a CSV file", () => {
    const text = edited(
      "- { id: fra-1, tier: core, country: DE, city: Frankfurt am Main, powerLimit: 5 MW }",
      "- { file: s.csv, tier: edge }",
    );
    const problems = problemsOf(text, {
      "dir/s.csv": "id,country,city,powerLimit [kW],egresPrice\na,DE,Berlin,-4,1\nb,xx,Bonn,7 furlong,2\n",
    });
    expect(problems.map((item) => `${item.file}:${item.line}:${item.column} ${item.code}`)).toEqual([
      "dir/s.csv:1:33 DSP_SCENARIO_CSV_HEADER",
      "dir/s.csv:2:13 DSP_SCENARIO_OUT_OF_RANGE",
      "dir/s.csv:3:3 DSP_SCENARIO_WRONG_VALUE",
      "dir/s.csv:3:11 DSP_UNIT_UNKNOWN",
    ]);
  });

  it.each([
    ["a,b\n1\n", "DSP_SCENARIO_CSV_SYNTAX", "2:1"],
    ['id,country\n"x,DE\n', "DSP_SCENARIO_CSV_SYNTAX", "2:1"],
    ["", "DSP_SCENARIO_EMPTY", "1:1"],
    ["\u0000", "DSP_SCENARIO_NOT_TEXT", "1:1"],
    ["id,installed\na,3\n", "DSP_SCENARIO_CSV_HEADER", "1:4", "sites"],
    ["id,installed.l4x4\na,-3\n", "DSP_SCENARIO_OUT_OF_RANGE", "2:3", "sites"],
  ])("with the CSV file %j names the fault", (csv, code, place, list = "areas") => {
    const text = small.replace(
      `${list}:\n`,
      `${list}:\n  - { file: a.csv, country: DE${list === "sites" ? ", tier: edge" : ""} }\n`,
    );
    const problem = problemsOf(text, { "dir/a.csv": csv })[0];
    expect(problem).toMatchObject({ code, file: "dir/a.csv" });
    expect(`${problem?.line}:${problem?.column}`).toBe(place);
  });
});

describe("overrides", () => {
  const text = `${small}finance: { wacc: 7 %/year, maintenance: 3 % }
modules: [h100x8, { use: l4x4, price: $10k }]
models: { house-1.5b: { parameters: 1.5G param, layers: 28, hiddenSize: 1536, attentionHeads: 12, kvHeads: 2, headDim: 128, vocabulary: 151936, maxContext: 32768 tok } }
overrides:
  cheap: { finance.wacc: 5 %, modules.l4x4.price: $8k }
  tight: { workloads: { chat: { ttft: 100 ms, tiers: [edge] } }, limits.maxSites: 3 }
  free: { finance: { maintenance: null }, sites.fra-1.powerLimit: 9 MW }
  deeper: { models.house-1.5b.layers: 30, sites.0.pue: 1.2 }
scenarios:
  both: [cheap, tight]
  all: [both, free, deeper]
`;

  it("merge mappings, replace lists and values, and delete with null", () => {
    const scenario = scenarioOf(text, {}, { scenario: "all" });
    expect(scenario).toMatchObject({
      finance: { wacc: 0.05, maintenance: 0.04 },
      limits: { maxSites: 3 },
      workloads: { chat: { model: "qwen3-8b", ttft: { budget: 100 }, tiers: ["edge"] } },
      sites: [{ powerLimit: [9000], pue: 1.2 }],
      modules: [{ use: "h100x8" }, { use: "l4x4", price: [8000] }],
      models: { "house-1.5b": { layers: 30 } },
    });
  });

  it("may be chosen one by one, and leave the scenario alone when not chosen", () => {
    expect(scenarioOf(text, {}, { scenario: "cheap" }).finance.wacc).toBe(0.05);
    expect(scenarioOf(text).finance.wacc).toBe(0.07);
  });

  it("yield to settings, which are applied last and in order", () => {
    const set = [
      "finance.wacc=6 %",
      "limits.maxSites=4",
      "limits.maxSites=5",
      "finance.maintenance=",
      "workloads.chat.tiers=[core, edge]",
    ];
    const scenario = scenarioOf(text, {}, { scenario: "all", set });
    expect(scenario).toMatchObject({
      finance: { wacc: 0.06, maintenance: 0.04 },
      limits: { maxSites: 5 },
      workloads: { chat: { tiers: ["core", "edge"] } },
    });
  });

  it("say what is different in a future", () => {
    const withFuture = `${text}futures: { one: { probability: 100 %, apply: [cheap] } }\n`;
    const wacc = (set: string[]): number => scenarioOf(withFuture, {}, { future: "one", set }).finance.wacc;
    expect([wacc([]), wacc(["futures.one.apply=[]"])]).toEqual([0.05, 0.07]);
    expect(problemsOf(withFuture, {}, { set: ["futures.one.apply=[nope]"] })[0]).toMatchObject({
      code: "DSP_SCENARIO_UNKNOWN_REFERENCE",
      file: "--set[0]",
    });
  });

  it("add a key beside what a short form gives", () => {
    const set = [
      "workloads.chat.ttft.attainment=90 %",
      "modules.h100x8.price=$200k",
      "workloads.chat.inputTokens={ cv: 2 }",
    ];
    const { workloads, modules } = scenarioOf(text, {}, { set });
    expect(workloads["chat"]).toMatchObject({
      ttft: { budget: 500, attainment: 0.9 },
      inputTokens: { mean: 500, cv: 2 },
    });
    expect(modules).toMatchObject([{ use: "h100x8", price: [200_000] }, { use: "l4x4" }]);
  });

  it.each([
    ["finance.wacc=6", "--set[0]:1:14", "DSP_UNIT_BARE_NUMBER"],
    ["finance.wac=6 %", "--set[0]:1:1", "DSP_SCENARIO_UNKNOWN_KEY"],
    ["nonsense", "--set[0]:1:1", "DSP_SCENARIO_SYNTAX"],
    ["sites.fra-2.pue=1.1", "--set[0]:1:1", "DSP_SCENARIO_OVERRIDE_PATH"],
    ["limits=[", "--set[0]:1:", "DSP_SCENARIO_SYNTAX"],
  ])("point at the setting %s when it is wrong", (setting, place, code) => {
    const problem = problemsOf(text, {}, { set: [setting] })[0];
    expect(problem?.code).toBe(code);
    expect(`${problem?.file}:${problem?.line}:${problem?.column}`).toContain(place);
  });

  it("refuse an unknown name with the nearest one", () => {
    expect(problemsOf(text, {}, { scenario: "cheep" })[0]).toMatchObject({
      code: "DSP_SCENARIO_UNKNOWN_REFERENCE",
      file: "--scenario",
      hint: "did you mean `cheap`?",
    });
  });

  it("are checked where they stand", () => {
    const wrong = text.replace("finance.wacc: 5 %", "finance.wacc: 500 %");
    expect(problemsOf(wrong, {}, { scenario: "cheap" })[0]).toMatchObject({
      code: "DSP_SCENARIO_OUT_OF_RANGE",
      line: 19,
    });
  });
});
