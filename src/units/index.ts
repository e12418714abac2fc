/** Quantities with units: a closed grammar, read and written. */
export { formatQuantity, type FormatOptions } from "./format.ts";
export { parseNumber, parseQuantity, type UnitSpec } from "./parse.ts";
export { quantityPattern } from "./pattern.ts";
export { unitsReference } from "./reference.ts";
export type { Result, UnitProblem, UnitProblemCode } from "./result.ts";
export { currencySymbols, hoursPerYear, magnitudes, prefixes, units, type Dimension, type Unit } from "./table.ts";
