import { localRunner } from "../../src/cli/sweep.ts";
import { sweepRunnerContract } from "./sweep-runner.ts";

sweepRunnerContract("threads", async () => localRunner(2));
