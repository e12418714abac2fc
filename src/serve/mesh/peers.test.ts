import { describe, expect, it } from "vitest";
import { createManualClock } from "../../../test/serve/manual-clock.ts";
import type { Mesh, Seal } from "../wire/ports.ts";
import { Drains } from "./drains.ts";
import type { EngineReport } from "./peer-report.ts";
import { Peers } from "./peers.ts";
import { ToldGroup } from "./told-group.ts";

const engine: EngineReport = {
  site: "core-site",
  pool: "core-site/box",
  position: 0,
  running: 3,
  waiting: 1,
  places: 8,
  drainMs: 40,
  ageMs: 100,
  kvUsageRatio: 0.5,
  healthRatio: 1,
  emulated: true,
  continues: true,
};

/** Seals with the name of who seals: whoever says another name is found out. */
const sealOf = (name: string): Seal => ({
  seal: (text) => `${name}:${text.length}`,
  holds: (gateway, text, seal) => seal === `${gateway}:${text.length}`,
  digest: (body) => body,
});

/** Two gateways whose texts wait until they are carried. */
function two() {
  const clock = createManualClock();
  const waiting: string[] = [];
  const said: string[] = [];
  const listeners: ((text: string) => void)[] = [];
  const mesh: Mesh = {
    publish: (text) => void (waiting.push(text), said.push(text)),
    listen: (heard) => (listeners.push(heard), () => {}),
    close: async () => {},
  };
  const members = [
    { name: "edge", sites: ["edge-site"] },
    { name: "core", sites: ["core-site"] },
  ];
  const plans: Record<string, string | null> = { edge: "one", core: null };
  const restart = (self: string, aheadMs = 0) => {
    const own = { ...clock, epochMs: () => clock.epochMs() + aheadMs };
    return new Peers({
      self,
      members,
      ownerOf: () => "one",
      knows: () => true,
      planMark: () => plans[self]!,
      mesh,
      seal: sealOf(self),
      clock: own,
      drains: new Drains(),
    });
  };
  const [edge, core] = [restart("edge"), restart("core")];
  const carry = (texts = waiting.splice(0)) => texts.forEach((text) => listeners.forEach((heard) => heard(text)));
  const group = new ToldGroup(edge.others[0]!, engine);
  const standing = () => edge.others[0]!.standing(clock.monotonicMs());
  /** Lets time pass; texts are carried as soon as they are said, unless the network is away. */
  const pass = (ms: number, away = false) => {
    for (let passed = 0; passed < ms; passed += 50) {
      clock.advance(50);
      if (!away) carry();
    }
  };
  edge.start(() => []);
  return { plans, restart, clock, edge, core, carry, pass, group, standing, waiting, said };
}

describe("what a gateway knows of another", () => {
  it("is nothing until it is told, and then what was told and when it was true", () => {
    const { core, pass, group, standing, clock } = two();
    expect([standing(), group.healthRatio(clock.monotonicMs())]).toEqual(["gone", 0]);
    core.start(() => [engine]);
    pass(300);
    expect(standing()).toBe("fresh");
    expect(group.healthRatio(clock.monotonicMs())).toBe(1);
    const { atMs, heardMs, ...signals } = group.signals();
    expect(signals).toEqual({
      source: "scrape",
      runningRequests: 3,
      waitingRequests: 1,
      drainMs: 40,
      kvUsageRatio: 0.5,
    });
    // 100 ms old when it was told.
    expect(heardMs! - atMs).toBe(100);
  });

  it("counts what was sent there since the last report", () => {
    const { core, pass, group, clock } = two();
    core.start(() => [engine]);
    pass(300);
    const isFull = (inFlight: number) => group.isFull(inFlight, clock.monotonicMs());
    expect([isFull(0), isFull(4), isFull(5)]).toEqual([false, false, true]);
    pass(300);
    // The new report knows those five.
    expect(isFull(5)).toBe(false);
  });

  it("is unknown after a second without a word, suspected after that, and not used after half a minute", () => {
    const { core, pass, group, standing, clock } = two();
    core.start(() => [engine]);
    pass(300);
    core.close();
    pass(1_200);
    expect([standing(), group.healthRatio(clock.monotonicMs())]).toEqual(["unknown", Number.NaN]);
    pass(500);
    expect([standing(), group.healthRatio(clock.monotonicMs())]).toEqual(["suspected", 0.05]);
    pass(30_000);
    expect([standing(), group.healthRatio(clock.monotonicMs())]).toEqual(["gone", 0]);
  });

  it("is unknown, and no suspicion, while nobody hears anybody", () => {
    const { core, edge, pass, standing, clock } = two();
    core.start(() => [engine]);
    pass(300);
    pass(3_000, true);
    expect([standing(), edge.networkWorks(clock.monotonicMs())]).toEqual(["unknown", false]);
  });

  it("is as old as it is when a network that hung hands everything over at once", () => {
    const { core, carry, pass, standing, waiting, edge, clock } = two();
    core.start(() => [engine]);
    pass(300);
    pass(10_000, true);
    core.close();
    clock.advance(2_000);
    // What the other gateway said last is two seconds old, also if it comes just now; what this one said itself as well.
    carry(waiting.splice(0));
    expect(standing()).toBe("suspected");
    expect(edge.networkWorks(clock.monotonicMs())).toBe(true);
  });

  it("does not go back to what was said before, nor to an earlier run", () => {
    const { core, carry, pass, said, group, edge } = two();
    let running = 1;
    core.start(() => [{ ...engine, running }]);
    pass(300);
    running = 2;
    pass(300);
    carry([...said]);
    expect(group.told!.running).toBe(2);
    const { old, forged } = edge.takeRefused();
    expect(old).toBeGreaterThan(0);
    expect(forged).toBe(0);
  });

  it("is what a run says whose clock was set back, once the one before has long been silent", () => {
    const { clock, core, pass, standing, restart } = two();
    core.start(() => [engine]);
    pass(300);
    core.close();
    pass(2_000);
    const later = restart("core", -5_000);
    later.start(() => [engine]);
    pass(1_000);
    expect(standing()).toBe("suspected");
    pass(30_000);
    expect(standing()).toBe("fresh");
    expect(clock.monotonicMs()).toBeGreaterThan(0);
  });

  it("is not what somebody says in its name, nor what it says of sites that are not its own", () => {
    const { core, carry, edge, pass, said, clock } = two();
    const own = { ...engine, site: "edge-site", pool: "edge-site/box" };
    core.start(() => [own]);
    pass(300);
    const astray = new ToldGroup(edge.others[0]!, own);
    expect(astray.told).toBeNull();
    const [, text] = /^\S+ (.*)$/.exec(said.at(-1)!)!;
    for (const forged of [`edge:${text!.length} ${text}`, text!, "", "x", "x {}", "x null", `core:1 ${text}`])
      carry([forged]);
    expect(edge.takeRefused().forged).toBe(7);
    expect(edge.others[0]!.standing(clock.monotonicMs())).toBe("fresh");
  });

  it.each<[string, Record<string, unknown>]>([
    ["a drain without an end", { drains: [{ site: "core-site", workload: null, version: 1, by: "core", seal: "x" }] }],
    ["a drain that is none", { drains: [null] }],
    ["a wait below zero", { engines: [{ ...engine, drainMs: -1_000 }] }],
    ["fewer requests than none", { engines: [{ ...engine, running: -50 }] }],
    ["a health above whole", { engines: [{ ...engine, healthRatio: 7 }] }],
    ["a word where yes or no stands", { engines: [{ ...engine, emulated: "x" }] }],
    ["a position between two", { engines: [{ ...engine, position: 0.5 }] }],
    ["no engines", { engines: 3 }],
    ["more than anybody has to tell", { more: "x".repeat(1024 * 1024) }],
  ])("is not what stands beside %s, and what comes after it is heard", (_what, changes) => {
    const { core, carry, edge, pass, said, group } = two();
    core.start(() => [engine]);
    pass(300);
    const told = JSON.parse(said.findLast((text) => text.startsWith("core"))!.replace(/^\S+ /, "")) as object;
    const text = JSON.stringify({ ...told, number: 1_000_000, ...changes });
    const before = group.told;
    carry([`${sealOf("core").seal(`disperse mesh report v1\n${text}`)} ${text}`]);
    expect(group.told).toBe(before);
    expect(edge.takeRefused().forged).toBe(1);
    pass(300);
    expect(group.told).not.toBe(before);
  });

  it("is another plan or the same, where both have told of theirs", () => {
    const { core, edge, pass, plans } = two();
    core.start(() => [engine]);
    const isOther = (plan: string | null) => {
      plans["core"] = plan;
      pass(300);
      return edge.others[0]!.servesOtherPlan;
    };
    expect([null, "other", "one"].map((plan) => isOther(plan))).toEqual([null, true, false]);
  });

  it("is told apart from one that goes by this gateway's own name", () => {
    const { edge, pass, restart } = two();
    pass(600);
    expect(edge.takeRefused().twin).toBe(0);
    restart("edge", 100).start(() => []);
    pass(600);
    expect(edge.takeRefused().twin).toBeGreaterThan(0);
    expect(edge.hasTwin).toBe(true);
  });

  it("is not what was said more than half a minute ago by the clock", () => {
    const { core, carry, said, pass, clock, standing } = two();
    core.start(() => [engine]);
    pass(300, true);
    core.close();
    clock.advance(60_000);
    carry([...said].filter((text) => text.startsWith("core")));
    expect(standing()).toBe("gone");
  });
});
