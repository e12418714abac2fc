export { createHighsSolver } from "./highs-solver.ts";
