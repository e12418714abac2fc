// One answer of every kind that the gateway makes itself, engines emulated, for checking against schemas.
import { createMemoryFiles } from "../../src/adapters/files-memory/index.ts";
import { createNodeClock } from "../../src/adapters/clock-node/index.ts";
import { createMemoryShelf } from "../../src/adapters/shelf-memory/index.ts";
import { createHttpClient, serveHttp } from "../../src/adapters/http-raw/index.ts";
import { FileDesk, ResponseDesk, type Gateway } from "../../src/serve/index.ts";
import { seededRng } from "../worlds/random-world.ts";
import { createGateway, testMesh } from "./test-mesh.ts";

export type AnswerKind =
  | "error"
  | "models"
  | "model"
  | "chat"
  | "chat chunk"
  | "completion"
  | "completion chunk"
  | "response"
  | "response event"
  | "kept response"
  | "queued response"
  | "conversation"
  | "conversation items"
  | "deleted conversation"
  | "deleted response"
  | "input items"
  | "input tokens"
  | "file"
  | "files"
  | "deleted file"
  | "batch"
  | "batches";

/** Asks a gateway for everything. Of streams, every event is an answer of its own. */
export async function gatewayAnswers(): Promise<{ readonly kind: AnswerKind; readonly value: unknown }[]> {
  const { parts } = testMesh({ client: (origin) => createHttpClient({ origin }) });
  const desk = new FileDesk({
    store: createMemoryFiles(),
    clock: createNodeClock(),
    rng: seededRng(1),
    send: (call, reply) => gateway.handle(call, reply),
  });
  const clock = createNodeClock();
  const responses = new ResponseDesk({ shelf: createMemoryShelf(1e6), clock });
  const gateway: Gateway = createGateway({ ...parts, files: desk, responses });
  const service = await serveHttp(gateway, { host: "127.0.0.1", port: 0 });
  desk.start();
  const answers: { kind: AnswerKind; value: unknown }[] = [];
  const take = async (kind: AnswerKind, path: string, init?: RequestInit) => {
    const text = await (await fetch(service.url + path, init)).text();
    if (!text.includes("data: {")) {
      answers.push({ kind, value: JSON.parse(text) });
      return JSON.parse(text) as { id: string; status: string };
    }
    for (const [, data] of text.matchAll(/^data: (\{.*\})$/gm)) answers.push({ kind, value: JSON.parse(data!) });
    return { id: "", status: "" };
  };
  const post = (kind: AnswerKind, path: string, body: object) =>
    take(kind, path, { method: "POST", body: JSON.stringify(body) });
  const messages = [{ role: "user", content: "Hi" }];
  const model = "disperse/chat";
  await take("models", "/v1/models");
  await take("model", "/v1/models/disperse%2Fchat");
  await take("error", "/v1/models/none");
  await post("error", "/v1/chat/completions", { model });
  for (const max_tokens of [5, 500]) {
    await post("chat", "/v1/chat/completions", { model, messages, max_tokens });
    await post("completion", "/v1/completions", { model, prompt: "Hi", max_tokens });
    await post("response", "/v1/responses", { model, input: "Hi", max_output_tokens: max_tokens });
    await post("response event", "/v1/responses", { model, input: "Hi", max_output_tokens: max_tokens, stream: true });
  }
  const usage = { stream: true, stream_options: { include_usage: true } };
  await post("chat chunk", "/v1/chat/completions", { model, messages, ...usage });
  await post("completion chunk", "/v1/completions", { model, prompt: "Hi", ...usage });
  await post("input tokens", "/v1/responses/input_tokens", { model, input: "Hi" });
  const first = await post("response", "/v1/responses", { model, input: "Hi", max_output_tokens: 4 });
  const next = { model, input: [{ role: "user", content: "And now?" }], previous_response_id: first.id };
  const second = await post("kept response", "/v1/responses", { ...next, max_output_tokens: 4 });
  await post("response event", "/v1/responses", { model, input: "Hi", stream: true, max_output_tokens: 4 });
  await take("kept response", `/v1/responses/${second.id}`);
  await take("input items", `/v1/responses/${second.id}/input_items`);
  await post("queued response", "/v1/responses", { model, input: "Hi", background: true, max_output_tokens: 4 });
  const items = [{ type: "message", role: "user", content: "Hi" }];
  const { id: conversation } = await post("conversation", "/v1/conversations", { items, metadata: { topic: "x" } });
  await post("response", "/v1/responses", { model, input: "Hi", conversation, max_output_tokens: 4 });
  await take("conversation", `/v1/conversations/${conversation}`);
  await post("conversation items", `/v1/conversations/${conversation}/items`, { items });
  await take("conversation items", `/v1/conversations/${conversation}/items?limit=2`);
  await take("deleted conversation", `/v1/conversations/${conversation}`, { method: "DELETE" });
  await take("deleted response", `/v1/responses/${second.id}`, { method: "DELETE" });
  await take("error", `/v1/responses/${second.id}`);
  await post("error", "/v1/responses", { ...next, previous_response_id: second.id });
  const upload = async (text: string) => {
    const form = new FormData();
    form.set("purpose", "batch");
    form.set("file", new Blob([text]), "in.jsonl");
    return take("file", "/v1/files", { method: "POST", body: form });
  };
  const endpoint = "/v1/chat/completions";
  const line = JSON.stringify({ custom_id: "a", method: "POST", url: endpoint, body: { model, messages } });
  for (const text of [line, "{"]) {
    const file = await upload(text);
    const order = { input_file_id: file.id, endpoint, completion_window: "24h", metadata: { purpose: "test" } };
    const batch = await post("batch", "/v1/batches", order);
    for (let status = batch.status; !["completed", "failed"].includes(status);) {
      ({ status } = await take("batch", `/v1/batches/${batch.id}`));
    }
    await take("deleted file", `/v1/files/${file.id}`, { method: "DELETE" });
  }
  await take("files", "/v1/files");
  await take("batches", "/v1/batches");
  await desk.stop();
  await service.close(100);
  return answers;
}
