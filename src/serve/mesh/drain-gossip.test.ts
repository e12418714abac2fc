import { describe, expect, it } from "vitest";
import { DrainGossip, type DrainEntry } from "./drain-gossip.ts";
import { Drains } from "./drains.ts";

/** Site `north` is of one owner, `south` of another; gateways go by the names of theirs. */
function gateway(self: string, epochMs = 1_000) {
  const drains: Drains = new Drains((change) => (gossip.changed(change), null));
  const gossip: DrainGossip = new DrainGossip({
    drains,
    self,
    epochMs: () => epochMs,
    seal: {
      seal: (text) => `${self}:${text}`,
      holds: (by, text, seal) => seal === `${by}:${text}`,
    },
    speaksFor: (by, site) => by.startsWith(site),
    knows: (site, workload) => ["north", "south"].includes(site) && [null, "chat"].includes(workload),
  });
  return { drains, gossip, out: () => drains.all.map(({ site, workload }) => [site, workload]) };
}

const whole = (site: string) => ({ site, workload: null, sinceEpochMs: 1, reason: null });

describe("what operators told other gateways", () => {
  it("holds whoever passes it on", () => {
    const [north, south, other] = [gateway("north"), gateway("south"), gateway("south-2")];
    north.drains.add(whole("north"));
    south.gossip.merge(north.gossip.entries);
    other.gossip.merge(south.gossip.entries);
    expect(other.out()).toEqual([["north", null]]);
  });

  it.each<[string, (entry: DrainEntry) => DrainEntry]>([
    ["is changed on its way", (entry) => ({ ...entry, version: entry.version + 1 })],
    ["is put into another's mouth", (entry) => ({ ...entry, by: "north-2" })],
    ["is turned round", (entry) => ({ ...entry, out: null })],
  ])("does not hold when it %s", (_how, change) => {
    const [north, south] = [gateway("north"), gateway("south")];
    north.drains.add(whole("north"));
    south.gossip.merge(north.gossip.entries.map(change));
    expect([south.out(), south.gossip.entries]).toEqual([[], []]);
  });

  it("is not kept when no plan has such a place", () => {
    const [north, south] = [gateway("north"), gateway("south")];
    for (let index = 0; index < 100; index++) north.drains.add({ ...whole("north"), workload: `chat-${index}` });
    north.drains.add({ ...whole("north"), workload: "chat" });
    south.gossip.merge(north.gossip.entries);
    expect(south.gossip.entries).toHaveLength(1);
  });

  it("does not make words on other places count less, however late it says it is", () => {
    const [rogue, north, other] = [gateway("south", Number.MAX_SAFE_INTEGER), gateway("north"), gateway("north-2")];
    rogue.drains.add(whole("south"));
    north.drains.add(whole("north"));
    for (const { gossip } of [north, other]) gossip.merge(rogue.gossip.entries);
    other.gossip.merge(north.gossip.entries);
    other.drains.remove("north", null);
    north.gossip.merge(other.gossip.entries);
    expect(north.out()).toEqual([["south", null]]);
    north.drains.add(whole("north"));
    other.gossip.merge(north.gossip.entries);
    expect(other.out()).toHaveLength(2);
  });
});
