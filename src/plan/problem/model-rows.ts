/** The planner's model as a table: every constraint with its name, inequality, dual and where it is written. */

export interface ModelRow {
  /** Public name; `<…>` stands for an id. */
  readonly name: string;
  readonly inequality: string;
  /** What one more unit is worth. */
  readonly dual: string;
  /** `room/file.ts` in `src/plan` and the function in it. */
  readonly file: string;
  readonly function: string;
  /** How the bound by prices treats it. */
  readonly bound: "row price" | "site by site" | "limit price" | "limit price, up to 300" | "left out" | "tie price";
}

/** Constraints every problem has, whatever the world. */
export const problemRows: readonly ModelRow[] = [
  {
    name: "demand",
    inequality: "Σ share(arcs of the row) + unserved = 1",
    dual: "worth of the row's service, USD/year",
    file: "problem/formulate.ts",
    function: "formulate",
    bound: "row price",
  },
  {
    name: "capacity",
    inequality: "Σ load · share(arcs to the pool) ≤ modules; load has the headroom in it",
    dual: "worth of one module, USD/year",
    file: "problem/formulate.ts",
    function: "formulate",
    bound: "site by site",
  },
  {
    name: "power of site <site>",
    inequality: "Σ kW · modules ≤ limit of the period (with every upgrade that can be had) · open",
    dual: "worth of one kW, USD/year",
    file: "problem/formulate.ts",
    function: "formulate",
    bound: "site by site",
  },
  {
    name: "ports of site <site>",
    inequality: "Σ Gbit/s · share ≤ port · its headroom",
    dual: "worth of one Gbit/s, USD/year",
    file: "problem/formulate.ts",
    function: "formulate",
    bound: "site by site",
  },
  {
    name: "opening",
    inequality: "modules ≤ most · open; `existing` and `forced` sites have open = 1, `forbidden` ones no arcs",
    dual: "tightens only",
    file: "problem/formulate.ts",
    function: "formulate",
    bound: "site by site",
  },
  {
    name: "occupied",
    inequality: "open ≤ Σ modules, where being open helps with a limit",
    dual: "tightens only",
    file: "problem/formulate.ts",
    function: "formulate",
    bound: "site by site",
  },
  {
    name: "link",
    inequality: "Σ share(row at the site) ≤ open",
    dual: "tightens only",
    file: "problem/formulate.ts",
    function: "formulate",
    bound: "site by site",
  },
  {
    name: "engines",
    inequality:
      "headroom · Σ engines · share ≤ n and share ≤ n, per kind; Σ memory · n ≤ accelerators · modules, where models do not all fit",
    dual: "worth of one accelerator's room, USD/year",
    file: "problem/engine-rows.ts",
    function: "addEngines",
    bound: "site by site",
  },
  {
    name: "arcs",
    inequality:
      "share exists only where `judge` lets a request go: residency, export and licences, model memory, tier, first-token budget",
    dual: "none; `disperse explain demand` says which reason stands against each place",
    file: "world/world-problem.ts",
    function: "worldProblem",
    bound: "site by site",
  },
  {
    name: "fleet",
    inequality:
      "bought(t) = modules(t) − Σ bought(earlier, still within life) ≥ 0; nothing in service before its lead time",
    dual: "worth of having one module more from before, USD",
    file: "world/stacked-fleet.ts",
    function: "tiesOf",
    bound: "tie price",
  },
];

/** Limits over several sites or both ways, which a world has where its scenario asks for them. */
export const limitModelRows: readonly ModelRow[] = [
  {
    name: "most sites",
    inequality: "Σ open ≤ most",
    dual: "worth of one more site, USD/year",
    file: "world/world-limits.ts",
    function: "siteCountRows",
    bound: "limit price",
  },
  {
    name: "budget",
    inequality: "Σ capex of what the period buys, opens and upgrades ≤ budget",
    dual: "worth of one dollar of capital, USD/year",
    file: "world/world-limits.ts",
    function: "budgetRows",
    bound: "limit price",
  },
  {
    name: "budget of <owner>",
    inequality: "(1 − debt share) · Σ capex at the owner's sites ≤ own money",
    dual: "worth of one dollar of the owner's money, USD/year",
    file: "world/world-limits.ts",
    function: "budgetRows",
    bound: "limit price",
  },
  {
    name: "power of zone <zone>",
    inequality: "Σ kW · modules (sites of the zone) ≤ limit of the period; 0 before its `connection`",
    dual: "worth of one kW, USD/year",
    file: "world/world-limits.ts",
    function: "zoneRows",
    bound: "limit price",
  },
  {
    name: "supply of <module>",
    inequality: "Σ bought ≤ supply of the period",
    dual: "worth of one module to be had, USD/year",
    file: "world/world-limits.ts",
    function: "supplyRows",
    bound: "limit price",
  },
  {
    name: "allotment of <module> to <owner>",
    inequality: "Σ bought (sites of the owner) ≤ allotment of the period",
    dual: "worth of one module to be had, USD/year",
    file: "world/world-limits.ts",
    function: "supplyRows",
    bound: "limit price",
  },
  {
    name: "installed <module> at <site>",
    inequality: "modules for requests + modules for training ≤ those that stand there",
    dual: "worth of one module that stands already, USD/year",
    file: "world/world-limits.ts",
    function: "installedRows",
    bound: "limit price",
  },
  {
    name: "power of site <site> without upgrades",
    inequality:
      "Σ kW · modules − Σ added kW · upgrade ≤ limit of the period; upgrade ∈ {0, 1}, not before its lead time",
    dual: "worth of one kW, USD/year",
    file: "world/site-limits.ts",
    function: "upgradeRows",
    bound: "limit price",
  },
  {
    name: "least share <rule>",
    inequality: "least · Σ weight · modules (where it is measured) ≤ Σ weight · modules (that count)",
    dual: "cost of one unit of the weight more to be held, USD/year",
    file: "world/share-limits.ts",
    function: "shareRows",
    bound: "limit price",
  },
  {
    name: "debt service of <owner>",
    inequality: "coverage · annuity of the debt + running cost ≤ revenue",
    dual: "worth of one dollar a year of income, USD/year",
    file: "world/share-limits.ts",
    function: "coverageRows",
    bound: "limit price",
  },
  {
    name: "least use of <module> at <site>",
    inequality: "least · modules (bought) ≤ Σ load · share",
    dual: "cost of one idle module's share more to be used, USD/year",
    file: "world/site-limits.ts",
    function: "leastUseRows",
    bound: "limit price, up to 300",
  },
  {
    name: "backhaul of <site>",
    inequality: "Σ Gbit/s to the parent · share ≤ link; its price is in the arcs",
    dual: "worth of one Gbit/s of the link, USD/year",
    file: "world/site-limits.ts",
    function: "backhaulRows",
    bound: "limit price, up to 300",
  },
  {
    name: "parent of <site>",
    inequality: "open ≤ open (parent)",
    dual: "worth of the parent being open, USD/year",
    file: "world/site-limits.ts",
    function: "parentRows",
    bound: "limit price",
  },
  {
    name: "campus of <training> at <site>",
    inequality: "Σ share (training at the site) ≤ campus; campus ∈ {0, 1}",
    dual: "tightens only",
    file: "world/site-limits.ts",
    function: "campusRows",
    bound: "left out",
  },
  {
    name: "one campus for <training>",
    inequality: "Σ campus ≤ 1",
    dual: "cost of keeping the run together, USD/year",
    file: "world/site-limits.ts",
    function: "campusRows",
    bound: "left out",
  },
  {
    name: "reserve for the loss of <failure>",
    inequality:
      "Σ σ · share (at what is lost) + Σ μ · load · share (elsewhere) ≤ Σ μ · modules (elsewhere), for prices μ ≥ 0 that a plan broke; beside it the same with Σ σ · Σ open (places that stood empty) in the place of their modules",
    dual: "cost of one unit of reserve, USD/year",
    file: "world/resilience.ts",
    function: "failureLimit",
    bound: "limit price",
  },
  {
    name: "two places for whoever is served",
    inequality:
      "2 · (1 − unserved) ≤ Σ open (places that may serve the row or take it over), where each has another beside it",
    dual: "worth of one more open place, USD/year",
    file: "world/survival-limits.ts",
    function: "openingLimits",
    bound: "limit price",
  },
  {
    name: "a place beside <site>",
    inequality: "Σ share (row at the site) ≤ Σ open (other places that may take it over), up to 8 of them",
    dual: "tightens only",
    file: "world/survival-limits.ts",
    function: "openingLimits",
    bound: "left out",
  },
  {
    name: "something stands at two places for whoever is served",
    inequality:
      "2 · (1 − unserved) ≤ Σ standing (places as above); standing is Σ modules that serve the row where one is enough for all in reach, open elsewhere; again with modules where up to 4 are of use. In large problems",
    dual: "worth of one more place that serves, USD/year",
    file: "world/survival-limits.ts",
    function: "standingLimits",
    bound: "limit price",
  },
  {
    name: "something stands beside <site>",
    inequality: "1 − unserved ≤ Σ standing (other places), where there are up to 4 in all. In large problems",
    dual: "worth of one more place that serves, USD/year",
    file: "world/survival-limits.ts",
    function: "standingLimits",
    bound: "limit price",
  },
  {
    name: "a module where a place is open",
    inequality:
      "open ≤ Σ modules, at places that are of no use by being open; the cheapest plans leave none empty. In large problems of one period",
    dual: "worth of standing empty, USD/year",
    file: "world/survival-limits.ts",
    function: "openLimits",
    bound: "limit price",
  },
  {
    name: "what remains without <failure>",
    inequality:
      "Σ least load · (1 − unserved) ≤ Σ worth · modules (elsewhere), for spots that take over the same rows; the same rounded to whole modules",
    dual: "worth of one module of reserve, USD/year",
    file: "world/reserve-limits.ts",
    function: "reserveFor",
    bound: "limit price",
  },
  {
    name: "reserve by the number of places",
    inequality:
      "a · Σ least load · (1 − unserved) ≤ Σ worth · modules + b · L · Σ open (their places), L = Σ least load; the lines through n / (n − 1) at n = k and k + 1",
    dual: "worth of one module of reserve, USD/year",
    file: "world/reserve-limits.ts",
    function: "linesOf",
    bound: "limit price",
  },
  {
    name: "idle by the number of places",
    inequality:
      "2 / (k − 1) · Σ least load · (1 − unserved) ≤ Σ worth · modules − Σ worth · load · share + L / (k · (k − 1)) · Σ open (their places), L = Σ least load; the lines through 1 / (n − 1) at n = k and k + 1",
    dual: "worth of one module that stands idle, USD/year",
    file: "world/reserve-limits.ts",
    function: "idleLimits",
    bound: "limit price",
  },
];

/** The reference page. */
export function modelPage(): string {
  const table = (rows: readonly ModelRow[]): string =>
    [
      "| name | inequality | dual | bound by prices | where |",
      "|---|---|---|---|---|",
      ...rows.map(
        (row) =>
          `| \`${row.name}\` | ${row.inequality} | ${row.dual} | ${row.bound} | \`${row.file}\` \`${row.function}\` |`,
      ),
    ].join("\n");
  return `# The model

Generated from \`src/plan/problem/model-rows.ts\`; a test compares the names with what worlds give. Decisions are: \`open\` per site (0 or 1),
\`modules\` per pool (whole; a pool is one kind of module for one use at one site), \`share\` per arc and \`unserved\` per row (between 0
and 1), and switches of 0 or 1 for upgrades and campuses. A row is the demand of one workload from one area over one access type.

## Objective

\`min-cost\`: least present value of annuities of everything bought and opened, running cost, egress, backhaul, and the penalty of
what is not served. \`max-npv\`: the same with the **price** of what is not served in the penalty's place, which is the greatest
revenue minus cost up to a constant. A module costs the annuity of its price in the period it is bought in, over its own life; so
what outlives the horizon needs no terminal value. The plan document's \`value\` has the present value both ways: by annuities, and paid
in cash (half a year before service) with every asset's residual value at its own price and age. The two are equal where owners'
cost of capital is the plan's and lives end with periods.

- Lead times: what is in service in a period was ordered early enough, but not before the horizon begins; it serves from the beginning of
  the period in which it arrives; what takes as long as a period serves from the next one on. Supply, allotments and budgets count it in that period.
- Idle modules: no pool has more modules than all who may be served there (or go there when something fails) would keep busy, \`most\`
  of \`opening\`. So a least share is not met by modules that nobody could use; where few are in reach of what counts, others go
  without, and the plan says that the share is in the way.
- Closing: an \`existing\` site with \`closingCost\`, \`salvage\` or \`closeBy\` may close; the net cost is an annuity for as long as it is
  closed. Where that is more than the site costs to keep, it stays open unless \`closeBy\` says otherwise.
- Debt: a share of every investment is borrowed at its rate; cost of capital is the mean of both, weighted.
- Memory: \`finance.memoryPriceFactor\` acts on each module's share of memory: at 2.2 a VR200 rack costs 31 % more, a B200 server 9 %.

## Constraints of every problem

${table(problemRows)}

## Limits

Each is one row \`Σ weight · open + Σ weight · modules + Σ weight · share ≤ upper\`; a least amount has its signs turned. What the bound
by prices leaves out keeps it a bound.

${table(limitModelRows)}

## Survival

\`limits.resilience: site\` (or \`zone\`) asks that the loss of any one site (or zone) leaves every request somewhere to go within the
workload's \`failover\` time; what no other place in the world could take over is lost with its own, and training waits. The reserve
is shared. What every such plan keeps is written out first (\`two places…\`, \`a place beside…\`, \`what remains…\`); then plans that do
not survive are ruled out one inequality at a time, in smaller problems those of the relaxation before those of plans. \`failover\` in the
plan document lists where requests go and the prices μ, from which \`disperse verify\` writes the same inequalities again. Engines for
what comes stand ready in these pools (groups with nothing planned for them), and serve on every other day as well. Simulator and gateway
go beyond the budget of the first token as far as \`failover\` allows while something within it is out of service, and then only where
nothing within it would be in time; what takes that long is counted as late all the same.
`;
}
