import { spawnSync } from "node:child_process";
import { readConfiguration } from "../../src/cli/gateway/gateway-files.ts";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type {
  Comparison,
  FinanceReport,
  FuturesPlan,
  PlanDiff,
  PlanDocument,
  Sensitivity,
  SiteExplanation,
  WishesAnswer,
} from "../../src/plan/index.ts";
import { starterScenario } from "../../src/scenario/index.ts";
import { seal } from "../../src/cli/document/plan-seal.ts";
import { crash, plainEnvironment, runCliHere, type CliRun } from "./run-cli.ts";

/** The verbs about a plan, on one small scenario: one area, one workload, an edge site and a core beside it. */
vi.setConfig({ testTimeout: 60_000 });
const scratch = mkdtempSync(join(tmpdir(), "disperse-verbs-"));
afterAll(() => rmSync(scratch, { recursive: true }));
const at = (name: string): string => join(scratch, name);
const scenario = at("small.yaml");
const small = at("small.json");
const grown = at("grown.json");

async function good(...args: string[]): Promise<CliRun> {
  const result = await runCliHere(args);
  expect(result.stderr).not.toMatch(crash);
  expect([result.exitCode, result.exitCode === 0 ? "" : result.stderr]).toEqual([0, ""]);
  return result;
}
const json = async <T>(...args: string[]): Promise<T> => JSON.parse((await good(...args, "--json")).stdout) as T;
const planOf = (path: string): PlanDocument => JSON.parse(readFileSync(path, "utf8")) as PlanDocument;

beforeAll(async () => {
  const feasible = readFileSync("test/cli/infeasible/feasible.yaml", "utf8");
  const core = "  - { id: fra, tier: core, country: DE, city: Frankfurt am Main, powerLimit: 2 MW }\n";
  writeFileSync(scenario, feasible.replace(/^modules:/m, `${core}modules:`));
  await good("plan", scenario, "--out", small, "--no-compare");
  await good("plan", scenario, "--out", grown, "--no-compare", "--set", "workloads.chat.demand.users=60 %");
}, 60_000);

describe("verify", () => {
  it("says within how many percent a plan is proven, and that it answers the scenario", async () => {
    const { stdout } = await good("verify", small, "--against", scenario, "--gap", "1%");
    expect(stdout).toMatch(/holds: proven within \d+\.\d+ % of the best/);
    expect(stdout).not.toContain("the scenario's hash");
    const remarked = at("remarked.yaml");
    writeFileSync(remarked, `${readFileSync(scenario, "utf8")}# a remark\n`);
    const other = await good("verify", small, "--against", remarked);
    expect(other.stdout).toContain(`the scenario's hash: that of ${remarked} is another`);
  });

  it("refuses an edited plan with code 3, naming the place", async () => {
    const edited = at("edited.json");
    writeFileSync(
      edited,
      readFileSync(small, "utf8").replace(/"count":(\d+)/, (_, count) => `"count":${Number(count) + 1}`),
    );
    const { exitCode, stderr } = await runCliHere(["verify", edited]);
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(/is refused/);
    expect(stderr).toMatch(/deployment\.pools\[0\]/);
    expect(stderr).not.toMatch(crash);
  });

  /** The small plan as another version of the program would have written it: changed, then sealed. */
  const writtenOtherwise = (name: string, change: (plan: PlanDocument) => unknown): string => {
    const { seal: _old, ...plan } = JSON.parse(readFileSync(small, "utf8")) as PlanDocument;
    change(plan as PlanDocument);
    const file = at(name);
    writeFileSync(file, JSON.stringify(seal(plan as PlanDocument)));
    return file;
  };

  it("accepts a plan of a version that had fewer items of cost and other words for a sentence, and says so", async () => {
    const older = writtenOtherwise("older.json", (plan) => {
      const { moves: _moves, backhaul: _backhaul, ...byItem } = plan.cost!.byItem;
      Object.assign(plan, { value: undefined, cost: { ...plan.cost, byItem } });
      Object.assign(plan.predictions![0]!, { because: "It was measured." });
    });
    const { stdout } = await good("verify", older);
    expect(stdout).toMatch(/holds: proven within/);
    expect(stdout).toMatch(
      /another version of disperse wrote it: every figure follows, the words of predictions\[0\]\.because/,
    );
  });

  it("calls a plan whose figures follow no more, but which nobody edited, one of another version", async () => {
    const other = writtenOtherwise("other.json", (plan) => {
      Object.assign(plan.deployment.pools[0]!.groups[0]!, { speedRatio: 0.5 });
    });
    const { exitCode, stderr } = await runCliHere(["verify", other]);
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(/one thing does not hold in this version of disperse/);
    expect(stderr).toMatch(/Its seal is whole.*another version of disperse wrote it/);
    expect(stderr).toMatch(/Make the plan again with: disperse plan/);
  });

  it.each<[string, (plan: PlanDocument) => unknown, string[]]>([
    ["finance", ({ world }) => Reflect.deleteProperty(world, "finance"), ["explain", "limit", "--plan"]],
    ["sites", (plan) => Reflect.deleteProperty(plan, "sites"), ["explain", "site", "ber", "--plan"]],
    ["the files it was made from", (plan) => Object.assign(plan, { inputs: true }), ["report", "finance"]],
  ])("and every verb blames a plan that somebody took %s out of, not the program", async (what, change, verb) => {
    const edited = at(`without ${what}.json`);
    const plan = planOf(small);
    change(plan);
    writeFileSync(edited, JSON.stringify(plan));
    const { exitCode, stderr } = await runCliHere([...verb, edited]);
    expect([exitCode, stderr]).toEqual([3, expect.stringContaining(`${edited} was changed after it was written`)]);
    expect(stderr).not.toMatch(crash);
  });

  it("refuses a plan in which a text stands where a number is due, with its place", async () => {
    const edited = at("with-words.json");
    const plan = planOf(small);
    Object.assign(plan.world.limits, { budgetUsd: ["20M USD"] });
    writeFileSync(edited, JSON.stringify(plan));
    const { exitCode, stdout, stderr } = await runCliHere(["explain", "limit", "budget", "--plan", edited]);
    expect([exitCode, stdout]).toEqual([3, ""]);
    expect(stderr).toContain("`world.limits.budgetUsd.0` is a text where a number is due");
  });

  it("warns where figures cannot be computed from an edited plan, and knows none that lack", async () => {
    const edited = at("without-a-figure.json");
    const plan = planOf(small);
    Reflect.deleteProperty(plan.world.finance, "maintenanceRatioPerYear");
    Reflect.deleteProperty(plan, "catalogVersion");
    writeFileSync(edited, JSON.stringify(plan));
    const { stdout, stderr } = await runCliHere(["report", "finance", edited]);
    expect(stdout).toContain("NaN");
    expect(stderr).toMatch(/warning: .*does not say its catalogue/);
    expect(stderr).toMatch(/warning: what follows says NaN.*disperse verify names what was changed/);
    const whole = await runCliHere(["report", "finance", small]);
    expect(whole.stderr).not.toContain("NaN");
  });

  it("refuses a plan of another scenario", async () => {
    const { exitCode, stderr } = await runCliHere(["verify", grown, "--against", scenario]);
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(/answer to another question[^]*world\.demand\[0\]\.\w+\[0\]: is not what .* says/);
    const unheard = await runCliHere(["verify", grown, "--set", "limits.maxSites=1"]);
    expect([unheard.exitCode, unheard.stderr]).toEqual([3, expect.stringMatching(/--against/)]);
  });
});

describe("diff", () => {
  it("says that a plan does not differ from itself, by exit code too", async () => {
    const { stdout } = await good("diff", small, small, "--detailed-exitcode");
    expect(stdout).toMatch(/do not differ/);
  });

  it("ends with code 2 when asked to and plans differ", async () => {
    const { exitCode, stdout } = await runCliHere(["diff", small, grown, "--detailed-exitcode"]);
    expect(exitCode).toBe(2);
    expect(stdout).toMatch(/objective per year/);
  });

  it("writes Markdown tables for a pull request", async () => {
    const { stdout } = await good("diff", small, grown, "--format", "md");
    expect(stdout).toMatch(/^### Plan\n\n\| {2}\| before \| after \| change \|\n\| --- \| ---: \|/m);
  });

  it("gives the difference as data", async () => {
    const diff = await json<PlanDiff>("diff", small, grown);
    expect(diff.differs).toBe(true);
    expect(diff.after.objectiveUsdPerYear).toBeCloseTo(planOf(grown).objectiveUsdPerYear!, 6);
  });
});

describe("explain", () => {
  it("tells why a site is open, and plans the opposite when asked", async () => {
    const open = planOf(small).deployment.pools[0]!.site;
    const { id } = planOf(small).world.sites[open]!;
    const { stdout } = await good("explain", "site", id, "--plan", small, "--resolve");
    expect(stdout).toMatch(new RegExp(`^${id} .* is open because it pays`));
    expect(stdout).toMatch(/Planned again with .* shut: \$.* a year more/);
    const found = await json<SiteExplanation>("explain", "site", id, "--plan", small);
    expect(found).toMatchObject({ site: id, open: true, reason: "pays" });
  });

  it("says in JSON what each answer is", async () => {
    const formatOf = async (...question: string[]): Promise<unknown> =>
      (await json<{ format: string }>("explain", ...question, "--plan", small)).format;
    expect(await formatOf("site", "ber")).toBe("disperse/explain-site/v1");
    expect(await formatOf("demand", "berlin")).toBe("disperse/explain-demand/v1");
    expect(await formatOf("limit")).toBe("disperse/explain-limits/v1");
    expect(await formatOf("limit", "power of site ber")).toBe("disperse/explain-limit/v1");
  });

  it("tells where demand is served from and what was refused", async () => {
    const { stdout } = await good("explain", "demand", "berlin/chat", "--plan", small);
    expect(stdout).toMatch(/^chat from berlin over .* 100\.0 % served/);
    expect(stdout).toMatch(/Candidates for chat/);
  });

  it("tells what a limit is used for and worth", async () => {
    const { stdout } = await good("explain", "limit", "power of site ber", "--plan", small, "--resolve");
    expect(stdout).toMatch(/^power of site ber: .* used/);
    expect(stdout).toMatch(/finite difference/);
    expect((await good("explain", "limit", "--plan", small)).stdout).toMatch(/Limits in use/);
  });
});

describe("a scenario on standard input", () => {
  it("may be the starter, which standard output takes", async () => {
    const { exitCode, stdout } = await runCliHere(["init", "-"]);
    expect([exitCode, stdout]).toEqual([0, starterScenario()]);
    expect(existsSync("-")).toBe(false);
  });

  it("is planned as from a file, again for each of its futures", () => {
    const futures =
      "overrides: { more: { workloads.chat.demand.users: 2 % } }\nfutures: { calm: { probability: 50 % }, rush: { probability: 50 %, apply: [more] } }\n";
    const input = `${readFileSync(scenario, "utf8")}${futures}`;
    const piped = (...args: string[]) =>
      spawnSync(process.execPath, ["src/cli/main.ts", ...args], { input, encoding: "utf8", env: plainEnvironment() });
    const { status, stdout } = piped("futures", "-", "--json");
    expect([status, (JSON.parse(stdout) as FuturesPlan).futures.map(({ name }) => name)]).toEqual([
      0,
      ["calm", "rush"],
    ]);
    const planned = piped("plan", "-", "--no-compare", "--out", "-");
    expect([planned.status, (JSON.parse(planned.stdout) as PlanDocument).inputs]).toEqual([0, []]);
  });
});

describe("explain wishes", () => {
  const wishes = (...args: string[]): Promise<CliRun> => runCliHere(["explain", "wishes", scenario, ...args]);

  it("says when all can be had", async () => {
    const { exitCode, stdout } = await wishes("--serve", "100%", "--cost-below", "50M USD");
    expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/a plan exists/)]);
  });

  it("names the smallest set that clashes, and how far each would have to give way", async () => {
    const { exitCode, stdout } = await wishes("--serve", "chat=100%", "--cost-below", "1000 USD");
    expect(exitCode).toBe(4);
    expect(stdout).toMatch(/smallest set that clashes/);
    expect(stdout).toMatch(/^serve chat +100\.00 % +at most [\d.]+ %/m);
    expect(stdout).toMatch(/^cost to build and run +\$1\.00k\/year +at least \$/m);
    expect(stdout).not.toMatch(/most sites|power of/);
  });

  it("without a wish names what clashes in the scenario itself", async () => {
    expect(await wishes()).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/a plan exists/) as unknown });
    const { exitCode, stdout } = await runCliHere([
      "explain",
      "wishes",
      "test/cli/infeasible/debt-without-modules.yaml",
    ]);
    expect(exitCode).toBe(4);
    expect(stdout).toMatch(/^budget +\$100 +at least \$/m);
    expect(stdout).toMatch(/^debt service of us/m);
    expect(stdout).toMatch(/^site ber is there/m);
  });

  it("gives an amount that really does", async () => {
    const answer = JSON.parse(
      (await wishes("--serve", "100%", "--cost-below", "1000 USD", "--json")).stdout,
    ) as WishesAnswer;
    const cost = answer.clash.find((entry) => entry.unit === "USD/year")!.wouldDo!;
    expect((await wishes("--serve", "100%", "--cost-below", `${cost * 1.001} USD`)).exitCode).toBe(0);
    expect((await wishes("--serve", "100%", "--cost-below", `${cost * 0.99} USD`)).exitCode).toBe(4);
  });

  it("tells what nature or law puts out of reach", async () => {
    const { exitCode, stdout } = await wishes("--serve", "chat=50%", "--set", "workloads.chat.ttft.budget=2 ms");
    expect(exitCode).toBe(4);
    expect(stdout).toMatch(/what may serve chat at all.*would help there/);
  });
});

describe("compare", () => {
  it("ends with code 5 at Ctrl-C, with what was planned until then", async () => {
    const before = process.listenerCount("SIGINT");
    const running = runCliHere(["compare", scenario]);
    while (process.listenerCount("SIGINT") === before) await new Promise((resolve) => setTimeout(resolve, 1));
    process.emit("SIGINT");
    expect(await running).toMatchObject({ exitCode: 5, stdout: expect.stringMatching(/^Variants:/) as unknown });
  });

  it("sets the variants side by side and gives a verdict", async () => {
    const { stdout } = await good("compare", scenario);
    expect(stdout).toMatch(/free +centralised +regional +distributed/);
    expect(stdout).toMatch(/^verdict: /m);
    const { stdout: byClass } = await good("compare", scenario, "--egress-classes", "transit,cloud-list");
    expect(byClass).toMatch(
      /Verdict by the class of egress prices that core sites pay:\n(.*\n){2}transit .*\ncloud-list /,
    );
    const found = await json<Comparison>("compare", scenario);
    expect(found.variants.map((variant) => variant.figures?.relativeGap)).toEqual(
      [0, 0, 0, 0].map(() => expect.any(Number)),
    );
  });
});

describe("sensitivity", () => {
  it("varies what is named and shows the swing", async () => {
    const found = await json<Sensitivity>("sensitivity", scenario, "--vary", "demand=0.5,40", "--vary", "egress");
    expect(found.swings.map((swing) => swing.name)).toEqual(["demand", "egress"]);
    expect(found.complete).toBe(true);
    const { stdout } = await good("sensitivity", scenario, "--vary", "wacc=0.5,2");
    expect(stdout).toMatch(/wacc +× 0\.5: \$/);
    const { stdout: priced } = await good("sensitivity", scenario, "--vary", "egress-class", "--format", "md");
    expect(priced).toMatch(/\| egress-class \| transit: \$.*\| `[ ░█]{14}│[ ░█]{14}` \|/);
  });

  it("traces what serving more costs, and what the plan as built stands", async () => {
    expect((await good("sensitivity", scenario, "--pareto")).stdout).toMatch(
      /What serving more, and in time more often, costs:\nin time +served/,
    );
    expect((await good("sensitivity", scenario, "--stress", "1.5")).stdout).toMatch(
      /demand × 1\.50 on the plan as built/,
    );
  });
});

describe("futures", () => {
  const uncertain = at("uncertain.yaml");
  const write = (futures: string): void =>
    writeFileSync(
      uncertain,
      `${readFileSync(scenario, "utf8")}\noverrides:\n  busy: { workloads.chat.demand.users: 60 % }\nfutures:\n${futures}`,
    );

  it("decides once for all futures and says what knowing would be worth", async () => {
    write("  calm: { probability: 70 % }\n  busy-year: { probability: 30 %, apply: [busy] }\n");
    const { stdout } = await good("futures", uncertain, "--least-regret");
    expect(stdout).toMatch(/^Decided once for 2 futures .* in expectation; no decision .* less than/);
    expect(stdout).toMatch(/Knowing the future before deciding: \$/);
    expect(stdout).toMatch(/^least-regret /m);
    const common = ["--plan", at("common.json"), "--for", "busy-year"];
    const found = await json<FuturesPlan>("futures", uncertain, "--out", at("futures.json"), ...common);
    expect((await good("verify", at("common.json"))).stdout).toMatch(/holds: proven within/);
    const nobody = await runCliHere(["futures", uncertain, "--plan", at("none.json"), "--for", "nobody"]);
    expect([nobody.exitCode, nobody.stderr]).toEqual([3, expect.stringMatching(/no future "nobody".*calm, busy-year/)]);
    expect(found.decisions.map(({ name }) => name)).toEqual(["common", "calm", "busy-year", "average"]);
    expect(JSON.parse(readFileSync(at("futures.json"), "utf8"))).toMatchObject({ format: "disperse/futures/v1" });
  });

  it("answers the same again where work is counted instead of time, its documents included", async () => {
    write("  calm: { probability: 70 % }\n  busy-year: { probability: 30 %, apply: [busy] }\n");
    const ask = async (name: string): Promise<readonly string[]> => {
      const { stdout } = await good("futures", uncertain, "--repeatable", "--json", "--plan", at(name));
      return [stdout, readFileSync(at(name), "utf8")];
    };
    expect(await ask("again-1.json")).toEqual(await ask("again-2.json"));
  });

  it.each<[string, string, RegExp]>([
    ["probabilities that leave something out", "  calm: { probability: 70 % }\n", /sum to 70 %, not to 100 %/],
    ["an override that is not there", "  calm: { probability: 100 %, apply: [bussy] }\n", /did you mean `busy`/],
    ["a future that is impossible", "  calm: { probability: 0 % }\n", /above 0/],
  ])("refuses %s", async (_what, lines, words) => {
    write(lines);
    const { exitCode, stderr } = await runCliHere(["futures", uncertain]);
    expect([exitCode, stderr]).toEqual([3, expect.stringMatching(words)]);
  });

  it("keeps what was decided where the plan of a future cannot be written, and says why", async () => {
    const dark = "  calm: { probability: 60 % }\n  dark: { probability: 40 %, apply: [dark] }\n";
    write(dark);
    const outage = "overrides:\n  dark: { sites.0.powerLimit: 0 kW, sites.1.powerLimit: 0 kW }\n";
    writeFileSync(uncertain, readFileSync(uncertain, "utf8").replace("overrides:\n", outage));
    const paths = ["--out", at("kept.json"), "--plan", at("dark.json"), "--for", "dark"];
    const { exitCode, stdout, stderr } = await runCliHere(["futures", uncertain, ...paths]);
    expect([exitCode, stdout]).toEqual([3, expect.stringMatching(/^Decided once for 2 futures/)]);
    expect(stderr).toMatch(
      /dark\.json was not written: in dark no plan was found .* in service \(power of site (?:ber|fra)/,
    );
    expect(JSON.parse(readFileSync(at("kept.json"), "utf8"))).toMatchObject({ format: "disperse/futures/v1" });
    expect(existsSync(at("dark.json"))).toBe(false);
  });

  it("names the future that has no plan even by itself", async () => {
    const lean = at("lean.yaml");
    const futures = "futures: { rich: { probability: 50 %, apply: [rich] }, poor: { probability: 50 % } }";
    const base = readFileSync("test/cli/infeasible/debt-without-modules.yaml", "utf8");
    writeFileSync(lean, `${base}overrides: { rich: { limits.budget: $1M } }\n${futures}\n`);
    const { exitCode, stderr } = await runCliHere(["futures", lean]);
    expect([exitCode, stderr]).toEqual([4, expect.stringMatching(/debt service of us\n +in poor: no plan was found/)]);
  });

  it("says how to name futures when there are none", async () => {
    const { exitCode, stderr } = await runCliHere(["futures", scenario]);
    expect([exitCode, stderr]).toEqual([3, expect.stringMatching(/names no futures.*probability/s)]);
  });
});

describe("plan --from", () => {
  it("keeps what stands, adds what is missing and prints the difference", async () => {
    const out = at("again.json");
    const settings = ["--set", "workloads.chat.demand.users=60 %", "--no-compare", "--move-price", "20%"];
    const { stdout } = await good("plan", scenario, "--from", small, "--out", out, ...settings);
    expect(stdout).toMatch(/against the old plan:/);
    expect(stdout).toMatch(/price on moves is/);
    const [old, again] = [planOf(small), planOf(out)];
    expect(again.inputHash).not.toBe(planOf(grown).inputHash);
    const open = (plan: PlanDocument) => plan.deployment.pools.map((pool) => plan.world.sites[pool.site]!.id);
    expect(open(again)).toEqual(expect.arrayContaining(open(old)));
  });
});

describe("the plan as a file", () => {
  const quick = ["--no-compare", "--set", "workloads.chat.demand.users=1 %"];

  it("goes to stdout alone where asked, with the summary on stderr", async () => {
    const { exitCode, stdout, stderr } = await runCliHere(["plan", scenario, "--out", "-", ...quick]);
    expect(exitCode).toBe(0);
    const document = JSON.parse(stdout) as PlanDocument;
    expect(document).toMatchObject({ format: "disperse/plan/v1", inputHash: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(stderr).toMatch(/per year to build and run/);
  });

  it("overwrites earlier results, but nothing else without --force", async () => {
    const note = at("note.txt");
    writeFileSync(note, "keep me");
    const refused = await runCliHere(["plan", scenario, "--out", note, ...quick]);
    expect([refused.exitCode, refused.stderr]).toEqual([
      3,
      expect.stringMatching(/no result of this program.*--force/),
    ]);
    expect(readFileSync(note, "utf8")).toBe("keep me");
    await good("plan", scenario, "--out", note, "--force", ...quick);
    await good("plan", scenario, "--out", note, ...quick);
    const itself = await runCliHere(["plan", scenario, "--from", note, "--out", note, ...quick]);
    expect([itself.exitCode, itself.stderr]).toEqual([3, expect.stringMatching(/would be lost/)]);
  });

  it("is refused before planning where it cannot be written", async () => {
    const { exitCode, stderr } = await runCliHere(["plan", scenario, "--out", at("none/plan.json"), ...quick]);
    expect([exitCode, stderr]).toEqual([
      3,
      expect.stringMatching(/cannot be written: there is no such file or folder/),
    ]);
  });

  it("warns when a file it was made from, or the catalogue, has changed since", async () => {
    const [copy, out] = [at("copy.yaml"), at("copy.json")];
    writeFileSync(copy, readFileSync(scenario, "utf8"));
    await good("plan", copy, "--out", out, ...quick);
    expect((await good("explain", "limit", "--plan", out)).stderr).toBe("");
    writeFileSync(copy, `${readFileSync(scenario, "utf8")}# changed\n`);
    expect((await good("explain", "limit", "--plan", out)).stderr).toMatch(/copy\.json: copy\.yaml has changed since/);
    writeFileSync(out, JSON.stringify({ ...planOf(out), catalogVersion: "2020-01-01" }));
    expect((await good("explain", "limit", "--plan", out)).stderr).toMatch(/catalogue of 2020-01-01; this program has/);
  });

  it("is refused when a newer version wrote it, or when it is another document", async () => {
    const out = at("other.json");
    for (const [format, words] of [
      ["disperse/plan/v7", /format 7, and this program reads format 1/],
      ["disperse/futures/v1", /document of another kind/],
    ] as const) {
      writeFileSync(out, JSON.stringify({ ...planOf(small), format }));
      const { exitCode, stderr } = await runCliHere(["diff", small, out]);
      expect([exitCode, stderr]).toEqual([3, expect.stringMatching(words)]);
    }
  });

  it("tells in which sections two questions differ", async () => {
    const dearer = ["--no-compare", "--set", "finance.acceleratorPriceFactor=1.3"];
    const { stdout, stderr } = await good("plan", scenario, "--from", small, "--out", at("dear.json"), ...dearer);
    expect(stderr).toMatch(/differs from that of the old plan in: finance\n/);
    expect(stdout).toMatch(/paid off at the prices of the new question/);
    expect((await good("diff", small, at("dear.json"))).stdout).toMatch(/questions asked differ in: finance, sites/);
  });
});

describe("a plan of several periods", () => {
  const several = at("several.json");
  it("is looked at period by period", async () => {
    await good("plan", scenario, "--out", several, "--no-compare", "--set", "horizon.periods=2");
    const { id } = planOf(several).world.periods[1]!;
    expect((await good("diff", several, several, "--period", id)).stdout).toMatch(/do not differ/);
    expect((await good("explain", "site", "ber", "--plan", several, "--period", id)).stdout).toMatch(/^ber .* is open/);
    expect((await good("report", "finance", several, "--period", id)).stdout).toMatch(/NPV/);
    expect((await good("report", "finance", several)).stdout).toMatch(/Every period, as if.*\n.*\n.*\n2027 .*\n2028 /);
    const { stdout } = await good("explain", "limit", "power of site ber", "--plan", several);
    expect(stdout).toMatch(/By period:\n.*\n.*\n2027 .*\n2028 /);
    const [noReal, noFile] = [
      { upstreamSpecs: [], upstreams: null },
      { simulation: null, keys: null },
    ];
    const files = { plan: several, ...noReal, ...noFile, tlsCert: null, tlsKey: null, defaultArea: null };
    const served = (period: string | null) => readConfiguration({ ...files, period }, {});
    expect([(await served(null)).plan.period, (await served(id)).plan.period]).toEqual([0, 1]);
    const { exitCode, stderr } = await runCliHere(["explain", "site", "ber", "--plan", several, "--period", "1999"]);
    expect([exitCode, stderr]).toEqual([3, expect.stringMatching(/no period "1999".*2027/)]);
  });
});

describe("report finance", () => {
  it("shows what investors ask for, per tier and site", async () => {
    const { stdout } = await good("report", "finance", small, "--years", "7");
    expect(stdout).toMatch(/^Over 7 years/);
    expect(stdout).toMatch(/NPV +IRR +payback/);
    const { all } = await json<FinanceReport>("report", "finance", small);
    expect(all.cashflowsUsd).toHaveLength(6);
  });
});

describe("a question about a plan that makes no sense ends with code 3 and says why:", () => {
  it.each<[string, () => string[], RegExp]>([
    ["an unknown site", () => ["explain", "site", "bre", "--plan", small], /no site "bre".*did you mean "ber"/],
    ["an unknown area", () => ["explain", "demand", "rome", "--plan", small], /no area "rome".*berlin/],
    ["an unknown workload", () => ["explain", "demand", "berlin/chet", "--plan", small], /did you mean "chat"/],
    ["an unknown limit", () => ["explain", "limit", "power", "--plan", small], /no limit "power"/],
    ["a plan that is none", () => ["diff", scenario, small], /not valid JSON/],
    ["an unknown parameter", () => ["sensitivity", scenario, "--vary", "egres"], /did you mean "egress"/],
    ["a factor of nothing", () => ["sensitivity", scenario, "--vary", "egress=0,2"], /two factors above 0/],
    ["factors the wrong way round", () => ["sensitivity", scenario, "--vary", "egress=2,1"], /must not be above/],
    ["a class of prices that is none", () => ["sensitivity", scenario, "--vary", "egress-class=a,b"], /Known: transit/],
    ["a delay of one period", () => ["sensitivity", scenario, "--vary", "power-date"], /nothing of the kind/],
    ["more than all", () => ["explain", "wishes", scenario, "--serve", "chat=120%"], /up to 100 %/],
    [
      "a wish for an unknown workload",
      () => ["explain", "wishes", scenario, "--serve", "chet=1"],
      /did you mean "chat"/,
    ],
    ["a cost without a unit", () => ["explain", "wishes", scenario, "--cost-below", "20"], /no unit/],
    ["no such class", () => ["compare", scenario, "--egress-classes", "transit,cheap"], /no class "cheap".*cloud-list/],
    ["two questions at once", () => ["sensitivity", scenario, "--pareto", "--stress", "2"], /cannot be used with/],
    ["no years", () => ["report", "finance", small, "--years", "0"], /1 to 50/],
    ["an unknown format", () => ["diff", small, small, "--format", "html"], /text, md/],
    ["a price on moves of nothing", () => ["plan", scenario, "--move-price", "10%"], /--from/],
  ])("%s", async (_what, args, words) => {
    const { exitCode, stdout, stderr } = await runCliHere(args());
    expect([exitCode, stdout]).toEqual([3, ""]);
    expect(stderr).toMatch(words);
    expect(stderr).not.toMatch(crash);
  });
});
