// An engine that costs almost nothing: every answer is prepared, and the request is only looked at for its end and for
// the field `user`, which says what to answer with. Prints its port.
import { createServer, type AddressInfo, type Socket } from "node:net";

const event = (content: string, finish: string | null = null) =>
  `data: ${JSON.stringify({
    id: "chatcmpl-000000000000000000000000",
    object: "chat.completion.chunk",
    created: 1_790_000_000,
    model: "bench-model",
    choices: [{ index: 0, delta: { content }, logprobs: null, finish_reason: finish }],
  })}\n\n`;
const usage = `data: ${JSON.stringify({ id: "chatcmpl-0", choices: [], usage: { prompt_tokens: 200, completion_tokens: 64, total_tokens: 264 } })}\n\n`;
const frame = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;
const streamHead = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
const eventCount = 64;
const events = Array.from({ length: eventCount }, (_, index) =>
  frame(event("word ", index === eventCount - 1 ? "stop" : null)),
);
const closing = `${frame(usage)}${frame("data: [DONE]\n\n")}0\r\n\r\n`;
const together = Buffer.from(streamHead + events.join("") + closing, "latin1");
const answer = JSON.stringify({
  id: "chatcmpl-0",
  object: "chat.completion",
  created: 1_790_000_000,
  model: "bench-model",
  choices: [{ index: 0, message: { role: "assistant", content: "x".repeat(760) }, finish_reason: "stop" }],
  usage: { prompt_tokens: 200, completion_tokens: 64, total_tokens: 264 },
});
const whole = Buffer.from(
  `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${answer.length}\r\n\r\n${answer}`,
  "latin1",
);

/** Streams that get one event per tick. */
const oneByOne = new Map<Socket, number>();
setInterval(() => {
  for (const [socket, sent] of oneByOne) {
    if (sent < eventCount) {
      socket.write(events[sent]!, "latin1");
      oneByOne.set(socket, sent + 1);
    } else {
      oneByOne.delete(socket);
      socket.write(closing, "latin1");
    }
  }
}, 1);
/** Streams that get an event every 250 ms and never end. */
const slow = new Set<Socket>();
setInterval(() => {
  for (const socket of slow) socket.write(events[0]!, "latin1");
}, 250);

const server = createServer({ noDelay: true }, (socket) => {
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk.toString("latin1");
    for (;;) {
      const end = text.indexOf("\r\n\r\n");
      if (end < 0) return;
      const length = Number(/content-length: *(\d+)/i.exec(text)?.[1] ?? 0);
      if (text.length < end + 4 + length) return;
      const body = text.slice(end + 4, end + 4 + length);
      text = text.slice(end + 4 + length);
      if (body.includes('"together"')) socket.write(together);
      else if (body.includes('"one-by-one"')) {
        socket.write(streamHead + events[0]!, "latin1");
        oneByOne.set(socket, 1);
      } else if (body.includes('"slow"')) {
        socket.write(streamHead + events[0]!, "latin1");
        slow.add(socket);
      } else socket.write(whole);
    }
  });
  socket.on("error", () => {});
  socket.on("close", () => {
    oneByOne.delete(socket);
    slow.delete(socket);
  });
});
server.listen(0, "127.0.0.1", 4_096, () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
