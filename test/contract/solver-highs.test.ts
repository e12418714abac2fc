import { createHighsSolver } from "../../src/adapters/solver-highs/index.ts";
import { solverContract } from "./solver.ts";

solverContract("solver-highs", () => createHighsSolver({ threads: 2 }));
