import { CommandFailure, exitCodes } from "../terminal/exit-codes.ts";
import { callGateway, jsonOf, refusedBy, type GatewayAddress } from "./gateway-call.ts";
import { ProgressLine } from "../terminal/progress-line.ts";
import { textTable } from "../terminal/text-table.ts";

export interface DrainOptions extends GatewayAddress {
  readonly workload?: string;
  readonly reason?: string;
  /** Seconds to wait for running requests; absent = do not wait. */
  readonly wait?: number;
  readonly json?: boolean;
}

/** As `GET /admin/drains` tells it. */
interface Drain {
  readonly site: string;
  readonly workload: string | null;
  /** Seconds since 1970 UTC. */
  readonly since: number;
  readonly reason: string | null;
  readonly running: number;
}

const path = "admin/drains";
/** How often running requests are counted while waiting, ms. */
const lookMs = 500;

/** `disperse drain`: takes a site, or one workload's engines there, out of a running gateway; without a site, lists. */
export async function drain(site: string | undefined, options: DrainOptions): Promise<void> {
  if (site === undefined) return listDrains(options);
  const { url, workload, reason } = options;
  const body = { site, ...(workload !== undefined && { workload }), ...(reason !== undefined && { reason }) };
  const answer = await callGateway(options, path, { method: "POST", body });
  if (answer.status !== 200) throw refusedBy(url, answer);
  const { running } = jsonOf(answer) as Drain;
  const place = placeOf(site, workload ?? null);
  if (options.json && options.wait === undefined) process.stdout.write(`${answer.text}\n`);
  else
    process.stderr.write(`${sentence(place)} takes no new requests from now on; ${counted(running)} still running.\n`);
  if (options.wait !== undefined) await untilIdle(site, options, options.wait);
}

/** `disperse undrain`: puts it back in. */
export async function undrain(site: string, options: DrainOptions): Promise<void> {
  const { url, workload } = options;
  const what = [site, ...(workload === undefined ? [] : [workload])].map(encodeURIComponent).join("/");
  const answer = await callGateway(options, `${path}/${what}`, { method: "DELETE" });
  if (answer.status === 404) {
    const drains = await drainsOf(options);
    const known = drains.map((entry) => placeOf(entry.site, entry.workload)).join("; ");
    const place = placeOf(site, workload ?? null);
    throw invalid(`${sentence(place)} is not drained as such. ${known === "" ? "Nothing is." : `Drained: ${known}.`}`);
  }
  if (answer.status !== 200) throw refusedBy(url, answer);
  if (options.json) process.stdout.write(`${answer.text}\n`);
  else process.stderr.write(`${sentence(placeOf(site, workload ?? null))} takes requests again.\n`);
}

async function listDrains(options: DrainOptions): Promise<void> {
  const drains = await drainsOf(options);
  if (options.json) return void process.stdout.write(`${JSON.stringify(drains)}\n`);
  const rows = drains.map(({ site, workload, since, reason, running }) => [
    site,
    workload ?? "all",
    new Date(since * 1_000).toISOString().slice(0, 16),
    String(running),
    reason ?? "",
  ]);
  const table = textTable(["site", "workload", "since (UTC)", "running", "reason"], rows);
  process.stdout.write(`${rows.length === 0 ? "Nothing is drained." : table}\n`);
}

async function drainsOf(options: DrainOptions): Promise<readonly Drain[]> {
  const answer = await callGateway(options, path);
  if (answer.status !== 200) throw refusedBy(options.url, answer);
  return (jsonOf(answer) as { data: readonly Drain[] }).data;
}

/** Waits until nothing runs there any more, in none of the gateway's processes; ends with a code of its own when that takes too long. */
async function untilIdle(site: string, options: DrainOptions, waitS: number): Promise<void> {
  const { workload, url } = options;
  const place = placeOf(site, workload ?? null);
  const line = new ProgressLine();
  for (const endsMs = performance.now() + waitS * 1_000; ;) {
    const answer = await callGateway(options, "metrics");
    if (answer.status !== 200) throw refusedBy(url, answer);
    const running = runningIn(answer.text, site, workload);
    if (running === 0) break;
    if (performance.now() > endsMs) {
      line.finish();
      throw new CommandFailure(
        exitCodes.stillRunning,
        `${sentence(place)} is drained, but ${counted(running)} still running after ${waitS} s.`,
      );
    }
    line.show(`${counted(running)} still running at ${place}`);
    await new Promise((resolve) => setTimeout(resolve, lookMs));
  }
  line.finish();
  process.stderr.write(`Nothing runs at ${place} any more.\n`);
}

/** Requests still running, summed from the metrics, which hold those of all processes of the gateway. */
function runningIn(metrics: string, site: string, workload: string | undefined): number {
  let running = 0;
  for (const [, labels, value] of metrics.matchAll(/^disperse_drained_running_requests\{(.*)\} (\d+)$/gm)) {
    const has = (name: string, wanted: string) => labels!.includes(`${name}=${JSON.stringify(wanted)}`);
    if (has("site", site) && has("workload", workload ?? "")) running += Number(value);
  }
  return running;
}

function placeOf(site: string, workload: string | null): string {
  return workload === null ? `site ${site}` : `${workload} at ${site}`;
}

/** Begins a line with it; a workload's name stays as it is. */
function sentence(place: string): string {
  return place.replace(/^site /, "Site ");
}

function counted(running: number): string {
  return running === 1 ? "1 request is" : `${running} requests are`;
}

const invalid = (why: string): CommandFailure => new CommandFailure(exitCodes.invalid, why);
