import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { crash, runCliHere } from "./run-cli.ts";

const scratch = mkdtempSync(join(tmpdir(), "disperse-arguments-"));
const plan = join(scratch, "plan.json");
const at = (name: string): string => join(scratch, name);

beforeAll(async () => {
  const { exitCode } = await runCliHere(["plan", "test/cli/infeasible/feasible.yaml", "--no-compare", "--out", plan]);
  expect(exitCode).toBe(0);
  const text = readFileSync(plan, "utf8");
  const changed = (change: (document: Record<string, Record<string, unknown[]>>) => void): string => {
    const document = JSON.parse(text) as Record<string, Record<string, unknown[]>>;
    change(document);
    return JSON.stringify(document);
  };
  const files: Record<string, string> = {
    "empty.yaml": "",
    "blank.yaml": " \n\n# nothing but a comment\n",
    "cut.json": text.slice(0, text.length / 2),
    "list.json": "[1, 2]",
    "null.json": "null",
    "text.json": '"a plan"',
    "other.json": '{ "format": "disperse/plan/v99" }',
    "hollow.json": '{ "format": "disperse/plan/v1", "world": {}, "deployment": {} }',
    "lost-site.json": changed(({ deployment }) => Object.assign(deployment!["pools"]![0]!, { site: 99 })),
    "no-areas.json": changed(({ world }) => delete world!["areas"]),
    "empty.csv": "",
    "noise.csv": "TIMESTAMP,ContextTokens,GeneratedTokens\nsoon,many,-3\n",
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(at(name), content);
  mkdirSync(at("folder"));
});
afterAll(() => rmSync(scratch, { recursive: true }));

const upstream = (rest: string): string => `site=ber,workload=chat,${rest}`;
const local = "url=http://127.0.0.1:9/v1,model=m";
const feasible = "test/cli/infeasible/feasible.yaml";

/** What is typed, and a word the answer must hold. */
const lines: readonly [string, () => string[], RegExp][] = [
  ["a scenario that is not there", () => ["validate", at("none.yaml")], /none\.yaml:1:1: error DSP_SCENARIO_NO_FILE/],
  ["a folder for a scenario", () => ["validate", at("folder")], /DSP_SCENARIO_NO_FILE/],
  ["a scenario without an end", () => ["validate", "/dev/zero"], /DSP_SCENARIO_NO_FILE[^]*more than 128 MiB/],
  ["an empty scenario", () => ["validate", at("empty.yaml")], /DSP_SCENARIO_EMPTY[^]*hint: .*disperse init/],
  ["a scenario of blanks and comments", () => ["plan", at("blank.yaml")], /DSP_SCENARIO_EMPTY/],
  [
    "a page for an origin",
    () => ["serve", plan, "--cors-origins", "https://a.example/chat"],
    /is no origin: name scheme/,
  ],
  ["an unknown command", () => ["plann", "x"], /unknown command 'plann'[^]*Did you mean plan/],
  ["an unknown option", () => ["validate", "--colour", "x"], /unknown option '--colour'/],
  ["no scenario", () => ["validate"], /missing required argument 'scenario'/],
  ["a gap above one", () => ["plan", feasible, "--gap", "2"], /--gap.*between 0 and 1/],
  ["a time limit without a number", () => ["plan", feasible, "--time-limit", "soon"], /--time-limit.*60s/],
  ["a setting without a value", () => ["validate", feasible, "--set", "bogus"], /path=value/],
  [
    "a setting of an unknown key",
    () => ["validate", feasible, "--set", "horizon.startYeer=3"],
    /did you mean `startYear`/,
  ],
  ["a setting in a wrong unit", () => ["validate", feasible, "--set", "sites.ber.powerLimit=3 kg"], /DSP_UNIT_/],
  ["an unknown scenario name", () => ["validate", feasible, "--scenario", "nope"], /no override or scenario `nope`/],
  [
    "a plan that cannot be written",
    () => ["plan", feasible, "--no-compare", "--out", at("folder")],
    /cannot be written/,
  ],
  ["a starter over a file", () => ["init", feasible], /exists already.*--force/],
  ["a starter nowhere", () => ["init", at("none/x.yaml")], /cannot be written/],
  ["an unknown figure", () => ["data", "show", "h100-sxmm"], /no figure "h100-sxmm"/],
  ["a power in kilograms", () => ["egress", "--power", "3 kg"], /--power.*`1 GW`/],
  ["a power below nothing", () => ["egress", "--power", "-1 GW"], /--power: "-1 GW" must be above 0/],
  ["no nodes", () => ["egress", "--nodes", "0"], /--nodes/],
  ["half a plan", () => ["simulate", at("cut.json")], /not valid JSON/],
  ["a list for a plan", () => ["simulate", at("list.json")], /no plan document.*disperse plan/],
  ["null for a plan", () => ["serve", at("null.json")], /no plan document/],
  ["a word for a plan", () => ["serve", at("text.json")], /no plan document/],
  ["another version's plan", () => ["simulate", at("other.json")], /plan of format 99.*reads format 1/],
  ["a hollow plan", () => ["serve", at("hollow.json")], /`world\.periods` is no list/],
  ["a plan with a pool at no site", () => ["simulate", at("lost-site.json")], /`site` of entry 0 of `pools`.*99/],
  ["a plan without areas", () => ["serve", at("no-areas.json")], /`world\.areas` is no list/],
  ["a plan that is a folder", () => ["simulate", at("folder")], /cannot be read: it is a folder/],
  [
    "a plan that is not there",
    () => ["serve", at("none.json")],
    /cannot be read: there is no such file.*disperse plan/,
  ],
  ["a fault nobody understands", () => ["simulate", plan, "--fault", "lunch"], /--fault: "lunch".*site:ber@600s/],
  ["a fault at an unknown site", () => ["simulate", plan, "--fault", "site:atlantis@0s"], /no site "atlantis".*ber/],
  ["a fault before the start", () => ["simulate", plan, "--fault", "site:ber@-1s"], /--fault/],
  ["a fault that takes no time", () => ["simulate", plan, "--fault", "site:ber@5s+0s"], /end after it starts/],
  ["a standstill", () => ["simulate", plan, "--fault", "slow×0:site:ber@1s"], /factor above 0/],
  ["a crowd from a site", () => ["simulate", plan, "--fault", "crowd:site:ber@0s"], /country/],
  ["a crash by a factor", () => ["simulate", plan, "--fault", "down×3:site:ber@0s"], /factor/],
  ["a cut of a workload", () => ["simulate", plan, "--fault", "cut:workload:chat@1s"], /only a crowd/],
  ["a recall of a site", () => ["simulate", plan, "--fault", "recall:site:ber@1s"], /recall is of a module/],
  [
    "a fault at an unknown engine",
    () => ["simulate", plan, "--fault", "engine:ber/none#0@1s"],
    /no engine "ber\/none"/,
  ],
  [
    "faults from a file that is not there",
    () => ["simulate", plan, "--faults", at("none.yaml")],
    /none\.yaml.*no such file/,
  ],
  ["faults from a plan", () => ["simulate", plan, "--faults", at("other.json")], /no list of faults under "format"/],
  ["faults at no rate", () => ["simulate", plan, "--random-faults", "mttr=1h"], /mtbf must be a time/],
  [
    "faults of unknown units",
    () => ["simulate", plan, "--random-faults", "mtbf=1h,mttr=1h,each=rack"],
    /each is one of/,
  ],
  ["random crowds", () => ["simulate", plan, "--random-faults", "mtbf=1h,mttr=1h,of=crowd:country:DE"], /--fault/],
  ["an unknown rule", () => ["simulate", plan, "--rule", "magic"], /--rule.*disperse, nearest/],
  ["an unknown period", () => ["simulate", plan, "--period", "2099"], /no period "2099"/],
  [
    "a warm-up as long as the run",
    () => ["simulate", plan, "--seconds", "9", "--warm-up", "9s"],
    /^--warm-up must be .* end before the span does/,
  ],
  [
    "windows beyond number",
    () => ["simulate", plan, "--seconds", "1e9", "--window", "1s"],
    /more than 1000000 windows: 1000 s/,
  ],
  ["a window without a recording", () => ["simulate", plan, "--trace-window", "1s-2s"], /--chrome-trace/],
  ["a window backwards", () => ["simulate", plan, "--chrome-trace", "x", "--trace-window", "5s-2s"], /60s-70s/],
  ["clients without a spread", () => ["simulate", plan, "--bursty", "10"], /--bursty.*10,4/],
  [
    "more clients than can be kept",
    () => ["simulate", plan, "--bursty", "1e9,4"],
    /10000000 together: ask for \d+ at most/,
  ],
  ["conversations without a gap", () => ["simulate", plan, "--conversations", "4"], /--conversations.*4,30s,200/],
  ["endless conversations", () => ["simulate", plan, "--conversations", "4000,1s"], /fewer turns/],
  ["conversations of nobody", () => ["simulate", plan, "--conversations", "2,1s,0,nope"], /no workload "nope"/],
  ["an autoscaler with a wish of its own", () => ["simulate", plan, "--autoscale", "max=3"], /no field "max"/],
  ["an answer cache without a size", () => ["simulate", plan, "--answer-cache", "100"], /100000,1\.0,5000/],
  ["a folder without clients", () => ["simulate", plan, "--trace", at("folder")], /holds no clients.*chunk-N-trace/],
  ["seeds that fall", () => ["sweep", plan, "--seeds", "5..1"], /--seeds/],
  ["a sweep over an unknown rule", () => ["sweep", plan, "--rules", "disperse,magic"], /no rule "magic"/],
  ["a sweep without a factor", () => ["sweep", plan, "--rate-factors", "1,0"], /--rate-factors/],
  ["a sweep of no threads", () => ["sweep", plan, "--threads", "0"], /--threads/],
  ["a sweep without fault sets", () => ["sweep", plan, "--fault-sets", at("none.yaml")], /no such file/],
  ["a journal that is a folder", () => ["sweep", plan, "--seeds", "1", "--journal", at("folder")], /--journal/],
  [
    "a sweep through nobody",
    () => ["sweep", plan, "--nats", "nats://127.0.0.1:9", "--journal", at("j")],
    /No NATS server/,
  ],
  ["a worker of nobody", () => ["sweep-worker", "--nats", "nats://127.0.0.1:9"], /No NATS server answers/],
  ["a trace that is not there", () => ["simulate", plan, "--trace", at("none.csv")], /--trace.*no such file/],
  ["a trace without an end", () => ["simulate", plan, "--trace", "/dev/zero"], /--trace.*pipe or a device/],
  [
    "two traces of one workload",
    () => ["simulate", plan, "--trace", at("noise.csv"), "--trace", at("empty.csv")],
    /--trace: .*empty\.csv stands for a workload that has a trace already/,
  ],
  ["an empty trace", () => ["simulate", plan, "--trace", at("empty.csv")], /no usable request.*TIMESTAMP/],
  ["a trace of nonsense", () => ["simulate", plan, "--trace", at("noise.csv")], /noise\.csv:2[^]*no usable request/],
  ["a workload without a trace", () => ["simulate", plan, "--workload", "chat"], /--trace/],
  ["an hour past midnight", () => ["simulate", plan, "--start-hour", "25"], /between 0 and 24/],
  ["no time to simulate", () => ["simulate", plan, "--seconds", "0"], /above 0/],
  [
    "a result that cannot be written",
    () => ["simulate", plan, "--seconds", "1", "--out", at("folder")],
    /cannot be written/,
  ],
  ["an upstream of one word", () => ["serve", plan, "--upstream", "ollama"], /no key=value pair/],
  ["an upstream without an address", () => ["serve", plan, "--upstream", upstream("model=m")], /"url" is missing/],
  ["an upstream by FTP", () => ["serve", plan, "--upstream", upstream("url=ftp://x,model=m")], /no http or https/],
  ["an upstream with an unknown key", () => ["serve", plan, "--upstream", upstream(`${local},hue=1`)], /"hue".*Known:/],
  [
    "an upstream at a site without engines",
    () => ["serve", plan, "--upstream", `site=fra,workload=chat,${local}`],
    /no engine for workload "chat" at site "fra".*ber\/chat/,
  ],
  [
    "a key that is not in the environment",
    () => ["serve", plan, "--upstream", upstream(`${local},key-env=DISPERSE_TEST_NO_SUCH_KEY`)],
    /DISPERSE_TEST_NO_SUCH_KEY is not set/,
  ],
  ["an unknown area", () => ["serve", plan, "--area", "atlantis"], /no area "atlantis"/],
  ["a plan for a simulation", () => ["serve", plan, "--simulation", plan], /no simulation result/],
  ["a port beyond all ports", () => ["serve", plan, "--port", "99999"], /--port/],
];

describe("a command line with", () => {
  it.each(lines)("%s ends with code 3 and says why", async (_what, args, words) => {
    const { exitCode, stdout, stderr } = await runCliHere(args());
    expect([exitCode, stdout]).toEqual([3, ""]);
    expect(stderr).toMatch(words);
    expect(stderr).not.toMatch(crash);
  });
});
