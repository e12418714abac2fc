/**
 * Time counted in work, so that the same question and seed give the same plan on any machine under any load. A search asks the
 * clock when to stop; here the clock goes by what was done. What the solver does counts by its steps, its searches are limited
 * by nodes, and every look at the clock counts a little, for whoever looks has done something in between.
 */
import type { PathTools } from "./solution-path.ts";
import type { SolveResult } from "./solver.ts";

/** Nominal seconds of a step of the simplex method and of a node: about what a laptop takes on a model of ten thousand columns. */
const secondsPerIteration = 2e-4;
const secondsPerNode = 2e-2;
/** Of reading and presolving a model, per entry. */
const secondsPerEntry = 2e-6;
/** Of what lies between two looks at the clock. */
const secondsPerLook = 2e-4;
/** Nodes that may be searched for each nominal second of a limit. */
const nodesPerSecond = 50;

/**
 * @param tools Their clock is no longer asked, and progress inside a run of the solver is not told: how often it is depends on
 * the machine.
 */
export function countingWork(tools: PathTools): PathTools {
  return counting(tools, () => undefined);
}

/** @param also Takes the seconds of every run of the solver when it ends. */
function counting({ solver, breathe }: PathTools, also: (seconds: number) => void): PathTools {
  let workS = 0;
  // Runs side by side end in any order: what they did counts once all have ended.
  let endedS = 0;
  let running = 0;
  const ended = (seconds: number): void => {
    endedS += seconds;
    also(seconds);
  };
  const nowMs = (): number => {
    if (running === 0) {
      workS += endedS + secondsPerLook;
      endedS = 0;
    }
    return workS * 1000;
  };
  return {
    ...(breathe !== undefined && { breathe }),
    nowMs,
    apart: () => counting({ solver, nowMs }, ended),
    solver: {
      async solve(model, { onProgress: _depends, timeLimitS, ...options }) {
        running++;
        try {
          const nodeLimit = Math.max(1, Math.min(1e9, Math.ceil(timeLimitS * nodesPerSecond)));
          const result = await solver.solve(model, { ...options, timeLimitS: Infinity, nodeLimit });
          const seconds = nominalSeconds(model.values.length, result);
          ended(seconds);
          return { ...result, seconds };
        } finally {
          running--;
        }
      },
      close: () => solver.close(),
    },
  };
}

function nominalSeconds(entries: number, { work }: SolveResult): number {
  const { iterations, nodes } = work ?? { iterations: 0, nodes: 0 };
  return entries * secondsPerEntry + iterations * secondsPerIteration + nodes * secondsPerNode;
}
