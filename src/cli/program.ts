import { readFileSync } from "node:fs";
import { Command, CommanderError, Option } from "commander";
import { CommandFailure, exitCodes } from "./terminal/exit-codes.ts";
import { addGatewayCommands } from "./gateway/gateway-commands.ts";
import {
  collect,
  positive,
  ratio,
  seconds,
  share,
  wholeNumber,
  wholeNumbers,
  years,
} from "./terminal/option-values.ts";
import { packageRoot } from "./terminal/package-root.ts";
import { reportFormats } from "./terminal/report.ts";
import { addSimulationCommands } from "./simulation/simulation-commands.ts";

/** Runs one command line and returns the exit code. Commands are loaded when asked for, so that `--help` is instant. */
export async function run(args: readonly string[]): Promise<number> {
  try {
    await buildProgram().parseAsync([...args], { from: "user" });
    return Number(process.exitCode ?? exitCodes.ok);
  } catch (error) {
    return explain(error, args);
  }
}

async function explain(error: unknown, args: readonly string[]): Promise<number> {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.invalid;
  if (error instanceof CommandFailure) {
    process.stderr.write(`${error.message}\n`);
    return error.exitCode;
  }
  const message = error instanceof Error ? error.message : String(error);
  const { editedPlanAmong } = await import("./document/edited-plan.ts");
  const edited = editedPlanAmong(args);
  if (edited !== null && !process.env.DISPERSE_DEBUG) {
    process.stderr.write(
      `${edited} was changed after it was written, and its parts do not fit together any more (${message}). disperse verify names what was changed; make the plan anew with: disperse plan scenario.yaml --out plan.json\n`,
    );
    return exitCodes.invalid;
  }
  process.stderr.write(`disperse failed inside: ${message}\n`);
  if (process.env.DISPERSE_DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  else process.stderr.write("This is a defect. Run again with DISPERSE_DEBUG=1 and report what it prints.\n");
  return exitCodes.internal;
}

/** The command line as a whole: verbs, arguments and options. */
export function buildProgram(): Command {
  const { version } = JSON.parse(readFileSync(packageRoot("package.json"), "utf8")) as { version: string };
  const program = new Command("disperse")
    .description("Plans, proves and runs AI inference across core, regional and edge sites.")
    .version(version)
    .showHelpAfterError("(see disperse --help)")
    .configureHelp({ sortSubcommands: false })
    .exitOverride();
  const command = (spec: string, description: string) =>
    program
      .command(spec)
      .description(description)
      .showHelpAfterError(`(see disperse ${spec.split(" ")[0]} --help)`)
      .exitOverride();
  const withScenario = (added: Command) =>
    added
      .option("--scenario <name>", "apply a named scenario or override of the file")
      .option("--set <path=value>", "change one value; may be given several times", collect, []);

  command("demo", "plan, simulate and run the bundled scenario of Europe, with the console")
    .option("--port <number>", "port of gateway and console; a free one when taken", wholeNumber, 4400)
    .option("--seconds <duration>", "simulated time, for example 600, 10min or 24h", seconds, 3600)
    .option("--seed <number>", "seed of all lots", wholeNumber, 1)
    .option("--no-traffic", "send no requests of its own to the running mesh")
    .option("--exit", "stop after the summary")
    .action(async (options) => (await import("./demo.ts")).demo(options));

  command("init [file]", "write a commented starter scenario")
    .option("--force", "overwrite the file")
    .action(async (file, options) => (await import("./document/init.ts")).init(file ?? "scenario.yaml", options));

  withScenario(command("validate <scenario>", "check a scenario and say what it resolves to"))
    .option("--json", "print the resolved world as JSON")
    .action(async (file, options) => (await import("./document/validate.ts")).validate(file, options));

  withScenario(command("plan <scenario>", "find the cheapest plan, with a proven gap"))
    .option("--out <file>", "write the plan document here; - for stdout", "plan.json")
    .option("--force", "overwrite whatever --out names")
    .option("--gap <ratio>", "stop at this relative gap, for example 0.5% or 0.005", ratio, 0.005)
    .option("--time-limit <duration>", "stop after this time, for example 60s or 5min", seconds, 120)
    .option("--seed <number>", "seed of all lots", wholeNumber, 1)
    .option("--repeatable", "count work instead of time, so that the same seed gives the same plan on every machine")
    .option("--no-compare", "leave out the centralised alternative")
    .addOption(
      new Option("--objective <kind>", "least cost, or the most value with the workloads' prices").choices([
        "min-cost",
        "max-npv",
      ]),
    )
    .option("--from <plan>", "start from what a plan has built, and print what changes")
    .option("--move-price <ratio>", "with --from: price of a move, as a share of a module's price (default 10%)", share)
    .addOption(
      new Option(
        "--capital <terms>",
        "with --from: what stands is still paid off (due), or its price is gone (spent)",
      ).choices(["due", "spent"]),
    )
    .option("--json", "print the plan document on stdout instead of the summary")
    .action(async (file, options) => (await import("./planning/plan.ts")).plan(file, options));

  withScenario(command("verify [plan]", "check everything a plan claims, without a solver"))
    .option("--against <file>", "the scenario file the plan must be an answer to (with --scenario and --set)")
    .option("--gap <ratio>", "end with code 5 when less is proven, for example 1%", ratio)
    .option("--json", "print what was found as JSON")
    .action(async (file, options) => (await import("./planning/verify.ts")).verify(file ?? "plan.json", options));

  const searching = (added: Command, timeLimit: string) =>
    added
      .option("--gap <ratio>", "stop each plan at this relative gap", ratio, 0.005)
      .option(
        "--time-limit <duration>",
        `stop each plan after this time (default ${timeLimit})`,
        seconds,
        seconds(timeLimit),
      )
      .option("--seed <number>", "seed of all lots", wholeNumber, 1)
      .option("--repeatable", "count work instead of time, so that the same seed gives the same answer everywhere");
  const reporting = (added: Command) =>
    added
      .addOption(new Option("--format <name>", "form of the report").choices(reportFormats).default("text"))
      .option("--json", "print the result as JSON instead");

  const period = "--period <id>";
  reporting(command("diff <before> <after>", "what differs between two plans"))
    .option(period, "look at this period of both plans")
    .option("--detailed-exitcode", "end with code 2 when they differ")
    .action(async (before, after, options) => (await import("./planning/diff.ts")).diff(before, after, options));

  const explainCommand = command("explain", "why a plan is as it is, or why a request went where it did");
  const explaining = (spec: string, description: string) =>
    reporting(explainCommand.command(spec).description(description).exitOverride())
      .option("--plan <file>", "plan document", "plan.json")
      .option(period, "look at this period instead of the first");
  const resolving = (added: Command, what: string) => searching(added.option("--resolve", what), "60s");
  resolving(explaining("site <id>", "why a site is open or shut"), "plan again with the site the other way").action(
    async (id, options) => (await import("./planning/explain.ts")).explainSiteOf(id, options),
  );
  explaining("demand <area[/workload]>", "why demand is served from there, or not at all").action(
    async (name, options) => (await import("./planning/explain.ts")).explainDemandOf(name, options),
  );
  resolving(
    explaining("limit [name]", "how far a limit is used and what one more unit is worth; all in use without a name"),
    "plan again with more of it",
  ).action(async (name, options) => (await import("./planning/explain.ts")).explainLimitOf(name, options));

  reporting(
    explainCommand
      .command("route <id>")
      .description("why a running gateway sent a request where it did, and what became of it")
      .exitOverride(),
  )
    .option("--url <address>", "gateway", "http://127.0.0.1:4400")
    .option("--key-env <variable>", "environment variable with a key, for gateways that want one")
    .action(async (id, options) => (await import("./gateway/explain-route.ts")).explainRoute(id, options));

  reporting(
    searching(
      withScenario(
        explainCommand
          .command("wishes <scenario>")
          .description("whether wishes can be had, else the smallest set of wishes and limits that clash")
          .exitOverride(),
      ),
      "30s",
    ),
  )
    .option(period, "look at this period instead of the first")
    .option(
      "--serve <[name=]share>",
      "serve at least so much of every workload, or of one or a training run; may be given several times",
      collect,
      [],
    )
    .option("--cost-below <amount>", 'spend no more than this a year to build and run, for example "20M USD"')
    .action(async (file, options) => (await import("./planning/explain-wishes.ts")).explainWishes(file, options));

  reporting(
    searching(
      withScenario(command("compare <scenario>", "centralised, regional, distributed and free variants side by side")),
      "60s",
    ),
  )
    .option(
      "--egress-classes <names>",
      "ask besides whether to distribute when core sites pay by these classes, for example transit,cloud-list",
      (names: string) => names.split(",").map((name) => name.trim()),
    )
    .option(period, "plan this period as if it were the only one")
    .action(async (file, options) => (await import("./planning/compare.ts")).compare(file, options));

  reporting(
    searching(
      withScenario(command("sensitivity <scenario>", "how much each parameter moves the cost of the plan")),
      "30s",
    ),
  )
    .option(period, "plan this period as if it were the only one")
    .option("--vary <name=low,high>", "a parameter and its values; may be given several times", collect, [])
    .addOption(
      new Option("--pareto", "instead: what serving more, and in time more often, costs").conflicts(["stress", "vary"]),
    )
    .addOption(
      new Option("--stress <factor>", "instead: what the plan as built serves when demand is multiplied")
        .argParser(positive)
        .conflicts("vary"),
    )
    .action(async (file, options) => (await import("./planning/sensitivity.ts")).sensitivity(file, options));

  reporting(
    searching(withScenario(command("futures <scenario>", "one decision for all futures the scenario names")), "60s"),
  )
    .option(period, "plan this period as if it were the only one, instead of all of them")
    .option("--least-regret", "look, besides, for the decision whose greatest regret is least")
    .option("--plan <file>", "write the plan that begins with the common decision here, for verify, simulate and serve")
    .option("--for <future>", "with --plan: the future the plan is of; the likeliest one when left out")
    .option("--out <file>", "write the result document here")
    .action(async (file, options) => (await import("./planning/futures.ts")).futures(file, options));

  const reports = command("report", "reports on a plan");
  reporting(
    reports
      .command("finance [plan]")
      .description("present value, rate of return, payback and depreciation per site and tier")
      .exitOverride(),
  )
    .option(period, "look at this period instead of the first")
    .option("--years <number>", "years looked at, 1 to 50", years, 5)
    .action(async (file, options) =>
      (await import("./planning/finance-report.ts")).reportFinance(file ?? "plan.json", options),
    );

  addSimulationCommands(command);
  addGatewayCommands(command);

  command(
    "export <plan>",
    "write a plan as CSV tables: sites, pools, flows, cost, unserved, training, chips, egress, demand, purchases",
  )
    .option("--out <folder>", "folder for the files", "plan-csv")
    .action(async (file, options) => (await import("./document/export-csv.ts")).exportCsv(file, options));

  reporting(
    command(
      "calibrate [runs...]",
      "coefficients of the engine model from measured runs (CSV, or JSON of a load generator) or a live server",
    ),
  )
    .addOption(
      new Option("--per <class>", "what gets a profile of its own")
        .choices(["generation", "accelerator", "engine"])
        .default("generation"),
    )
    .option("--out <file>", "file of engines for scenarios", "engines.csv")
    .option("--id <name>", "id of the profile instead of engine and class")
    .option("--probe <url>", "measure a server that speaks OpenAI's API, for example http://127.0.0.1:8000")
    .option("--model <name>", "model as the server calls it; not needed when it serves one")
    .option("--key-env <variable>", "environment variable with the server's key")
    .option("--engine <name>", "engine the server is, or is most like", "vllm")
    .option("--accelerator <id>", "chip the measured server runs on, for example h100-sxm")
    .option("--tensor-parallel <number>", "chips the server is spread over", wholeNumber, 1)
    .option("--catalog-model <id>", "model of the catalogue, when the server's name does not tell")
    .option("--precision <format>", "number format of the weights; from the model's name when left out")
    .option("--concurrency <list>", "requests in flight, one level after the other", wholeNumbers, [1, 4, 16])
    .option("--prompt-tokens <list>", "prompt lengths", wholeNumbers, [128, 1024, 4096])
    .option("--output-tokens <number>", "answer length", wholeNumber, 64)
    .option("--max-requests <number>", "send no more requests than this", wholeNumber, 256)
    .option("--time-limit <duration>", "begin nothing new after this time", seconds, seconds("5min"))
    .option("--runs-out <file>", "write what the probe measured here, as CSV")
    .action(async (files, options) => (await import("./simulation/calibrate.ts")).calibrateEngines(files, options));

  const data = command("data", "figures of the catalogue, with source, date and confidence");
  data
    .command("show <name...>")
    .description(
      "figures by name, for example h100-sxm, h100-sxm.memoryGB, electricity.DE, residency.germany, berlin-de",
    )
    .option("--json", "print rows as JSON")
    .action(async (names, options) => (await import("./planning/data.ts")).showData(names, options));
  data
    .command("list [prefix]")
    .description("tables of the catalogue, the entries of a table (models), or the names below a prefix")
    .option("--all", "names of all figures")
    .action(async (prefix, options) => (await import("./planning/data.ts")).listData(prefix ?? "", options));

  command("egress", "egress arithmetic: what a site's power implies for its ports")
    .addOption(new Option("--power <quantity>", "power of the data centre").default("1 GW"))
    .addOption(new Option("--generation <name>", "chip generation").default("blackwell"))
    .option("--nodes <number>", "nodes it is divided over", wholeNumber, 1)
    .action(async (options) => (await import("./planning/egress.ts")).egress(options));

  command("schema", "print the JSON Schema (draft-07) of scenario files, for editors").action(async () =>
    (await import("./document/schema.ts")).schema(),
  );

  return program;
}
