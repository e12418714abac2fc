import { existsSync, readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { beforeAll, describe, expect, it } from "vitest";
import { answerShapes } from "./answer-shapes.ts";
import { gatewayAnswers, type AnswerKind } from "./gateway-answers.ts";

let answers: Awaited<ReturnType<typeof gatewayAnswers>> = [];
beforeAll(async () => {
  answers = await gatewayAnswers();
});

const kinds = Object.keys(answerShapes) as AnswerKind[];
const valuesOf = (kind: AnswerKind) => answers.filter((answer) => answer.kind === kind).map(({ value }) => value);

describe("what the gateway itself answers", () => {
  it.each(kinds)("has exactly the fields that are promised: %s", (kind) => {
    const check = new Ajv2020({ allErrors: true }).compile(answerShapes[kind]);
    expect(valuesOf(kind).length).toBeGreaterThan(0);
    for (const value of valuesOf(kind))
      expect({ value, errors: check(value) ? null : check.errors }).toMatchObject({ errors: null });
  });
});

/** OpenAI's `openapi.json`; its text is not part of this project, so the comparison runs where a copy is at hand. */
const published = process.env["DISPERSE_OPENAI_SPEC"] ?? "";

/** Names in that document; it has none for events of a completions stream, whose finish reason is null until the last,
 * and none for a response that was deleted. */
const publishedNames: Readonly<Record<Exclude<AnswerKind, "completion chunk" | "deleted response">, string>> = {
  error: "ErrorResponse",
  models: "ListModelsResponse",
  model: "Model",
  chat: "CreateChatCompletionResponse",
  "chat chunk": "CreateChatCompletionStreamResponse",
  completion: "CreateCompletionResponse",
  response: "Response",
  "response event": "ResponseStreamEvent",
  "kept response": "Response",
  "queued response": "Response",
  conversation: "ConversationResource",
  "conversation items": "ConversationItemList",
  "deleted conversation": "DeletedConversationResource",
  "input items": "ResponseItemList",
  "input tokens": "TokenCountsResource",
  file: "OpenAIFile",
  files: "ListFilesResponse",
  "deleted file": "DeleteFileResponse",
  batch: "Batch",
  batches: "ListBatchesResponse",
};

describe.skipIf(!existsSync(published))("OpenAI's published schema (DISPERSE_OPENAI_SPEC)", () => {
  it.each(Object.keys(publishedNames) as (keyof typeof publishedNames)[])("accepts it: %s", (kind) => {
    const spec = JSON.parse(readFileSync(published, "utf8")) as { components: { schemas: Record<string, unknown> } };
    const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
    ajv.addSchema(withNulls({ $id: "openai", components: spec.components }) as object);
    const check = ajv.compile({ $ref: `openai#/components/schemas/${publishedNames[kind]}` });
    for (const value of valuesOf(kind)) {
      const errors = check(value)
        ? null
        : check.errors?.map(({ instancePath, message, params }) => ({ instancePath, message, params }));
      expect({ value, errors }).toMatchObject({ errors: null });
    }
  });
});

/** `nullable: true` means nothing in the version of JSON Schema that the document names; it is meant all the same. */
function withNulls(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withNulls);
  if (typeof schema !== "object" || schema === null) return schema;
  const { nullable, ...rest } = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [key, withNulls(value)]),
  );
  if (nullable === true) return { anyOf: [rest, { type: "null" }] };
  return typeof nullable === "object" ? { ...rest, nullable } : rest;
}
