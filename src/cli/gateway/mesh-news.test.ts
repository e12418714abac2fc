import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Peers } from "../../serve/index.ts";
import { tellMeshNews } from "./mesh-news.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("says once when something begins that an operator can mend, and once when it is over", () => {
  const berlin = { name: "berlin", isReachable: true, servesOtherPlan: null as boolean | null };
  const peers = { self: "paris", others: [berlin], hasTwin: false };
  const said: string[] = [];
  const end = tellMeshNews(
    peers as unknown as Peers,
    () => "https://berlin.example",
    (line) => said.push(line),
  );
  const after = (change: () => void) => {
    change();
    vi.advanceTimersByTime(3_000);
    return said.splice(0);
  };
  expect(after(() => {})).toEqual([]);
  expect(after(() => (berlin.isReachable = false))).toEqual([
    expect.stringMatching(/^mesh: berlin at https:\/\/berlin\.example cannot be reached.*NODE_EXTRA_CA_CERTS/),
  ]);
  expect(after(() => (berlin.isReachable = true))).toEqual(["mesh: berlin at https://berlin.example can be reached"]);
  expect(after(() => (berlin.servesOtherPlan = true))).toEqual([
    expect.stringMatching(/berlin does not serve the same plan.*--period/),
  ]);
  expect(after(() => (berlin.servesOtherPlan = null))).toEqual([]);
  expect(after(() => (berlin.servesOtherPlan = false))).toEqual(["mesh: berlin serves the same plan as this gateway"]);
  expect(after(() => (peers.hasTwin = true))).toEqual([
    expect.stringMatching(/goes by the name of this gateway, "paris"/),
  ]);
  end();
  expect(after(() => (peers.hasTwin = false))).toEqual([]);
});
