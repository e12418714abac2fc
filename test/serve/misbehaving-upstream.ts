import { createServer, type AddressInfo, type Socket } from "node:net";

/** What an upstream does with a request once it has read it. */
export type Behaviour = (socket: Socket, request: UpstreamRequest) => void;

export interface UpstreamRequest {
  readonly head: string;
  readonly body: string;
  readonly stream: boolean;
}

export interface Upstream {
  readonly url: string;
  /** Requests received, in order. */
  readonly requests: UpstreamRequest[];
  /** Connections open now. */
  readonly connections: ReadonlySet<Socket>;
  /** Resolves with `performance.now()` when a connection that carried a request is closed by the other side. */
  readonly abandoned: Promise<number>;
  behave(behaviour: Behaviour): void;
  close(): Promise<void>;
}

/** A server on a bare socket, so that it can break every rule of HTTP and of event streams. */
export async function startUpstream(behaviour: Behaviour): Promise<Upstream> {
  let current = behaviour;
  const requests: UpstreamRequest[] = [];
  const connections = new Set<Socket>();
  let abandon: (atMs: number) => void = () => {};
  const abandoned = new Promise<number>((resolve) => {
    abandon = resolve;
  });
  const server = createServer((socket) => {
    connections.add(socket);
    socket.setNoDelay(true);
    let text = "";
    let busy = false;
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
      const end = text.indexOf("\r\n\r\n");
      if (end < 0) return;
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
      if (text.length < end + 4 + length) return;
      const body = text.slice(end + 4, end + 4 + length);
      const request = { head: text.slice(0, end), body, stream: body.includes('"stream":true') };
      text = text.slice(end + 4 + length);
      busy = true;
      requests.push(request);
      current(socket, request);
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      connections.delete(socket);
      if (busy) abandon(performance.now());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    connections,
    abandoned,
    behave: (next) => {
      current = next;
    },
    close() {
      for (const socket of connections) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

export const streamHead = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";

export function frame(text: string): string {
  return `${Buffer.byteLength(text, "latin1").toString(16)}\r\n${text}\r\n`;
}

export const roleEvent = sse({
  choices: [{ index: 0, delta: { role: "assistant", content: "" }, finish_reason: null }],
});
export const contentEvent = (content: string) =>
  sse({ choices: [{ index: 0, delta: { content }, finish_reason: null }] });
export const finishEvent = sse({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] });
export const usageEvent = sse({
  choices: [],
  usage: { prompt_tokens: 11, completion_tokens: 3, total_tokens: 14 },
});
export const doneEvent = "data: [DONE]\n\n";

function sse(fields: object): string {
  const event = { id: "chatcmpl-1", object: "chat.completion.chunk", created: 1, model: "upstream-model", ...fields };
  return `data: ${JSON.stringify(event)}\n\n`;
}

export const wholeAnswer = JSON.stringify({
  id: "chatcmpl-1",
  object: "chat.completion",
  created: 1,
  model: "upstream-model",
  choices: [
    {
      index: 0,
      message: { role: "assistant", content: "one two three", refusal: null },
      logprobs: null,
      finish_reason: "stop",
    },
  ],
  usage: { prompt_tokens: 11, completion_tokens: 3, total_tokens: 14 },
});

const words = ["one ", "two ", "three"];

/** Answers properly, JSON or stream as asked. */
export const wellBehaved: Behaviour = (socket, { stream }) => {
  if (!stream) return answer(socket, 200, wholeAnswer);
  const events = [roleEvent, ...words.map(contentEvent), finishEvent, usageEvent, doneEvent];
  socket.write(streamHead + events.map(frame).join("") + "0\r\n\r\n");
};

export function answer(socket: Socket, status: number, body: string, headers = ""): void {
  const type = "content-type: application/json\r\n";
  socket.write(`HTTP/1.1 ${status} X\r\n${type}${headers}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}

/** Answers with an error status. */
export const failWith =
  (status: number, headers = ""): Behaviour =>
  (socket) =>
    answer(
      socket,
      status,
      JSON.stringify({ error: { message: `upstream says ${status}`, type: "x", code: null } }),
      headers,
    );

/** Sends raw bytes as the answer, then does `then` with the connection. */
export const sendThen =
  (text: string, then: "reset" | "close" | "stay"): Behaviour =>
  (socket) => {
    const finish = () => {
      if (then === "reset") socket.resetAndDestroy();
      else if (then === "close") socket.end();
    };
    // A moment of rest, so that the other side has read what was sent before the reset throws it away.
    if (text === "") finish();
    else socket.write(text, "latin1", () => setTimeout(finish, 20));
  };

/** A stream of the given events, then `then`; without its closing chunk. */
export const streamThen = (events: readonly string[], then: "reset" | "close" | "stay"): Behaviour =>
  sendThen(streamHead + events.map(frame).join(""), then);

/** A stream of the given events with a proper end. */
export const streamOf = (...events: readonly string[]): Behaviour =>
  sendThen(`${streamHead + events.map(frame).join("")}0\r\n\r\n`, "stay");

/** Sends an event every `everyMs` for ever. */
export const endless =
  (everyMs: number, lead: readonly string[] = [roleEvent]): Behaviour =>
  (socket) => {
    socket.write(streamHead + lead.map(frame).join(""));
    const timer = setInterval(() => socket.write(frame(contentEvent("more "))), everyMs);
    socket.on("close", () => clearInterval(timer));
  };
