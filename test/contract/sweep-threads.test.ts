import { localRunner } from "../../src/cli/simulation/sweep.ts";
import { sweepRunnerContract } from "./sweep-runner.ts";

sweepRunnerContract("threads", async () => localRunner(2));
