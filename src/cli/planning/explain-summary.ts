import type {
  ChangeOfOptimum,
  DemandExplanation,
  LimitExplanation,
  LimitTrial,
  SiteExplanation,
} from "../../plan/index.ts";
import { ms, percent, three, usd } from "../terminal/figures.ts";
import type { Section } from "../terminal/report.ts";

/** What planning again gave: null when no plan came of it. */
export interface Resolved<T> {
  readonly found: T | null;
}

/** Rows of a list shown to people; the JSON has all. */
const shown = 12;

const siteReasons: Readonly<Record<SiteExplanation["reason"], string>> = {
  forced: "open because the scenario has it open: it exists or is forced",
  forbidden: "shut because the scenario forbids it",
  pays: "open because it pays",
  parent: "open for the sites that hang on it; what it serves itself would not pay for it",
  noDemand: "shut because it may serve no demand at all",
  tooDear: "shut because being open costs more than it could save",
  limits: "shut although the arithmetic speaks for it: whole modules, power or a limit are in the way",
};

export function siteSections(site: SiteExplanation, opposite?: Resolved<ChangeOfOptimum>): Section[] {
  const { load } = site;
  return [
    { lines: [`${site.site} (${site.tier}) is ${whySite(site)}.`, ...siteMoney(site)] },
    {
      lines:
        site.children.length > 0 ? [`Open sites that hang on it: ${site.children.slice(0, shown).join(", ")}.`] : [],
    },
    { lines: opposite ? [oppositeText(site, opposite.found)] : [] },
    {
      title: "Use",
      head: ["", "used", "limit"],
      rows: load
        ? [
            ["power", amount(load.powerKw / 1000, "MW"), amount(load.powerLimitKw / 1000, "MW")],
            ["ports", `${three(load.egressGbps)} Gbit/s`, `${three(load.portGbps)} Gbit/s`],
          ]
        : [],
    },
    {
      title: "Modules",
      head: ["module", "serve", "train", "one more saves at most, per year", "one costs per year"],
      rows: site.modules.map((entry) => [
        entry.module,
        `${entry.count}`,
        `${entry.trainingCount}`,
        entry.worthUsdPerYear === null ? "–" : usd(entry.worthUsdPerYear),
        usd(entry.priceUsdPerYear),
      ]),
    },
    {
      title: site.open ? "Serves" : "Could serve",
      head: ["workload", "at peak"],
      rows: site.workloads.map((entry) => [entry.workload, `${three(entry.peakPerS)} req/s`]),
    },
    {
      title: "Where this would go, were it shut",
      head: ["to", "at peak"],
      rows: site.elsewhere.slice(0, shown).map((entry) => [entry.to, `${three(entry.peakPerS)} req/s`]),
    },
    {
      title: "Why requests may not be served here",
      lines: site.refusals.map((entry) => `  ${entry.reason}, ${entry.count} times, for example ${entry.example}`),
    },
  ];
}

function whySite({ reason, opening, costUsdPerYear, gainUsdPerYear }: SiteExplanation): string {
  // By arithmetic with parts of modules the other site looks cheaper, which whole ones may undo.
  const isToss = reason === "pays" && opening !== null && gainUsdPerYear < costUsdPerYear;
  return isToss ? `open because its demand pays for a site, here or at ${opening}` : siteReasons[reason];
}

function siteMoney({ open, opening, costUsdPerYear, gainUsdPerYear, workloads, modules }: SiteExplanation): string[] {
  const lines: string[] = [];
  if (open) {
    const others = opening === null ? "the other open sites" : `the other sites, with ${opening} opened for it`;
    lines.push(
      `It costs ${usd(costUsdPerYear)} a year with its traffic. Serving its requests at ${others}, or not at all, would cost about ${usd(gainUsdPerYear)}.`,
    );
    if (modules.some((entry) => entry.trainingCount > 0))
      lines.push("Training here is in its cost, not in that estimate.");
  } else if (workloads.length > 0) {
    lines.push(
      `Being open costs ${usd(costUsdPerYear)} a year before any traffic. Requests that may come here would save about ${usd(gainUsdPerYear)}.`,
    );
  }
  if (lines.length > 0)
    lines.push("This arithmetic buys parts of modules and knows no limits; --resolve plans the opposite.");
  return lines;
}

function oppositeText({ open, site }: SiteExplanation, change: ChangeOfOptimum | null): string {
  const deed = open ? "shut" : "forced open";
  if (change === null) return `With ${site} ${deed} there is no plan, or the search was stopped.`;
  return `Planned again with ${site} ${deed}: ${changeText(change)}.`;
}

function changeText({ usdPerYear, atLeastUsdPerYear, atMostUsdPerYear }: ChangeOfOptimum): string {
  const [least, most] = [moreOrLess(atLeastUsdPerYear), moreOrLess(atMostUsdPerYear)];
  const found = isNothing(usdPerYear) ? "the same cost" : moreOrLess(usdPerYear, " a year");
  return least === most ? found : `${found}; within the gaps it may be anything from ${least} to ${most}`;
}

/** Less than half a cent: what the solver's rounding leaves of two plans of the same cost. */
const isNothing = (usdPerYear: number): boolean => Math.abs(usdPerYear) < 0.005;

/** A difference in words: a minus sign before a sum that is called less would say it twice. */
function moreOrLess(change: number, per = ""): string {
  if (isNothing(change)) return "nothing";
  return change > 0 ? `${usd(change)}${per} more` : `${usd(-change)}${per} less`;
}

export function demandSections(demand: DemandExplanation): Section[] {
  const { area, workload, access, askedPerS, servedPerS } = demand;
  const perMillion = (value: number): string => usd(value * 1e6);
  return [
    {
      lines: [
        `${workload} from ${area} over ${access}: ${three(askedPerS)} req/s at the peak, ${percent(askedPerS > 0 ? servedPerS / askedPerS : 1)} served; first token within ${ms(demand.budgetMs)}, a million lost requests cost ${perMillion(demand.unservedUsd)}`,
        ...whyUnserved(demand),
      ],
    },
    {
      title: `Candidates for ${workload} (${demand.eligible} site and module pairs may serve it; USD per million requests, opening a site and whole modules not counted)`,
      head: [
        "site",
        "module",
        "served here",
        "planned",
        "distance",
        "network",
        "prefill",
        "egress",
        "energy",
        ...(hasBackhaul(demand) ? ["backhaul"] : []),
        "module",
        "total",
      ],
      rows: demand.candidates
        .slice(0, shown)
        .map((entry) => [
          entry.site,
          entry.module,
          askedPerS > 0 ? percent(entry.servedPerS / askedPerS) : "–",
          `${entry.planned}`,
          `${entry.km.toFixed(0)} km`,
          ms(entry.networkMs),
          ms(entry.prefillMs),
          perMillion(entry.egressUsd),
          perMillion(entry.energyUsd),
          ...(hasBackhaul(demand) ? [perMillion(entry.backhaulUsd)] : []),
          perMillion(entry.moduleUsd),
          perMillion(entry.totalUsd),
        ]),
    },
    {
      title: `Refused for ${workload}`,
      lines: demand.refusals.map(
        ({ reason, count, nearest }) =>
          `  ${reason}: ${count} pairs; nearest ${nearest.site} with ${nearest.module}: ${nearest.detail}`,
      ),
    },
  ];
}

const hasBackhaul = ({ candidates }: DemandExplanation): boolean => candidates.some((entry) => entry.backhaulUsd > 0);

function whyUnserved({ physics, unserved, askedPerS, servedPerS }: DemandExplanation): string[] {
  if (physics !== null && askedPerS > 0) {
    const parts = [`last mile ${ms(physics.lastMileMs)}`];
    if (physics.nearestSite) {
      parts.push(`network to ${physics.nearestSite.id} ${ms(physics.nearestSite.networkMs)}`);
    }
    if (physics.nearestPrefill) parts.push(`prefill there ${ms(physics.nearestPrefill.ms)}`);
    return [
      `Nothing may serve it (${physics.verdict}): ${parts.join(", ")}.`,
      ...physics.remedies.map((remedy) => `  would help: ${remedy}`),
    ];
  }
  if (servedPerS >= askedPerS) return [];
  return unserved.flatMap((entry) => [
    `Demand of its kind is left unserved for ${entry.reason}: ${entry.detail}.`,
    ...entry.whatWouldHelp.map((remedy) => `  would help: ${remedy}`),
  ]);
}

export function limitSections(limit: LimitExplanation, trial?: Resolved<LimitTrial>): Section[] {
  const { name, unit, used, upper } = limit;
  const lines =
    limit.statement === undefined
      ? [`${name}: ${amount(used, unit)} of ${amount(upper, unit)} used${bindingText(limit)}.`]
      : [`${name}: ${limit.statement}`];
  lines.push(
    limit.worthUsdPerYear === null && limit.statement !== undefined
      ? "What it costs cannot be read from the plan's duals; --resolve plans with less of it asked for."
      : limit.worthUsdPerYear === null
        ? `What one more ${one(unit)} is worth cannot be read from the plan's duals; --resolve plans with more.`
        : limit.bestPool === null
          ? `One more ${one(unit)} would save nothing with everything else as planned: what fits is there, and what does not would not pay.`
          : `One more ${one(unit)} is worth at most ${usd(limit.worthUsdPerYear)} a year with everything else as planned, modules paid: at ${limit.bestPool}, which takes ${amount(limit.missing!, unit)} beyond what is left (by the duals of the flows; --resolve plans with more).`,
  );
  if (trial) lines.push(trialText(limit, trial.found));
  return [{ lines }];
}

function bindingText({ binding, worthUsdPerYear, bestPool }: LimitExplanation): string {
  if (!binding) return "";
  if (worthUsdPerYear === null) return "; it is used up";
  return bestPool === null ? "; no further module fits" : "; not all that would pay fits";
}

/** A limit in one period of a plan; null where it does not hold. */
export interface LimitInPeriod {
  readonly period: string;
  readonly found: LimitExplanation | null;
}

export function limitPeriodSections(periods: readonly LimitInPeriod[]): Section[] {
  return [
    {
      title: "By period",
      head: ["period", "used", "upper", "one more is worth at most, per year", "at"],
      rows: periods.map(({ period, found }) =>
        found === null
          ? [period, "–", "no limit", "–", ""]
          : [
              period,
              amount(found.used, found.unit),
              amount(found.upper, found.unit),
              found.worthUsdPerYear === null ? "–" : usd(found.worthUsdPerYear),
              found.bestPool ?? "",
            ],
      ),
    },
  ];
}

function trialText({ name, unit }: LimitExplanation, trial: LimitTrial | null): string {
  if (trial === null) return `With more ${name} there is no plan, or the search was stopped.`;
  if (trial.added === null) return `Planned again without it: ${changeText(trial.change)}.`;
  const again = `Planned again with ${amount(trial.added, unit)} more: ${changeText(trial.change)}.`;
  if (isNothing(trial.worthAtMostUsdPerYear * trial.added))
    return `${again} That is nothing per ${one(unit)} (finite difference).`;
  return `${again} That is ${usd(trial.worthUsdPerYear)} a year per ${one(unit)} (finite difference), at most ${usd(trial.worthAtMostUsdPerYear)}.`;
}

/** Limits in use, those used up first. */
export function limitListSection(limits: readonly LimitExplanation[]): Section {
  const ratio = ({ used, upper, binding }: LimitExplanation): number =>
    upper > 0 && used > 0 ? used / upper : binding ? 1 : 0;
  const used = limits
    .filter((limit) => limit.used > 0 || limit.binding)
    .sort((a, b) => ratio(b) - ratio(a) || b.used - a.used);
  return {
    title: "Limits in use",
    head: ["limit", "used", "upper", "share", "one more is worth at most, per year"],
    rows: used
      .slice(0, 4 * shown)
      .map((limit) => [
        limit.name,
        amount(limit.used, limit.unit),
        amount(limit.upper, limit.unit),
        percent(ratio(limit)),
        limit.worthUsdPerYear === null ? "–" : usd(limit.worthUsdPerYear),
      ]),
  };
}

function amount(value: number, unit: LimitExplanation["unit"]): string {
  if (unit === "USD") return usd(value);
  if (unit === "share") return percent(value, 1);
  return unit === "MW" && value < 1 ? `${three(value * 1000)} kW` : `${three(value)} ${unit}`;
}

function one(unit: LimitExplanation["unit"]): string {
  return { MW: "MW", "Gbit/s": "Gbit/s", USD: "dollar", sites: "site", modules: "module", share: "whole share" }[unit];
}
