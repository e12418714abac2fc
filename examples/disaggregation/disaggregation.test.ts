import { afterAll, describe, expect, it } from "vitest";
import { expectPrinted, openExample } from "../../test/cli/example.ts";

const example = openExample("disaggregation");
afterAll(example.close);

async function times(...overrides: string[]) {
  const { file } = await example.plan(...overrides);
  const { result, summary } = await example.simulate(file, "--seconds", "120");
  const [assistant] = result.workloads;
  return { summary, ttftMs: assistant!.ttftMs.p50!, tpotMs: assistant!.tpotMs.p99! };
}

describe("prompts and answers on separate units", () => {
  it("make tokens come faster, as no prompt interrupts them, unless the link is slow", async () => {
    const whole = await times();
    const apart = await times("--scenario", "apart");
    const slow = await times("--scenario", "slow-link");
    expectPrinted("disaggregation", apart.summary);
    expect(apart.tpotMs).toBeLessThan(whole.tpotMs);
    expect(slow.tpotMs).toBeGreaterThan(apart.tpotMs);
    // The first token comes from the prefill unit, before the cache travels.
    expect(Math.abs(slow.ttftMs / apart.ttftMs - 1)).toBeLessThan(0.02);
  });
});
