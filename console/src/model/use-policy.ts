import { useEffect, useState } from "react";
import type { explainPhysics, filter, Policy } from "../../../src/route/index.ts";
import type { Board } from "./board.ts";

/** The routing policy of the plan's world and what can be asked of it. */
export interface PolicyTools {
  readonly policy: Policy;
  readonly explainPhysics: typeof explainPhysics;
  readonly filter: typeof filter;
}

const compiled = new WeakMap<Board, Promise<PolicyTools>>();

async function compile(board: Board): Promise<PolicyTools> {
  const route = await import("../../../src/route/index.ts");
  return {
    policy: route.compilePolicy(board.world, board.plan.period),
    explainPhysics: route.explainPhysics,
    filter: route.filter,
  };
}

/** The policy, once it is loaded and compiled; null before that, and where this world cannot be compiled. */
export function usePolicy(board: Board): PolicyTools | null {
  const [tools, setTools] = useState<PolicyTools | null>(null);
  useEffect(() => {
    let gone = false;
    const found = compiled.get(board) ?? compile(board);
    compiled.set(board, found);
    found.then(
      (value) => !gone && setTools(value),
      // The views say less without it, and nothing wrong.
      () => undefined,
    );
    return () => {
      gone = true;
    };
  }, [board]);
  return tools;
}
