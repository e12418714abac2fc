import { createMemoryStore } from "../../src/adapters/store-memory/index.ts";
import { createPrometheusTelemetry } from "../../src/adapters/telemetry-prometheus/index.ts";
import { Accounts, createGateway, type Account, type GatewayOptions } from "../../src/serve/index.ts";
import { seededRng } from "../worlds/random-world.ts";
import { testSite } from "../worlds/tiny-world.ts";
import { createManualClock } from "./manual-clock.ts";
import { emulatedBinding, serveDeployment, serveWorld } from "./test-mesh.ts";

/** Callers that send at random moments (Poisson), all through the same time. */
export interface Caller {
  readonly key: string;
  readonly perS: number;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Heard {
  readonly key: string;
  /** From arrival to the first content; null when none came. */
  readonly ttftMs: number | null;
  readonly status: number;
  readonly retryAfterS: number | null;
}

/** Rate at which the one emulated engine of `overload` answers in time when asked no more often, found by trial. */
export const budgetMs = 400;

/**
 * A gateway in front of one emulated engine that takes `maxInFlight` requests, on a clock that is moved by hand: `callers`
 * send for `seconds`. No engine, no clock and no socket of this machine has a part in the result.
 */
export function overload(
  callers: readonly Caller[],
  seconds: number,
  settings: { accounts?: readonly Partial<Account>[]; maxInFlight?: number; options?: Partial<GatewayOptions> } = {},
): Heard[] {
  const world = serveWorld({ sites: [testSite({ id: "near-edge", tier: "edge" })] });
  const clock = createManualClock(0);
  const rng = seededRng(5);
  const accounts = (settings.accounts ?? []).map((fields): Account => ({
    id: "",
    budgetNanoUsd: null,
    spentNanoUsd: 0,
    requestsPerMinute: null,
    tokensPerMinute: null,
    ...fields,
  }));
  const gateway = createGateway({
    world,
    deployment: serveDeployment(world),
    engines: (group) => ({
      ...emulatedBinding(world, { ...group, workloads: [0], replicas: 1, speedRatio: 1 }, clock),
      maxInFlight: settings.maxInFlight ?? 8,
    }),
    store: createMemoryStore(),
    clock,
    telemetry: createPrometheusTelemetry(),
    rng,
    ...(accounts.length > 0 && {
      accounts: new Accounts(
        {
          accounts,
          keys: accounts.map(({ id }) => ({ id, digest: id, account: id, workloads: "*", expiresEpochMs: null })),
          digests: (secret) => [secret],
        },
        0,
      ),
    }),
    options: settings.options ?? {},
  });

  const heard: Heard[] = [];
  const due = callers.flatMap((caller) => {
    const times: { atMs: number; caller: Caller }[] = [];
    for (let atMs = 0; (atMs += (-Math.log(1 - rng()) / caller.perS) * 1_000) < seconds * 1_000;)
      times.push({ atMs, caller });
    return times;
  });
  const body = JSON.stringify({ model: "disperse/chat", stream: true, messages: [{ role: "user", content: "Hello" }] });
  for (const { atMs, caller } of due.toSorted((one, other) => one.atMs - other.atMs)) {
    clock.advance(atMs - clock.monotonicMs());
    gateway.handle(
      {
        method: "POST",
        path: "/v1/chat/completions",
        body,
        bodyBytes: body.length,
        header: (name) => (name === "authorization" ? `Bearer ${caller.key}` : caller.headers?.[name]),
      },
      {
        send(status, headers) {
          const after = headers.indexOf("retry-after");
          heard.push({
            key: caller.key,
            ttftMs: status === 200 ? clock.monotonicMs() - atMs : null,
            status,
            retryAfterS: after < 0 ? null : Number(headers[after + 1]),
          });
          return true;
        },
        write: () => true,
        reset() {},
      },
    );
  }
  clock.advance(60_000);
  return heard;
}
