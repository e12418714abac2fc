import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { BaseSequencer } from "vitest/node";

/** Long runs that mostly wait: whatever begins after them runs beside them. */
const longest = ["test/e2e/main-job.test.ts", "test/e2e/console.test.ts", "test/cli/sweep.test.ts"];

class LongestFirst extends BaseSequencer {
  override async sort(files: Parameters<BaseSequencer["sort"]>[0]) {
    const sorted = await super.sort(files);
    const isLong = (file: (typeof sorted)[number]) => longest.some((name) => file.moduleId.endsWith(name));
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

export default defineConfig({
  test: {
    // Processes are shared by many files: on two cores start-up costs more than the tests themselves. Two of them, for
    // many tests wait for a child process, a browser or a clock.
    isolate: false,
    maxWorkers: Math.max(3, availableParallelism() - 1),
    // Worlds come and go by the thousand: with more room for the young, fewer of them are copied before they are gone.
    execArgv: ["--max-semi-space-size=64"],
    sequence: { sequencer: LongestFirst },
    include: [
      "src/**/*.test.ts",
      "console/src/**/*.test.ts",
      "test/**/*.test.ts",
      "examples/**/*.test.ts",
      "bench/**/*.test.ts",
    ],
    // Node runs the modules as it does for users; nothing here is mocked by path or written for Vite.
    experimental: { viteModuleRunner: false, nodeLoader: false },
    setupFiles: ["test/laws/time-limit.ts"],
    // These only end what hangs; a busy machine takes its time.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    env: { TZ: "UTC" },
  },
});
