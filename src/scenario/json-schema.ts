import { quantityPattern } from "../units/index.ts";
import type { AnyField, ListField, NumberField, ObjectField, Plain, QuantityField } from "./field.ts";
import { scenarioSpec } from "./spec.ts";

/** A JSON Schema document or a part of one; plain data. */
export type JsonSchema = { readonly [key: string]: Plain | JsonSchema | readonly JsonSchema[] };

const numberPattern = "^[+-]?\\d[\\d_]*(\\.\\d+)?([eE][+-]?\\d+)?[kM]?$";

/** The JSON Schema (draft-07, which every editor's YAML plug-in understands) of a scenario. */
export function scenarioJsonSchema(): JsonSchema {
  const root = schemaOf(scenarioSpec);
  return { $schema: "http://json-schema.org/draft-07/schema#", title: "Disperse scenario", ...root };
}

function schemaOf(field: AnyField): JsonSchema {
  const described = {
    description: descriptionOf(field),
    ...(field.default === undefined ? {} : { default: field.default }),
    ...(field.kind === "quantity" && field.example !== undefined ? { examples: [field.example] } : {}),
  };
  return { ...shapeOf(field), ...described };
}

function descriptionOf(field: AnyField): string {
  const unit = field.kind === "quantity" ? ` Unit: ${unitText(field)}.` : "";
  const example = field.example === undefined ? "" : ` Example: ${field.example}`;
  return field.doc + unit + example;
}

/** The unit as a user would write it. */
export function unitText(field: QuantityField): string {
  return (field.units[0] ?? "").replace(/^ratio/, "%");
}

function shapeOf(field: AnyField): JsonSchema {
  switch (field.kind) {
    case "text":
      return {
        type: ["string", "number"],
        ...(field.pattern === undefined ? {} : { pattern: `^(?:${field.pattern})$` }),
      };
    case "choice":
      return { enum: field.options };
    case "number":
      return {
        anyOf: [
          { type: field.integer ? "integer" : "number", ...boundsOf(field) },
          { type: "string", pattern: numberPattern },
        ],
      };
    case "quantity":
      return { type: "string", pattern: field.units.map(quantityPattern).join("|") };
    case "series":
      return { anyOf: [schemaOf(field.of), { type: "array", items: schemaOf(field.of) }] };
    case "list":
      return listShape(field);
    case "map":
      return {
        type: "object",
        propertyNames: { pattern: `^(?:${field.keyPattern})$` },
        additionalProperties: schemaOf(field.of),
      };
    case "object":
      return objectShape(field);
    case "either":
      return { anyOf: [requireKey(schemaOf(field.withKey), field.key), schemaOf(field.withoutKey)] };
    case "anything":
      return {};
  }
}

function listShape({ of, rows, wildcard, filled }: ListField): JsonSchema {
  const items = schemaOf(of);
  const list = {
    type: "array",
    items: rows ? { anyOf: [items, fileEntry(of)] } : items,
    ...(filled && { minItems: 1 }),
  };
  return wildcard ? { anyOf: [list, { enum: ["*"] }] } : list;
}

function objectShape(field: ObjectField): JsonSchema {
  const entries = Object.entries(field.fields);
  const required = entries
    .filter(([, inner]) => inner.default === undefined && inner.optional !== true)
    .map(([key]) => key);
  const properties = Object.fromEntries(entries.map(([key, inner]) => [key, schemaOf(inner)]));
  const object: JsonSchema = {
    type: "object",
    additionalProperties: false,
    properties,
    ...(required.length === 0 ? {} : { required }),
  };
  const short = field.shorthand === undefined ? undefined : field.fields[field.shorthand];
  return short === undefined ? object : { anyOf: [schemaOf(short), object] };
}

/** An entry that stands for the rows of a CSV file: `file`, and any key that holds for all rows. */
function fileEntry(of: AnyField): JsonSchema {
  const fields =
    of.kind === "object" ? of.fields : of.kind === "either" ? { ...of.withKey.fields, ...of.withoutKey.fields } : {};
  const properties = Object.fromEntries(Object.entries(fields).map(([key, inner]) => [key, schemaOf(inner)]));
  const file = {
    type: "string",
    description: "Path of a CSV file with one entry per row, relative to this file; the other keys hold for every row.",
  };
  return { type: "object", additionalProperties: false, required: ["file"], properties: { file, ...properties } };
}

function requireKey(schema: JsonSchema, key: string): JsonSchema {
  const required = Array.isArray(schema["required"]) ? (schema["required"] as readonly string[]) : [];
  return { ...schema, required: [...new Set([...required, key])] };
}

function boundsOf(field: NumberField): JsonSchema {
  return {
    ...(field.min === undefined ? {} : { minimum: field.min }),
    ...(field.above === undefined ? {} : { exclusiveMinimum: field.above }),
    ...(field.max === undefined ? {} : { maximum: field.max }),
  };
}
