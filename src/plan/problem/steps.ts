/**
 * Long work on one thread as a generator: every `yield` is a place where whoever drives it may hear others (a Ctrl-C, a request),
 * say how far it is, or give it up.
 */
import type { PathTools } from "./solution-path.ts";

/** What is yielded says where the work is, in words; undefined where that was said before. */
export type Steps<T> = Generator<string | undefined, T>;

/** Does the work at once. */
export function atOnce<T>(work: Generator<unknown, T>): T {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

/** Work that yields how much of it is done, with words for it. */
export function* inWords<T>(work: Generator<number, T>, words: (share: number) => string): Steps<T> {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
    yield words(step.value);
  }
}

const pauseEveryMs = 200;

export interface Pauses {
  /** Lets others be heard when that is due. */
  readonly hear: () => Promise<void>;
  /** Does the work with pauses. */
  readonly finish: <T>(work: Steps<T>) => Promise<T>;
}

/** @param onPause Told at every pause where the work is; what it throws ends the work. */
export function takePauses(tools: PathTools, onPause: (where: string) => void): Pauses {
  let heardMs = tools.nowMs();
  let where = "";
  const hear = async (): Promise<void> => {
    if (tools.nowMs() - heardMs <= pauseEveryMs) return;
    await tools.breathe?.();
    onPause(where);
    heardMs = tools.nowMs();
  };
  return {
    hear,
    async finish(work) {
      where = "";
      for (;;) {
        await hear();
        const step = work.next();
        if (step.done) return step.value;
        where = step.value ?? where;
      }
    },
  };
}
