import { unitsReference } from "../units/index.ts";
import { errorsReference, type ErrorRegistry } from "./error-registry.ts";
import type { AnyField, ObjectField, Plain } from "./field.ts";
import { unitText } from "./json-schema.ts";
import { scenarioSpec } from "./spec.ts";

/** The reference page of the scenario file, as Markdown: one table per section, every key with type, default, meaning. */
export function scenarioReference(): string {
  const sections = sectionsOf("", scenarioSpec);
  return [
    "# The scenario file",
    "",
    "<!-- Generated from src/scenario/spec*.ts; rewrite with UPDATE=1 npm test. -->",
    "",
    "A scenario is one YAML file. Quantities carry their unit ([units](units.md)); a key that is not listed here is an",
    "error. A key with a default may be left out, and so may one marked *optional*. A value *per period* is one value for",
    "all periods or a list with one value per period.",
    "",
    "Lists marked *rows* take entries from CSV files too: `- file: sites.csv`, with columns named like the keys, a unit for",
    "a whole column in brackets (`powerLimit [MW]`), `;` between the values of a list, and a column for each key of a map",
    "(`installed.h100x8`). Other keys beside `file` hold for every row. Paths are relative to the scenario.",
    "",
    ...sections,
  ].join("\n");
}

/** Every generated page of the reference: path from the project's root, and text. */
export function referencePages(
  ...registries: readonly ErrorRegistry[]
): readonly { readonly path: string; readonly text: string }[] {
  return [
    { path: "docs/reference/errors.md", text: errorsReference(...registries) },
    { path: "docs/reference/scenario.md", text: scenarioReference() },
    { path: "docs/reference/units.md", text: unitsReference() },
  ];
}

/** The table of an object, then those of the objects in it. */
function sectionsOf(path: string, field: ObjectField): string[] {
  const rows = Object.entries(field.fields).map(([key, inner]) => {
    const doc = inner.example === undefined ? inner.doc : `${inner.doc} Example: \`${inner.example}\``;
    return `| \`${key}\` | ${typeText(inner)} | ${presenceText(inner)} | ${doc.replaceAll("|", "\\|")} |`;
  });
  const short = field.shorthand === undefined ? [] : ["", `Short form: the value of \`${field.shorthand}\` alone.`];
  const table = [
    `## ${path === "" ? "Top level" : `\`${path}\``}`,
    "",
    field.doc,
    ...short,
    "",
    "| key | type | default | meaning |",
    "| --- | --- | --- | --- |",
    ...rows,
    "",
  ];
  const inside = Object.entries(field.fields).flatMap(([key, inner]) =>
    nestedSections(path === "" ? key : `${path}.${key}`, inner),
  );
  return [...table, ...inside];
}

function nestedSections(path: string, field: AnyField): string[] {
  switch (field.kind) {
    case "object":
      return sectionsOf(path, field);
    case "list":
      return nestedSections(`${path}[]`, field.of);
    case "map":
      return nestedSections(`${path}.<${field.keys}>`, field.of);
    case "either":
      return [...sectionsOf(`${path} with ${field.key}`, field.withKey), ...sectionsOf(path, field.withoutKey)];
    default:
      return [];
  }
}

function typeText(field: AnyField): string {
  switch (field.kind) {
    case "text":
      return "text";
    case "choice":
      return field.options.map((option) => `\`${option}\``).join(" ");
    case "number":
      return field.integer ? "whole number" : "number";
    case "quantity":
      return `quantity, \`${unitText(field)}\``;
    case "series":
      return `${typeText(field.of)}, per period`;
    case "list":
      return `${field.rows ? "rows" : "list"} of ${typeText(field.of)}${field.wildcard ? ", or `*`" : ""}`;
    case "map":
      return `map from ${field.keys} to ${typeText(field.of)}`;
    case "object":
    case "either":
      return "section";
    case "anything":
      return "anything";
  }
}

function presenceText(field: AnyField): string {
  if (field.optional === true) return "*optional*";
  if (field.default === undefined) return "**required**";
  const isEmpty =
    field.default === "" || (typeof field.default === "object" && Object.keys(field.default ?? {}).length === 0);
  return isEmpty ? "" : `\`${defaultText(field.default)}\``;
}

function defaultText(value: Plain): string {
  if (Array.isArray(value)) return `[${value.map(defaultText).join(", ")}]`;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
