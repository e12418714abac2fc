import { ms, usd } from "./figures.ts";
import { CommandFailure, exitCodes } from "./exit-codes.ts";
import { report, type ReportFormat, type Section } from "./report.ts";

export interface ExplainRouteOptions {
  /** Root of the gateway, for example `http://127.0.0.1:4400`. */
  readonly url: string;
  readonly keyEnv?: string;
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

/** Answer to a request for a route; anything slower is a gateway that hangs. */
const timeoutMs = 5_000;

/** `disperse explain route`: why a running gateway sent a request where it did, and what became of it. */
export async function explainRoute(id: string, options: ExplainRouteOptions): Promise<void> {
  const route = await fetchRoute(id, options);
  process.stdout.write(`${options.json ? JSON.stringify(route) : report(routeSections(route), options.format)}\n`);
}

async function fetchRoute(id: string, { url, keyEnv }: ExplainRouteOptions): Promise<Route> {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw invalid(`--url: "${url}" is no http or https address, for example http://127.0.0.1:4400.`);
  }
  const key = keyEnv === undefined ? undefined : process.env[keyEnv];
  if (keyEnv !== undefined && !key) throw invalid(`--key-env: the environment variable ${keyEnv} is not set.`);
  const address = new URL(`v1/routes/${encodeURIComponent(id)}`, url.endsWith("/") ? url : `${url}/`);
  let response: Response;
  let body: unknown;
  try {
    response = await fetch(address, {
      redirect: "error",
      signal: AbortSignal.timeout(timeoutMs),
      ...(key && { headers: { authorization: `Bearer ${key}` } }),
    });
    body = await response.json();
  } catch {
    throw invalid(`No gateway answers at ${url}. Start one with \`disperse serve\`, or name another with --url.`);
  }
  const { object, error } = (body ?? {}) as { object?: string; error?: { message?: string } };
  if (object === "disperse.route") return body as Route;
  throw invalid(
    response.status === 404
      ? `The gateway at ${url} does not remember a request "${id}". The id is in the header x-disperse-request-id of ` +
          `its answer; the latest requests are kept, and a restart forgets them.`
      : `The gateway at ${url} answered with status ${response.status}: ${error?.message ?? "no reason given"}`,
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

const invalid = (why: string): CommandFailure => new CommandFailure(exitCodes.invalid, why);
