/**
 * Loads and runs every pure room in a process from which clock, lots, timers, network and console were taken away. Started
 * by the test beside it under Node's permission model: no writing, no child processes, no threads.
 *
 * One narrow exception needs no door in the poison: the npm package `yaml` looks at LOG_TOKENS and LOG_STREAM, two debug
 * switches, through `node:process` rather than the global. The test runs without them, and they change no result.
 */
import { answers, part, report } from "./outside.ts";
import { touched } from "./poison.ts";

if (part === "offences") {
  const { offences } = await import("./offences.ts");
  for (const offend of Object.values(offences)) {
    try {
      offend();
    } catch {
      // A room that swallows the error is caught all the same.
    }
  }
  report({ touched });
} else {
  const { pureRooms } = await import("../architecture/floors.ts");
  for (const room of pureRooms) await import(`../../src/${room}/index.ts`);
  const { replay, wholeJob } = await import("./whole-job.ts");
  const result = await wholeJob(replay(answers));
  report({ rooms: pureRooms, result, touched });
}
