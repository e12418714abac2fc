import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // One worker process for all files: on two cores start-up costs more than the tests themselves.
    isolate: false,
    include: [
      "src/**/*.test.ts",
      "console/src/**/*.test.ts",
      "test/**/*.test.ts",
      "examples/**/*.test.ts",
      "bench/**/*.test.ts",
    ],
    testTimeout: 20_000,
    env: { TZ: "UTC" },
  },
});
