import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  simulate,
  sweepCases,
  sweepRecord,
  type SweepJob,
  type SweepOutcome,
  type SweepRunner,
} from "../../src/simulate/index.ts";
import { deployEverywhere } from "../worlds/random-world.ts";
import { tinyWorld } from "../worlds/tiny-world.ts";

const world = tinyWorld();
const deployment = deployEverywhere(world);
const cases = (seeds: number, durationS = 3) =>
  sweepCases(
    { seeds: Array.from({ length: seeds }, (_, i) => i + 1), rules: ["disperse", "nearest"] },
    { durationS, windowS: 10 },
  );

/** What every runner of sweeps keeps; `make` gives a runner, and a name for jobs that no other test has. */
export function sweepRunnerContract(name: string, make: () => Promise<SweepRunner>): void {
  let serial = 0;
  const job = (): SweepJob => ({ id: `${name}-${serial++}-${process.pid}`, world, deployment, traces: [] });
  const collect = async (
    runner: SweepRunner,
    asked: ReturnType<typeof cases>,
    signal = new AbortController().signal,
    onEach: (outcomes: readonly SweepOutcome[]) => void = () => {},
    instead: Partial<SweepJob> = {},
  ): Promise<SweepOutcome[]> => {
    const outcomes: SweepOutcome[] = [];
    await runner.run(
      { ...job(), ...instead },
      asked,
      (outcome) => {
        outcomes.push(outcome);
        onEach(outcomes);
      },
      signal,
    );
    return outcomes;
  };

  describe(`sweep runner: ${name}`, () => {
    // One for all of them: a runner serves many sweeps, one after the other.
    let runner: SweepRunner;
    beforeAll(async () => {
      runner = await make();
    });
    afterAll(() => runner.close());

    it("gives every case one outcome, the same as simulating it here", async () => {
      const asked = cases(3);
      const outcomes = await collect(runner, asked);
      const byId = new Map(outcomes.map((outcome) => [outcome.id, outcome]));
      expect(outcomes).toHaveLength(asked.length);
      for (const { id, options } of asked) {
        const record = sweepRecord(simulate({ world, deployment, options }));
        expect(byId.get(id)).toEqual({ id, record: JSON.parse(JSON.stringify(record)) });
      }
    });

    it("tells which case cannot be simulated, and goes on with the others", async () => {
      const asked = cases(2).map((entry, i) =>
        i === 1 ? { ...entry, options: { ...entry.options, durationS: -1 } } : entry,
      );
      const outcomes = await collect(runner, asked);
      const failed = outcomes.filter((outcome) => "failure" in outcome);
      expect(failed).toEqual([{ id: asked[1]!.id, failure: expect.stringMatching(/durationS/) }]);
      expect(outcomes).toHaveLength(4);
    });

    it("has nothing to do for no cases", async () => {
      expect(await collect(runner, [])).toEqual([]);
    });

    it("takes each sweep for itself: another deployment has other outcomes", async () => {
      const asked = cases(1);
      const first = await collect(runner, asked);
      const bare = { ...deployment, pools: deployment.pools.slice(0, 1), flows: [] };
      const other = await collect(runner, asked, undefined, undefined, { deployment: bare });
      expect(other).toHaveLength(asked.length);
      expect(other).not.toEqual(expect.arrayContaining([first[0]]));
      const record = sweepRecord(simulate({ world, deployment: bare, options: asked[0]!.options }));
      expect(other.find(({ id }) => id === asked[0]!.id)).toEqual({
        id: asked[0]!.id,
        record: JSON.parse(JSON.stringify(record)),
      });
    });

    it("ends with the reason where an outcome cannot be kept", async () => {
      const full = (): void => {
        throw new Error("no space is left");
      };
      await expect(collect(runner, cases(2), undefined, full)).rejects.toThrow("no space is left");
    });

    it("ends when told to, with the outcomes it has", async () => {
      const abort = new AbortController();
      const outcomes = await collect(runner, cases(10, 20), abort.signal, () => abort.abort());
      expect(outcomes.length).toBeGreaterThanOrEqual(1);
      expect(outcomes.length).toBeLessThan(20);
      expect(new Set(outcomes.map(({ id }) => id)).size).toBe(outcomes.length);
    });
  });
}
