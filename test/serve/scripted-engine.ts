import type { Clock, Engine, EngineEvents, EngineRequest } from "../../src/serve/index.ts";

/** An engine without a queue whose answers are what the test says, each played when the test takes it out of `answers`. */
export function scriptedEngine(clock: Clock, play: (events: EngineEvents, request: EngineRequest) => void) {
  const answers: (() => void)[] = [];
  const engine: Engine = {
    start(request, events) {
      answers.push(() => play(events, request));
      return { cancel() {}, pause() {}, resume() {} };
    },
    signals: () => ({
      source: "engine",
      atMs: clock.monotonicMs(),
      runningRequests: 0,
      waitingRequests: 0,
      drainMs: 0,
      kvUsageRatio: 0,
    }),
    close: async () => {},
  };
  return { engine, answers };
}
