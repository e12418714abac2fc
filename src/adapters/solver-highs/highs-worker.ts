/**
 * The thread HiGHS runs in. HiGHS is WebAssembly: a run blocks its thread, and running out of its 32-bit memory kills the
 * module, so both happen here and reach the caller as messages.
 */
import { parentPort, workerData } from "node:worker_threads";
import loadHighs from "highs";
import type { Highs, InterruptCallbackEvent, Model } from "highs";
import type { MipModel, SolveResult, SolveStatus } from "../../plan/index.ts";
import type { FromWorker, ToWorker } from "./worker-messages.ts";

const port = parentPort;
if (port === null) throw new Error("highs-worker must be started as a worker thread");

// The package's declarations describe its CommonJS build, where the loader is the property `default`; the build that Node
// loads here is an ES module, whose default export is the loader itself.
const runtime: Promise<Highs> = (loadHighs as unknown as typeof loadHighs.default)({
  wasmModule: workerData,
});

/** At most so often a run tells how it goes: a small one sends its result alone. */
const progressEveryMs = 50;

function post(message: FromWorker): void {
  port?.postMessage(message);
}

/** Sends of the messages of one kind the latest, when the last was sent long enough ago; `flush` sends what waits. */
function sometimes(): { send: (message: FromWorker) => void; flush: () => void } {
  let sentMs = performance.now();
  let waiting: FromWorker | null = null;
  const flush = (): void => {
    if (waiting !== null) post(waiting);
    waiting = null;
    sentMs = performance.now();
  };
  return {
    send: (message) => {
      waiting = message;
      if (performance.now() - sentMs >= progressEveryMs) flush();
    },
    flush,
  };
}

function statusOf(highs: Highs, code: number, hasSolution: boolean): SolveStatus {
  const known = highs.constants.modelStatus;
  switch (code) {
    case known.optimal:
    case known.empty:
      return "optimal";
    case known.infeasible:
      return "infeasible";
    case known.unbounded:
      return "unbounded";
    // HiGHS stops its presolve here; our models are bounded below, so what remains is infeasible.
    case known.unboundedOrInfeasible:
      return "infeasible";
    case known.timeLimit:
    case known.iterationLimit:
    case known.solutionLimit:
      return "timeLimit";
    case known.interrupted:
      return "cancelled";
    default:
      return hasSolution ? "timeLimit" : "error";
  }
}

function load(highs: Highs, model: MipModel, isMip: boolean): Model {
  return highs.createModel({
    numCols: model.numCols,
    numRows: model.numRows,
    offset: model.offset,
    colCost: model.colCost,
    colLower: model.colLower,
    colUpper: model.colUpper,
    rowLower: model.rowLower,
    rowUpper: model.rowUpper,
    ...(isMip ? { integrality: Int32Array.from(model.colInteger) } : {}),
    matrix: {
      format: "csr",
      numRows: model.numRows,
      numCols: model.numCols,
      starts: model.rowStarts,
      indices: model.colIndices,
      values: model.values,
    },
  });
}

function run(highs: Highs, request: ToWorker): SolveResult {
  const { model, options, stop } = request;
  const isMip = model.colInteger.includes(1);
  const stopFlag = new Int32Array(stop);
  const native = load(highs, model, isMip);
  const progress = sometimes();
  const incumbents = sometimes();
  try {
    native.options.set({
      output_flag: false,
      time_limit: options.timeLimitS,
      mip_rel_gap: options.relativeGap,
      random_seed: options.seed,
      // It spends a fixed effort, 25 ms on two columns, on a first feasible point. Our models hardly need one: demand may
      // stay unserved at a price, and most runs start from a plan.
      mip_heuristic_run_feasibility_jump: false,
    });
    if (isMip && options.nodeLimit !== undefined) native.options.set({ mip_max_nodes: options.nodeLimit });
    if (options.feasibilityTolerance !== undefined) {
      native.options.set({
        primal_feasibility_tolerance: options.feasibilityTolerance,
        ...(isMip && { mip_feasibility_tolerance: options.feasibilityTolerance }),
      });
    }
    if (isMip && options.start !== undefined) native.setSolution({ colValue: options.start });
    const types = highs.constants.callbackType;
    const stopIfAsked = (event: InterruptCallbackEvent): undefined => {
      if (Atomics.load(stopFlag, 0) !== 0) event.interrupt();
      return undefined;
    };
    const callbacks: Parameters<typeof native.run>[0] = {
      [types.simplexInterrupt]: stopIfAsked,
      [types.ipmInterrupt]: stopIfAsked,
      [types.mipInterrupt]: stopIfAsked,
      [types.mipLogging](event) {
        progress.send({
          kind: "progress",
          id: request.id,
          incumbent: event.data.mip_primal_bound ?? Infinity,
          bound: event.data.mip_dual_bound ?? -Infinity,
        });
        return undefined;
      },
      [types.mipImprovingSolution](event) {
        const solution = event.data.mip_solution;
        const objective = event.data.objective_function_value ?? Infinity;
        if (solution !== undefined) incumbents.send({ kind: "incumbent", id: request.id, objective, solution });
        return undefined;
      },
    };
    let { modelStatus } = native.run(callbacks);
    // Presolve calls linear programmes infeasible that miss a bound by less than the tolerance (HiGHS 1.15, substitution of
    // equations in two columns): the simplex method alone has the last word.
    if (!isMip && statusOf(highs, modelStatus, false) === "infeasible") {
      native.options.set({ presolve: "off" });
      ({ modelStatus } = native.run(callbacks));
    }
    const feasible = native.info.get("primal_solution_status") === highs.constants.solutionStatus.feasible;
    const solution = feasible ? native.getSolution() : null;
    const objective = feasible ? native.getObjectiveValue() : Infinity;
    const status = statusOf(highs, modelStatus, feasible);
    const dualBound = isMip ? Number(native.info.get("mip_dual_bound")) : status === "optimal" ? objective : -Infinity;
    return {
      status,
      objective,
      bound: status === "infeasible" ? -Infinity : dualBound,
      solution: solution === null ? null : solution.colValue,
      rowDuals: isMip || status !== "optimal" || solution === null ? null : solution.rowDual,
      seconds: 0,
      work: {
        iterations: Math.max(0, Number(native.info.get("simplex_iteration_count"))),
        nodes: isMip ? Math.max(0, Number(native.info.get("mip_node_count"))) : 0,
      },
      message: `HiGHS ${highs.version.string}: model status ${modelStatus}`,
    };
  } catch (cause) {
    // The best so far is all that is left of a run that failed.
    incumbents.flush();
    throw cause;
  } finally {
    native.dispose();
  }
}

port.on("message", (request: ToWorker) => {
  runtime
    .then((highs) => {
      post({ kind: "done", id: request.id, result: run(highs, request) });
    })
    .catch((cause: unknown) => {
      // After an abort the module's memory is undefined: the caller replaces this thread.
      post({ kind: "broken", id: request.id, message: cause instanceof Error ? cause.message : String(cause) });
    });
});
