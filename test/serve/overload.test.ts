import { describe, expect, it } from "vitest";
import { unknownSignals, type Engine, type GatewayParts, type RequestRecord } from "../../src/serve/index.ts";
import { budgetMs, overload, type Heard } from "./overload.ts";
import { createGateway, serveWorld, testMesh } from "./test-mesh.ts";

const seconds = 5;
/** What one engine with eight places answers in time, requests per second; the first test checks it. */
const capacityPerS = 118;

const body = JSON.stringify({ model: "disperse/chat", messages: [{ role: "user", content: "Hello" }] });
const call = { method: "POST", path: "/v1/chat/completions", body, bodyBytes: body.length, header: () => undefined };

/** A gateway whose engines have no room, ever. */
function full(extra: Partial<GatewayParts>, world = serveWorld()) {
  const { parts, telemetry } = testMesh({ world });
  const engine: Engine = {
    start: () => ({ cancel() {}, pause() {}, resume() {} }),
    signals: () => unknownSignals,
    close: async () => {},
  };
  const engines = () => ({ engine, emulated: false, model: "silent", maxInFlight: 0 });
  return { gateway: createGateway({ ...parts, engines, ...extra }), telemetry };
}

const inTime = (heard: readonly Heard[]) => heard.filter(({ ttftMs }) => ttftMs !== null && ttftMs <= budgetMs).length;
const of = (heard: readonly Heard[], key: string) => heard.filter((entry) => entry.key === key);

describe("a gateway that is asked for more than its engines can do", () => {
  const atCapacity = overload([{ key: "", perS: capacityPerS }], seconds);
  const threefold = overload([{ key: "", perS: 3 * capacityPerS }], seconds);

  it("answers as many in time at three times its capacity as at its capacity", () => {
    expect(inTime(atCapacity)).toBeGreaterThan(0.95 * atCapacity.length);
    expect(inTime(threefold)).toBeGreaterThan(0.95 * inTime(atCapacity));
  });

  it("answers everyone: 200, or 429 with advice when to come back", () => {
    expect(threefold.length).toBeGreaterThan(2.8 * capacityPerS * seconds);
    for (const { status, retryAfterS } of threefold) {
      expect([200, 429]).toContain(status);
      if (status === 429) expect(retryAfterS).toBeGreaterThanOrEqual(1);
    }
  });

  it("lets hardly anyone have an answer that is too late to be worth its work", () => {
    const late = threefold.filter(({ ttftMs }) => ttftMs !== null && ttftMs > budgetMs);
    expect(late.length).toBeLessThan(0.15 * inTime(threefold));
  });

  it("serves the urgent first, whoever else asks", () => {
    const accounts = [
      { id: "urgent", priority: "high" as const },
      { id: "bulk", priority: "low" as const },
    ];
    const callers = [
      { key: "urgent", perS: capacityPerS / 2 },
      { key: "bulk", perS: 3 * capacityPerS },
    ];
    const heard = overload(callers, seconds, { accounts });
    expect(inTime(of(heard, "urgent"))).toBeGreaterThan(0.98 * of(heard, "urgent").length);
    expect(inTime(of(heard, "bulk"))).toBeGreaterThan(0.3 * capacityPerS * seconds);
  });

  it("lets a request step back behind the others of its account, but not forward", () => {
    const patient = [
      { key: "a", perS: capacityPerS, headers: { "x-disperse-priority": "low" } },
      { key: "b", perS: capacityPerS, headers: { "x-disperse-priority": "high" } },
      { key: "c", perS: capacityPerS },
    ];
    const heard = overload(patient, seconds, { accounts: [{ id: "a" }, { id: "b" }, { id: "c" }] });
    expect(inTime(of(heard, "a"))).toBeLessThan(0.1 * inTime(of(heard, "c")));
    expect(inTime(of(heard, "b")) / inTime(of(heard, "c"))).toBeGreaterThan(0.8);
    expect(inTime(of(heard, "b")) / inTime(of(heard, "c"))).toBeLessThan(1.25);
  });

  it("gives an account that asks for less than its share all of it, however much others ask", () => {
    const callers = [
      { key: "small", perS: 0.3 * capacityPerS },
      { key: "large", perS: 3 * capacityPerS },
    ];
    const heard = overload(callers, seconds, { accounts: [{ id: "small" }, { id: "large" }] });
    expect(inTime(of(heard, "small"))).toBeGreaterThan(0.95 * of(heard, "small").length);
  });

  it("divides the tokens by the weights of the accounts", () => {
    const callers = ["double", "single"].map((key) => ({ key, perS: 2 * capacityPerS }));
    const heard = overload(callers, seconds, { accounts: [{ id: "double", weight: 2 }, { id: "single" }] });
    const ratio = inTime(of(heard, "double")) / inTime(of(heard, "single"));
    expect(ratio).toBeGreaterThan(1.8);
    expect(ratio).toBeLessThan(2.2);
  });

  it("keeps no more waiting than it has room for", () => {
    const heard = overload([{ key: "", perS: 3 * capacityPerS }], seconds, { options: { maxQueued: 10 } });
    expect(inTime(heard)).toBeGreaterThan(0.9 * inTime(atCapacity));
    expect(heard.every(({ status }) => status === 200 || status === 429)).toBe(true);
  });

  it("writes down who left while waiting", () => {
    const notes: RequestRecord[] = [];
    const { gateway, telemetry } = full({
      journals: [{ note: (record) => void notes.push(record), close: async () => {} }],
    });
    gateway.handle(call, { send: () => true, write: () => true, reset() {} }).clientLeft();
    expect(notes).toMatchObject([{ outcome: "client-left", site: null, attempts: [], chargeNanoUsd: 0 }]);
    expect(telemetry.render()).toMatch(/disperse_requests_total\{outcome="client-left",site="",workload="chat"\} 1/);
    expect(telemetry.render()).toMatch(/disperse_queued_requests 0/);
  });

  it("tells at once who may not be served at all, however full engines are that serve others", () => {
    const { gateway } = full({}, serveWorld({ sites: [serveWorld().sites[2]!] }));
    const statuses: number[] = [];
    const send = (status: number) => statuses.push(status) > 0;
    gateway.handle(call, { send, write: () => true, reset() {} });
    expect(statuses).toEqual([403]);
  });

  it("is ready all the same", () => {
    const { gateway } = full({});
    const statuses: number[] = [];
    const send = (status: number) => statuses.push(status) > 0;
    gateway.handle({ ...call, method: "GET", path: "/readyz" }, { send, write: () => true, reset() {} });
    expect(statuses).toEqual([200]);
  });
});
