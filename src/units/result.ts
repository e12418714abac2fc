/** What is wrong with a quantity and what to write instead; the codes are listed in the reference of errors. */
export interface UnitProblem {
  readonly code: UnitProblemCode;
  readonly message: string;
  readonly hint: string;
}

export type UnitProblemCode =
  | "DSP_UNIT_BARE_NUMBER"
  | "DSP_UNIT_BAD_NUMBER"
  | "DSP_UNIT_UNKNOWN"
  | "DSP_UNIT_WRONG_DIMENSION"
  | "DSP_UNIT_SYNTAX"
  | "DSP_UNIT_OUT_OF_RANGE"
  | "DSP_UNIT_NO_EXCHANGE_RATE";

/** A value, or the reason why there is none. */
export type Result<T, E> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: E };

export function success<T>(value: T): Result<T, never> {
  return { ok: true, value };
}

export function failure(code: UnitProblemCode, message: string, hint: string): Result<never, UnitProblem> {
  return { ok: false, problem: { code, message, hint } };
}
