/**
 * The vocabulary in which the scenario's specification is written. A field is plain data: what it holds, in which unit,
 * what it means, an example, a default. Types, checks, the JSON Schema and the reference page are all read from it, so
 * none of them can drift from the others.
 */

/** What a user may write as a default: the same forms as in the file. */
export type Plain = string | number | boolean | null | readonly Plain[] | { readonly [key: string]: Plain };

interface Common {
  /** One or two sentences in the user's words. */
  readonly doc: string;
  /** As it would be written in the file. */
  readonly example?: string;
  /** Used when the key is left out, in the form a user would write it. */
  readonly default?: Plain;
  /** The key may be left out and is then null. */
  readonly optional?: true;
}

/** Bounds of a number, in the field's own unit. */
export interface Bounds {
  readonly min?: number;
  /** Exclusive lower bound. */
  readonly above?: number;
  readonly max?: number;
}

export interface TextField extends Common {
  readonly kind: "text";
  /** Source of a regular expression the whole text matches. */
  readonly pattern?: string;
  /** What the pattern asks for, in words: "a two-letter country code". */
  readonly form?: string;
}

export interface ChoiceField extends Common {
  readonly kind: "choice";
  readonly options: readonly string[];
}

export interface NumberField extends Common, Bounds {
  readonly kind: "number";
  readonly integer: boolean;
}

/** A number with a unit. The parsed value is in `units[0]`, except that a form of a later unit keeps that unit's scale. */
export interface QuantityField extends Common, Bounds {
  readonly kind: "quantity";
  readonly units: readonly string[];
}

/** One value for all periods, or a list with one value per period; parsed to one value per period. */
export interface SeriesField extends Common {
  readonly kind: "series";
  readonly of: QuantityField | NumberField;
}

export interface ListField extends Common {
  readonly kind: "list";
  readonly of: AnyField;
  /** Entries may also be `{ file: rows.csv, … }`: every row becomes an entry, the other keys apply to every row. */
  readonly rows: boolean;
  /** The text `*` may stand for everything. */
  readonly wildcard: boolean;
  /** An empty list would mean nothing at all, which nobody means. */
  readonly filled: boolean;
}

export interface MapField extends Common {
  readonly kind: "map";
  readonly of: AnyField;
  /** What the keys are, in words: "name of the workload". */
  readonly keys: string;
  readonly keyPattern: string;
}

export interface ObjectField extends Common {
  readonly kind: "object";
  readonly fields: Readonly<Record<string, AnyField>>;
  /** A value that is no mapping is taken as the value of this key. */
  readonly shorthand?: string;
}

/** Two forms of an entry, told apart by whether the mapping has the key `key`. */
export interface EitherField extends Common {
  readonly kind: "either";
  readonly key: string;
  /** Name of the form without the key; the other form is named after the key. */
  readonly without: string;
  readonly withKey: ObjectField;
  readonly withoutKey: ObjectField;
}

/** Anything, taken as it is; overrides are checked where they are applied. */
export interface AnythingField extends Common {
  readonly kind: "anything";
}

export type AnyField =
  | TextField
  | ChoiceField
  | NumberField
  | QuantityField
  | SeriesField
  | ListField
  | MapField
  | ObjectField
  | EitherField
  | AnythingField;

/** A field whose parsed value has type T; `parsed` exists for the type checker only. */
export type Field<T, F extends AnyField = AnyField> = F & { readonly parsed?: T };

/** The parsed type of a field. */
export type Parsed<F> = F extends { readonly parsed?: infer T } ? T : never;

/** Ids: what may be named in a scenario. Nothing that starts with an underscore, so no name meets JavaScript's own. */
export const idPattern = "[A-Za-z0-9][A-Za-z0-9._-]*";

/** Id of an entry of a list, in any script: one line of at most 200 characters with no blank at either end. */
export function entryId(doc: string, notes: Notes = {}): Field<string, TextField> {
  const form = "an id of 1 to 200 characters on one line, without blanks at its ends";
  return text(doc, { pattern: "\\S(?:[^\\n\\r\\t]{0,198}\\S)?", form, ...notes });
}

type ParsedFields<S> = { readonly [K in keyof S]: Parsed<S[K]> };
type Notes = { readonly example?: string };

export function text(doc: string, notes: Notes & { pattern?: string; form?: string } = {}): Field<string, TextField> {
  return { kind: "text", doc, ...notes };
}

export function choice<const O extends readonly string[]>(
  options: O,
  doc: string,
  notes: Notes = {},
): Field<O[number], ChoiceField> {
  return { kind: "choice", options, doc, ...notes };
}

/** A plain number without a unit: a factor, an exponent, a degree. */
export function number(doc: string, notes: Notes & Bounds = {}): Field<number, NumberField> {
  return { kind: "number", integer: false, doc, ...notes };
}

/** A whole number of things, at least 0 unless `min` says otherwise. */
export function count(doc: string, notes: Notes & Bounds = {}): Field<number, NumberField> {
  return { kind: "number", integer: true, min: 0, doc, ...notes };
}

/** A quantity, at least 0 unless a bound says otherwise. */
export function quantity(
  unit: string | readonly string[],
  doc: string,
  notes: Notes & Bounds = {},
): Field<number, QuantityField> {
  return { kind: "quantity", units: typeof unit === "string" ? [unit] : unit, min: 0, doc, ...notes };
}

export function series(of: QuantityField | NumberField): Field<readonly number[], SeriesField> {
  return { kind: "series", of, doc: of.doc, ...(of.example === undefined ? {} : { example: of.example }) };
}

export function list<F extends AnyField>(
  of: F,
  doc: string,
  notes: Notes & { filled?: boolean } = {},
): Field<readonly Parsed<F>[], ListField> {
  return { kind: "list", of, rows: false, wildcard: false, filled: false, doc, ...notes };
}

/** A list whose entries may come from CSV files. */
export function rows<F extends AnyField>(
  of: F,
  doc: string,
  notes: Notes = {},
): Field<readonly Parsed<F>[], ListField> {
  return { kind: "list", of, rows: true, wildcard: false, filled: false, doc, ...notes };
}

/** A list of at least one, or `*` for everything. */
export function listOrAll<F extends AnyField>(
  of: F,
  doc: string,
  notes: Notes & { filled?: boolean } = {},
): Field<readonly Parsed<F>[] | "*", ListField> {
  return { kind: "list", of, rows: false, wildcard: true, filled: true, doc, ...notes };
}

export function map<F extends AnyField>(
  keys: string,
  of: F,
  doc: string,
  notes: Notes & { keyPattern?: string } = {},
): Field<Readonly<Record<string, Parsed<F>>>, MapField> {
  return { kind: "map", keys, of, doc, keyPattern: idPattern, ...notes };
}

export function object<S extends Readonly<Record<string, AnyField>>>(
  fields: S,
  doc: string,
  notes: Notes & { shorthand?: keyof S & string } = {},
): Field<ParsedFields<S>, ObjectField> & { readonly fields: S } {
  return { kind: "object", fields, doc, ...notes };
}

/** An entry in one of two forms: with the key `key`, or without it; the parsed value carries the form's name in `form`. */
export function either<K extends string, A extends ObjectField, W extends string, B extends ObjectField>(
  key: K,
  withKey: A,
  without: W,
  withoutKey: B,
  doc: string,
): Field<({ readonly form: K } & Parsed<A>) | ({ readonly form: W } & Parsed<B>), EitherField> {
  return { kind: "either", key, without, withKey, withoutKey, doc };
}

export function anything(doc: string, notes: Notes = {}): Field<Plain, AnythingField> {
  return { kind: "anything", doc, ...notes };
}

/** The key may be left out; the parsed value is then null. */
export function optional<F extends AnyField>(field: F): Field<Parsed<F> | null> {
  return { ...field, optional: true };
}

/** The key may be left out; the value is then `value`, written as a user would. */
export function fallback<F extends AnyField>(field: F, value: Plain): F {
  return { ...field, default: value };
}
