import { apiError, type ApiError } from "../wire/api-error.ts";
import { asItStands, eventsOfRun } from "./background-run.ts";
import { EventLog } from "../stream/event-log.ts";
import { endingEvent, errorEvent, eventsOf } from "./response-events.ts";
import type { KeptResponse, ResponseDesk } from "./response-desk.ts";

/** How often events are looked for that another process makes, ms. */
const lookMs = 250;

/**
 * The events of a response that is kept or still being made, for one more reader: as they were when it was streamed, else
 * as they could have been. `startingAfter` is the number of the last event the reader has; null = it has none.
 */
export async function streamKept(
  desk: ResponseDesk,
  account: string,
  kept: KeptResponse,
  startingAfter: string | null,
): Promise<{ readonly log: EventLog; readonly from: number } | ApiError> {
  const from = startingAfter === null ? 0 : Number(startingAfter) + 1;
  if (startingAfter !== null && !/^\d{1,9}$/.test(startingAfter)) {
    const detail = "`starting_after` must be the `sequence_number` of an event.";
    return apiError("invalid_request", { detail, param: "starting_after" });
  }
  const log = await logOf(desk, account, kept);
  if ("code" in log) return log;
  if (from >= log.first) return { log, from };
  const detail = `The first ${log.first} events are no longer kept: start after a later one, or fetch the response.`;
  return apiError("invalid_request", { detail, param: "starting_after" });
}

async function logOf(desk: ResponseDesk, account: string, kept: KeptResponse): Promise<EventLog | ApiError> {
  const own = eventsOfRun(desk, account, kept.id);
  if (own) return own;
  const log = new EventLog(Number.POSITIVE_INFINITY, () => "");
  const making = kept.aliveEpochMs !== undefined;
  if (!kept.streamed) {
    if (making) {
      const detail = "The response was not asked for with `stream: true`: ask for it until it is done.";
      return apiError("invalid_request", { detail, param: "stream" });
    }
    log.add(...eventsOf(JSON.parse(kept.response) as Record<string, unknown>));
    log.end();
    return log;
  }
  const told = await desk.eventsOf(account, kept.id);
  if (told === null && !making) {
    return apiError("invalid_request", { detail: tooMany, param: "stream" });
  }
  add(log, told);
  await followUp(desk, account, kept, log);
  return log;
}

const tooMany = "The events of the response are not kept, because there were too many: fetch it without `stream`.";

/** Ends the log if the response is complete; else looks again for as long as somebody reads. */
async function followUp(desk: ResponseDesk, account: string, kept: KeptResponse, log: EventLog): Promise<void> {
  const response = JSON.parse(await asItStands(desk, account, kept)) as Record<string, unknown>;
  if (response["status"] !== "in_progress" && response["status"] !== "queued") {
    log.add(endingEvent(response, log.next));
    return log.end();
  }
  desk.clock.schedule(lookMs, () => {
    if (log.isRead) void look().catch(() => broken("The events can no longer be read."));
  });

  async function look(): Promise<void> {
    // First whether it is complete, then its events: what is complete has all of them.
    const now = await desk.find(account, kept.id);
    const told = await desk.eventsOf(account, kept.id);
    add(log, told);
    if (now === null) broken("The response was deleted.");
    else if (told === null && (log.next > 0 || now.aliveEpochMs === undefined)) broken(tooMany);
    else await followUp(desk, account, now, log);
  }
  function broken(message: string): void {
    log.add(errorEvent("server_error", message, log.next));
    log.end();
  }
}

/** Adds what the log does not know yet of all that was told. */
function add(log: EventLog, told: string | null): void {
  if (told !== null) log.add(...told.split(/(?<=\n\n)/).slice(log.next));
}
