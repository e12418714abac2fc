/** What planning takes from whoever asks for it. */
import type { PathTools, SearchProgress } from "./solution-path.ts";

/** Limit of the search, s, where none is given. */
export const usualTimeLimitS = 180;

export interface PlanOptions {
  /** Position in `world.periods`: plans this period as if it were the only one. All of them, in turn, when left out. */
  readonly period?: number;
  readonly relativeGap?: number;
  readonly timeLimitS?: number;
  readonly seed?: number;
  /** Stops the search and keeps the best plan so far. */
  readonly signal?: AbortSignal;
  /** Hash of the input files, kept in the document. */
  readonly inputHash?: string;
  /** Solve the centralised alternative too. True unless said otherwise. */
  readonly compare?: boolean;
}

export interface PlanTools extends PathTools {
  readonly onProgress?: (point: SearchProgress) => void;
}
