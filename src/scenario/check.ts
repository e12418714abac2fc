import { formatQuantity, parseNumber, parseQuantity, type Result, type UnitProblem } from "../units/index.ts";
import {
  idPattern,
  type AnyField,
  type Bounds,
  type EitherField,
  type ListField,
  type MapField,
  type NumberField,
  type ObjectField,
  type QuantityField,
  type SeriesField,
  type TextField,
} from "./field.ts";
import { hiddenCharacter } from "./format-problem.ts";
import { nearest } from "./nearest.ts";
import { maxCollected, problem, type Place, type Problem } from "./problem.ts";
import type { ErrorCode } from "./error-registry.ts";
import { describe, isNull, plainOf, treeOf, type MapTree, type ScalarTree, type Tree } from "./tree.ts";

/** What checking needs to know beside the specification, and where problems go. */
export interface CheckContext {
  readonly problems: Problem[];
  readonly usdPerUnit: Readonly<Record<string, number>>;
  /** Number of periods; lists by period must have this length. */
  readonly periods: number;
}

/**
 * Checks a tree against a field and returns the parsed value. After a problem the returned value is of no use; the
 * problems say so.
 */
export function check(field: AnyField, tree: Tree, context: CheckContext): unknown {
  if (tree.kind === "scalar" && tree.value === null && field.kind !== "anything") {
    return refuse(context, "DSP_SCENARIO_MISSING_KEY", tree.at, "the value is missing", exampleHint(field));
  }
  switch (field.kind) {
    case "text":
      return checkText(field, tree, context);
    case "choice":
      return checkChoice(field, tree, context);
    case "number":
    case "quantity":
      return checkNumber(field, tree, context);
    case "series":
      return checkSeries(field, tree, context);
    case "list":
      return checkList(field, tree, context);
    case "map":
      return checkMap(field, tree, context);
    case "object":
      return checkObject(field, tree, context);
    case "either":
      return checkEither(field, tree, context);
    case "anything":
      return plainOf(tree);
  }
}

function refuse(context: CheckContext, code: ErrorCode, at: Place, message: string, hint: string): undefined {
  if (context.problems.length < maxCollected) context.problems.push(problem(code, at, message, hint));
  return undefined;
}

function exampleHint(field: AnyField): string {
  return field.example === undefined ? field.doc : `write for example \`${field.example}\``;
}

function wrongType(due: string, field: AnyField, tree: Tree, context: CheckContext): undefined {
  return refuse(
    context,
    "DSP_SCENARIO_WRONG_TYPE",
    tree.at,
    `${due} is due here, not ${describe(tree)}`,
    exampleHint(field),
  );
}

function checkText(field: TextField, tree: Tree, context: CheckContext): string | undefined {
  if (tree.kind !== "scalar") return wrongType("text", field, tree, context);
  if (typeof tree.value === "boolean") {
    return refuse(
      context,
      "DSP_SCENARIO_WRONG_TYPE",
      tree.at,
      `text is due here, not the truth value ${tree.text}`,
      `put quotes around it: \`"${tree.text}"\``,
    );
  }
  if (field.pattern !== undefined && !new RegExp(`^(?:${field.pattern})$`).test(tree.text)) {
    return refuse(
      context,
      "DSP_SCENARIO_WRONG_VALUE",
      tree.at,
      `${describe(tree)} is not ${field.form ?? "of the right form"}`,
      exampleHint(field),
    );
  }
  const hidden = hiddenCharacter(tree.text);
  if (hidden !== null) {
    const message = `there is an invisible character in this text, ${hidden}`;
    return refuse(context, "DSP_SCENARIO_WRONG_VALUE", tree.at, message, "write the text without it");
  }
  return tree.text;
}

function checkChoice(field: AnyField & { kind: "choice" }, tree: Tree, context: CheckContext): string | undefined {
  if (tree.kind !== "scalar") return wrongType("a word", field, tree, context);
  if (field.options.includes(tree.text)) return tree.text;
  const near = nearest(tree.text, field.options);
  const hint =
    near === null
      ? `write one of: ${field.options.join(", ")}`
      : `did you mean \`${near}\`? Allowed are: ${field.options.join(", ")}`;
  return refuse(context, "DSP_SCENARIO_WRONG_VALUE", tree.at, `${describe(tree)} is not allowed here`, hint);
}

function checkNumber(field: NumberField | QuantityField, tree: Tree, context: CheckContext): number | undefined {
  const due = field.kind === "number" ? "a number" : "a number with its unit";
  if (tree.kind !== "scalar" || typeof tree.value === "boolean") return wrongType(due, field, tree, context);
  const result = field.kind === "number" ? parseNumber(tree.text) : parseUnits(field, tree, context);
  if (!result.ok) {
    const { code, message, hint } = result.problem;
    return refuse(context, code, tree.at, message, field.kind === "number" ? numberHint(field) : hint);
  }
  if (field.kind === "number" && field.integer && !Number.isSafeInteger(result.value)) {
    return refuse(
      context,
      "DSP_SCENARIO_OUT_OF_RANGE",
      tree.at,
      `${describe(tree)} is not a whole number`,
      exampleHint(field),
    );
  }
  const bound = brokenBound(field, result.value, field.kind === "quantity" ? field.units[0] : undefined);
  if (bound !== null)
    return refuse(
      context,
      "DSP_SCENARIO_OUT_OF_RANGE",
      tree.at,
      `${describe(tree)} is out of range: ${bound}`,
      exampleHint(field),
    );
  return result.value;
}

/** Says what the number is of: whoever wrote a date for a year, or a unit too many, cannot tell from any number. */
function numberHint({ example, doc }: NumberField): string {
  return example === undefined ? doc : `write a plain number without a unit, for example \`${example}\`: ${doc}`;
}

function parseUnits(field: QuantityField, tree: ScalarTree, context: CheckContext): Result<number, UnitProblem> {
  const parse = (unit: string): Result<number, UnitProblem> =>
    parseQuantity(tree.text, {
      unit,
      usdPerUnit: context.usdPerUnit,
      ...(field.example === undefined ? {} : { example: field.example }),
    });
  const results = field.units.map(parse);
  return results.find((result) => result.ok) ?? results[0]!;
}

function brokenBound(bounds: Bounds, value: number, unit: string | undefined): string | null {
  const show = (bound: number): string =>
    unit === undefined || bound === 0 ? String(bound) : formatQuantity(bound, unit);
  if (bounds.above !== undefined && value <= bounds.above) return `it must be above ${show(bounds.above)}`;
  if (bounds.min !== undefined && value < bounds.min) return `it must be at least ${show(bounds.min)}`;
  if (bounds.max !== undefined && value > bounds.max) return `it must be at most ${show(bounds.max)}`;
  return null;
}

function checkSeries(field: SeriesField, tree: Tree, context: CheckContext): readonly unknown[] | undefined {
  if (tree.kind !== "list") {
    const value = check(field.of, tree, context);
    return Array.from({ length: context.periods }, () => value);
  }
  const values = tree.items.map((item) => check(field.of, item, context));
  if (values.length === context.periods) return values;
  const periods = context.periods === 1 ? "is 1 period" : `are ${context.periods} periods`;
  return refuse(
    context,
    "DSP_SCENARIO_PERIOD_COUNT",
    tree.at,
    `the list has ${values.length} values, but there ${periods}`,
    "give one value for all periods, or one per period (`horizon.periods`)",
  );
}

function checkList(field: ListField, tree: Tree, context: CheckContext): unknown {
  if (field.wildcard && tree.kind === "scalar" && tree.text === "*") return "*";
  if (tree.kind === "list" && tree.items.length === 0 && field.filled) {
    const hint = field.wildcard ? "name some, or write `*` for all" : exampleHint(field);
    return refuse(context, "DSP_SCENARIO_WRONG_VALUE", tree.at, "the list is empty, so it allows nothing", hint);
  }
  if (tree.kind === "list") return tree.items.map((item) => check(field.of, item, context));
  const due = field.wildcard ? "a list or `*`" : "a list";
  const isOne = tree.kind === "scalar" && field.of.kind !== "object" && field.of.kind !== "either";
  if (!isOne) return wrongType(due, field, tree, context);
  return refuse(
    context,
    "DSP_SCENARIO_WRONG_TYPE",
    tree.at,
    `${due} is due here, not ${describe(tree)}`,
    `put it in brackets: \`[${tree.text}]\``,
  );
}

function checkMap(field: MapField, tree: Tree, context: CheckContext): unknown {
  if (tree.kind !== "map") return wrongType(`a mapping from ${field.keys} to value`, field, tree, context);
  const pattern = new RegExp(`^(?:${field.keyPattern})$`);
  return Object.fromEntries(
    [...tree.entries].map(([key, entry]) => {
      if (!pattern.test(key))
        refuse(
          context,
          "DSP_SCENARIO_WRONG_VALUE",
          entry.keyAt,
          `\`${key.slice(0, 60)}\` cannot be ${/^[aeiou]/.test(field.keys) ? "an" : "a"} ${field.keys}`,
          field.keyPattern === idPattern
            ? "names have letters, digits, `.`, `_` and `-`, and begin with a letter or a digit"
            : exampleHint(field),
        );
      return [key, check(field.of, entry.value, context)];
    }),
  );
}

function checkObject(field: ObjectField, tree: Tree, context: CheckContext): unknown {
  if (tree.kind !== "map") {
    const short = field.shorthand;
    if (short === undefined || (tree.kind === "list" && field.fields[short]?.kind !== "list")) {
      const hint = `write \`key: value\` pairs; the keys here are: ${keyList(field)}`;
      return refuse(context, "DSP_SCENARIO_WRONG_TYPE", tree.at, `a mapping is due here, not ${describe(tree)}`, hint);
    }
    const entries = new Map([[short, { keyAt: tree.at, value: tree }]]);
    return checkObject(field, { kind: "map", entries, at: tree.at }, context);
  }
  for (const [key, entry] of tree.entries) {
    if (!Object.hasOwn(field.fields, key)) refuseKey(key, field, entry.keyAt, context);
  }
  return Object.fromEntries(
    Object.entries(field.fields).map(([key, inner]) => [key, checkKey(key, inner, tree, context)]),
  );
}

function refuseKey(key: string, field: ObjectField, at: Place, context: CheckContext): void {
  const near = nearest(key, Object.keys(field.fields));
  const hint = near === null ? `the keys here are: ${keyList(field)}` : `did you mean \`${near}\`?`;
  refuse(context, "DSP_SCENARIO_UNKNOWN_KEY", at, `there is no key \`${key.slice(0, 60)}\` here`, hint);
}

function keyList(field: ObjectField): string {
  return Object.keys(field.fields)
    .filter((name) => name !== "$schema")
    .join(", ");
}

function checkKey(key: string, field: AnyField, parent: MapTree, context: CheckContext): unknown {
  const entry = parent.entries.get(key);
  // A key without a value counts as left out.
  if (entry !== undefined && !isNull(entry.value)) return check(field, entry.value, context);
  if (field.default !== undefined) return check(field, treeOf(field.default, parent.at), context);
  if (field.optional === true) return null;
  const example = field.example === undefined ? `\`${key}\`` : `\`${key}: ${field.example}\``;
  return refuse(
    context,
    "DSP_SCENARIO_MISSING_KEY",
    entry?.keyAt ?? parent.at,
    `the key \`${key}\` is missing`,
    `add ${example}: ${field.doc}`,
  );
}

function checkEither(field: EitherField, tree: Tree, context: CheckContext): unknown {
  const hasKey = tree.kind === "map" && tree.entries.has(field.key);
  const value = check(hasKey ? field.withKey : field.withoutKey, tree, context);
  return typeof value === "object" ? { form: hasKey ? field.key : field.without, ...value } : value;
}
