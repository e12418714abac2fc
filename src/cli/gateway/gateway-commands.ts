import { Option, type Command } from "commander";
import {
  collect,
  positive,
  positiveWhole,
  seconds,
  secondsFromZero,
  share,
  webOrigins,
  wholeNumber,
} from "../terminal/option-values.ts";

/** As in `route/priority.ts`; named here so that `--help` need not load the gateway. */
const priorities = ["high", "normal", "low"];

/** The commands that run the gateway and look after what it needs and leaves: serve, keys, ledger. */
export function addGatewayCommands(command: (spec: string, description: string) => Command): void {
  command("serve <plan>", "run the gateway and console of a plan")
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option("--port <number>", "port to listen on", wholeNumber, 4400)
    .option(
      "--upstream <spec>",
      "real engine: site=ID,workload=ID,url=URL[,model=NAME][,key-env=VARIABLE][,metrics=PATH|auto|none][,continues=yes]" +
        "[,max-in-flight=N][,discover=dns][,network=private]; several of one place share its requests",
      collect,
      [],
    )
    .option("--upstreams <file>", "list of real engines (YAML or JSON), named as in --upstream")
    .option("--no-emulated", "leave planned engines without an upstream unused instead of emulating them")
    .option("--period <id>", "serve this period of the plan instead of the first")
    .option("--area <id>", "where callers are who do not say so")
    .option("--ledger <file>", "keep the ledger in this SQLite file, or in postgres://user@host/database#chain")
    .option(
      "--keys <file>",
      "accounts and virtual keys (JSON, keys hashed); without it everyone who connects is served",
    )
    .option("--operator-key-env <variable>", "environment variable with the key for console, metrics and drains")
    .option("--open-console", "show console and metrics to everyone who connects, not only on this machine")
    .option("--tls-cert <file>", "certificate in PEM: serve HTTPS")
    .option("--tls-key <file>", "its private key in PEM")
    .option("--access-log <file>", "one JSON line per request, without prompts and keys; - for standard output")
    .option("--otlp <url>", "OpenTelemetry collector (OTLP over HTTP) for traces and metrics; off when left out")
    .option("--max-body-mb <number>", "largest request body, MiB", positive, 32)
    .option(
      "--cors-origins <origins>",
      "web pages that may call the API, such as https://app.example,https://test.example or *; none when left out",
      webOrigins,
    )
    .option(
      "--max-connections <number>",
      "connections at the same time; half of what a process may open when left out",
      positiveWhole,
    )
    .option("--first-token-timeout <duration>", "longest wait for the first token of a stream", seconds, 60)
    .option("--answer-timeout <duration>", "longest wait for an answer that is not a stream", seconds, 600)
    .option("--idle-timeout <duration>", "longest silence in the middle of a stream", seconds, 30)
    .option(
      "--request-timeout <duration>",
      "longest time of a whole request, streams included (default: 15min, or what its parts may take)",
      seconds,
    )
    .option("--grace <duration>", "time for running requests when it stops; 0 ends them at once", secondsFromZero, 30)
    .option("--workers <number>", "processes that share the address, one per core", positiveWhole, 1)
    .option("--no-reload", "do not take changed files over while running")
    .option("--cache-mb <number>", "memory for answers that may be given again, MiB; none when left out", positive)
    .option("--cache-ttl <duration>", "how long an answer may be given again", seconds, 3_600)
    .option("--files <folder>", "keep uploaded files and batches here; without it there are none")
    .option("--files-country <code>", "country where that folder lies; data the law keeps elsewhere is then refused")
    .option("--batch-hours <from-to>", "hours of the day (UTC) in which batches run, for example 22-6")
    .option(
      "--responses <file>",
      "keep responses that later ones go on from (previous_response_id) in this SQLite file, or in memory; off when left out",
    )
    .option("--responses-ttl <duration>", "how long a response is kept", seconds, 86_400)
    .option("--responses-mb <number>", "room for kept responses, MiB", positive, 256)
    .option("--responses-country <code>", "country where they lie; data the law keeps elsewhere is then not kept")
    .option(
      "--mesh <file>",
      "gateways of a mesh on several machines: names, sites, addresses, public keys (YAML or JSON)",
    )
    .option("--mesh-as <name>", "which of them this one is; it holds the engines of its sites")
    .option("--mesh-key <file>", "its private key, Ed25519 in PEM")
    .option("--simulation <file>", "simulation result to show in the console")
    .action(async (file, options) => (await import("./serve.ts")).serve(file, options));

  const onGateway = (added: Command) =>
    added
      .option("--workload <id>", "only the engines that serve this workload there")
      .option("--url <address>", "gateway", "http://127.0.0.1:4400")
      .option("--key-env <variable>", "environment variable with a key of the role operator")
      .option("--json", "print the gateway's answer as JSON");
  onGateway(command("drain [site]", "take a site out of a running gateway; without a site, list what is out"))
    .option("--reason <words>", "shown to whoever asks why")
    .option("--wait <duration>", "wait so long for running requests to finish (exit code 7 when they do not)", seconds)
    .action(async (site, options) => (await import("./drain.ts")).drain(site, options));
  onGateway(command("undrain <site>", "put a drained site back in")).action(async (site, options) =>
    (await import("./drain.ts")).undrain(site, options),
  );

  const keys = command("keys", "virtual keys of the gateway: made, listed, exchanged, revoked");
  const onKeys = (spec: string, description: string) =>
    keys
      .command(spec)
      .description(description)
      .exitOverride()
      .option("--keys <file>", "file of accounts and keys", "keys.json");
  onKeys("create", "make a key and print it once; the account is made when it is new")
    .requiredOption("--account <id>", "who pays")
    .option("--id <name>", "name of the key in ledger and lists (default: the next free key-N)")
    .option("--workloads <ids>", "workloads it may use, separated by commas (default: all)")
    .option("--expires <date>", "last day, or a span such as 90d")
    .option("--budget-usd <number>", "what the account may be charged in all", positive)
    .option("--requests-per-minute <number>", "rate limit of the account", positive)
    .option("--tokens-per-minute <number>", "rate limit of the account, input and output tokens", positive)
    .option("--max-in-flight <number>", "requests of the account that may run at the same time", wholeNumber)
    .addOption(
      new Option(
        "--role <name>",
        "may see console and metrics, or also drain; no inference then, unless --workloads",
      ).choices(["viewer", "operator"]),
    )
    .addOption(new Option("--priority <name>", "who is served first under overload").choices(priorities))
    .option("--weight <number>", "share among accounts of the same priority under overload", positive)
    .action(async (options) => (await import("./keys.ts")).createKey(options));
  onKeys("list", "what the keys may do")
    .option("--json", "print rows as JSON")
    .action(async (options) => (await import("./keys.ts")).listKeys(options));
  onKeys("rotate <id>", "make a key with the same scopes and end; the old one works on for a while")
    .option("--overlap <span>", "how long both work, for example 24h", "24h")
    .option("--expires <date>", "another end of the new key, for example 2027-12-31 or 90d")
    .action(async (id, options) => (await import("./keys.ts")).rotateKey(id, options));
  onKeys("revoke <id>", "refuse a key from now on").action(async (id, options) =>
    (await import("./keys.ts")).revokeKey(id, options),
  );

  const ledger = command("ledger", "what a gateway wrote down: checked, signed, summed, exported, settled");
  const onLedger = (spec: string, description: string) => ledger.command(spec).description(description).exitOverride();
  const selecting = (added: Command) =>
    added
      .option("--from <date>", "first day, for example 2027-01-01 (UTC)")
      .option("--to <date>", "day after the last")
      .option("--emulated", "take attempts at emulated engines in")
      .option("--handed-over", "take attempts in that other gateways of a mesh handed over and charge for");
  onLedger("verify <file>", "is the chain whole, and does every row hold")
    .option("--plan <file>", "check every row against the residency law, the sites and the prices of this plan")
    .option("--checkpoint <file>", "check that it still begins with the rows signed then")
    .option("--public-key <file>", "Ed25519 key of the checkpoint, PEM")
    .option("--json", "print the verdict as JSON")
    .action(async (file, options) => (await import("./ledger.ts")).verifyLedgerFile(file, options));
  onLedger("add <file> <rows...>", "put rows in that a gateway could not save when it stopped").action(
    async (file, rows) => (await import("./unsaved-rows.ts")).addRows(file, rows),
  );
  onLedger("checkpoint <file>", "sign how the ledger stands now, to be kept elsewhere")
    .requiredOption("--key <file>", "Ed25519 private key, PEM")
    .requiredOption("--origin <name>", "who signs, for example disperse.example.com/ledger")
    .action(async (file, options) => (await import("./ledger.ts")).checkpointLedger(file, options));
  selecting(onLedger("report <file...>", "sums of what was served, charged and sent"))
    .addOption(
      new Option("--by <name>", "what to sum by")
        .choices(["account", "key", "owner", "site", "tier", "workload", "day"])
        .default("workload"),
    )
    .option("--json", "print rows as JSON")
    .action(async (files, options) => (await import("./ledger.ts")).reportLedger(files, options));
  selecting(onLedger("export <file...>", "charges for accounting: FOCUS 1.2 as CSV, or roll-ups as JSON"))
    .addOption(new Option("--format <name>", "form of the export").choices(["focus", "json"]).default("focus"))
    .option("--provider <name>", "who sells (FOCUS ProviderName)", "disperse")
    .option("--issuer <name>", "who writes the bill (FOCUS InvoiceIssuerName)", "disperse")
    .option("--out <file>", "write here instead of standard output")
    .action(async (files, options) => (await import("./ledger.ts")).exportLedger(files, options));
  selecting(onLedger("settle <owner=file...>", "what owners owe each other for what they served, netted"))
    .option(
      "--operator-share <ratio>",
      "part of the charge the owner keeps whose gateway took the request in",
      share,
      0,
    )
    .option("--json", "print dues as JSON")
    .action(async (entries, options) => (await import("./ledger.ts")).settleLedgers(entries, options));
}
