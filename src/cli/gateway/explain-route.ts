import { ms, usd } from "../terminal/figures.ts";
import { CommandFailure, exitCodes } from "../terminal/exit-codes.ts";
import { callGateway, jsonOf, refusedBy, type GatewayAddress } from "./gateway-call.ts";
import { report, resultJson, type ReportFormat, type Section } from "../terminal/report.ts";

export interface ExplainRouteOptions extends GatewayAddress {
  readonly format: ReportFormat;
  readonly json?: boolean;
}

interface Candidate {
  readonly site: string;
  readonly pool: string;
  readonly tier: string;
  readonly country: string;
  readonly terms: Readonly<
    Record<"rttMs" | "queueMs" | "prefillMs" | "ttftMs" | "missRatio" | "expectedUsd", number>
  > & {
    readonly loadKnown: boolean;
  };
}

/** Body of `GET /v1/routes/{id}`, as far as it is shown. */
interface Route {
  readonly id: string;
  readonly workload: string;
  readonly area: string;
  readonly access: string;
  readonly slo: string;
  readonly budget_ms: number;
  readonly target: Candidate | null;
  readonly fallbacks: readonly Candidate[];
  readonly rejected: readonly { site: string; pool?: string; reason: string; detail: string }[];
  /** What was taken out of the text before it left; null when nothing had to be looked for. */
  readonly redacted: Readonly<Record<string, number>> | null;
  readonly attempts: readonly {
    number: number;
    reason: string;
    site: string;
    outcome: string;
    status: number;
    started_after_ms: number;
    ttft_ms: number | null;
    duration_ms: number;
  }[];
}

/** `disperse explain route`: why a running gateway sent a request where it did, and what became of it. */
export async function explainRoute(id: string, options: ExplainRouteOptions): Promise<void> {
  const route = await fetchRoute(id, options);
  process.stdout.write(`${options.json ? resultJson("route", route) : report(routeSections(route), options.format)}\n`);
}

async function fetchRoute(id: string, options: ExplainRouteOptions): Promise<Route> {
  const answer = await callGateway(options, `v1/routes/${encodeURIComponent(id)}`);
  const body = jsonOf(answer) as { object?: string } | null;
  if (body?.object === "disperse.route") return body as unknown as Route;
  if (answer.status !== 404) throw refusedBy(options.url, answer);
  throw new CommandFailure(
    exitCodes.invalid,
    `The gateway at ${options.url} does not remember a request "${id}", or not for this caller. The id is in the header ` +
      `x-disperse-request-id of its answer; the latest requests are kept, and a restart or a changed configuration forgets them.`,
  );
}

function routeSections(route: Route): Section[] {
  const { target, fallbacks, rejected, attempts } = route;
  const from = `${route.workload} from ${route.area} over ${route.access}, ${route.slo}`;
  const chosen = target
    ? `went to ${target.site} (${target.tier}, ${target.country})`
    : "could go nowhere: every site refuses it";
  const candidates = target ? [target, ...fallbacks] : [];
  return [
    { lines: [`${route.id} (${from}, first token within ${ms(route.budget_ms)}) ${chosen}.`] },
    {
      title: "Candidates, best first",
      head: ["site", "tier", "network", "queue", "prefill", "first token", "misses budget", "expected cost", "load"],
      rows: candidates.map(({ site, tier, terms }) => [
        site,
        tier,
        ms(terms.rttMs),
        ms(terms.queueMs),
        ms(terms.prefillMs),
        ms(terms.ttftMs),
        `${(terms.missRatio * 100).toFixed(1)} %`,
        usd(terms.expectedUsd),
        terms.loadKnown ? "known" : "unknown",
      ]),
    },
    {
      title: "Refused",
      head: ["site", "reason", "detail"],
      rows: rejected.map(({ site, reason, detail }) => [site, reason, detail]),
    },
    {
      title: "Attempts",
      head: ["", "why", "site", "outcome", "status", "began after", "first token", "took"],
      rows: attempts.map((attempt) => [
        `${attempt.number}`,
        attempt.reason,
        attempt.site,
        attempt.outcome,
        attempt.status === 0 ? "none" : `${attempt.status}`,
        ms(attempt.started_after_ms),
        attempt.ttft_ms === null ? "none" : ms(attempt.ttft_ms),
        ms(attempt.duration_ms),
      ]),
    },
    {
      title: "Taken out of the text before it left",
      head: ["kind", "times"],
      rows: Object.entries(route.redacted ?? {}).map(([kind, count]) => [kind, `${count}`]),
    },
    { lines: target && attempts.length === 0 ? ["Its first attempt is still running."] : [] },
  ];
}
