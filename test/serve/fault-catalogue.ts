// What can go wrong with an engine, by the moment at which it does.
import {
  answer,
  contentEvent,
  doneEvent,
  failWith,
  finishEvent,
  frame,
  roleEvent,
  sendThen,
  streamHead,
  streamOf,
  streamThen,
  usageEvent,
  wellBehaved,
  wholeAnswer,
  type Behaviour,
} from "./misbehaving-upstream.ts";

const jsonHead = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${wholeAnswer.length}\r\n\r\n`;
/** As proxies write that the engine behind them failed: the event looks like any other and says why at its end. */
const errorBesideChoices =
  'data: {"id":"x","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}],"error":{"message":"boom","code":502}}\n\n';
/** As vLLM and SGLang end what they had under way when they are paused or stopped. */
const abortedEvent =
  'data: {"id":"x","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":""},"finish_reason":"abort"}]}\n\n';
const cancelledEvent = abortedEvent.replace('"abort"', '"cancelled"');
const cutEvent = 'data: {"id":"x","choices":[{"delta":{"con\n\n';

/** Before its first content a stream's failure can be hidden from the caller. */
export const beforeContent: Record<string, Behaviour> = {
  "reset before headers": sendThen("", "reset"),
  "close before headers": sendThen("", "close"),
  "silence before headers": () => {},
  "headers that never end": sendThen("HTTP/1.1 200 OK\r\ncontent-type: te", "stay"),
  "something that is not HTTP": sendThen("hello\r\n\r\n", "close"),
  "reset before the first token": streamThen([roleEvent], "reset"),
  "close before the first token": streamThen([roleEvent], "close"),
  "silence before the first token": streamThen([roleEvent], "stay"),
  "proper end without a token": streamOf(roleEvent),
  "sentinel without a token": streamOf(roleEvent, doneEvent),
  "malformed first event": streamOf(cutEvent, doneEvent),
  "error as the first event": streamOf('data: {"error":{"message":"CUDA out of memory"}}\n\n'),
  "error beside the choices as the first event": streamOf(errorBesideChoices),
  "an answer called off before its first token": streamOf(roleEvent, abortedEvent, usageEvent, doneEvent),
  "a packed stream": sendThen(
    `${streamHead.replace("transfer", "content-encoding: gzip\r\ntransfer")}${frame("\x1f\x8b\x08")}0\r\n\r\n`,
    "stay",
  ),
  "broken chunk framing": sendThen(`${streamHead}zz\r\nhello`, "stay"),
  "a page instead of a stream": sendThen(
    "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 2\r\n\r\nhi",
    "stay",
  ),
  "status 500": failWith(500),
  "status 429": failWith(429, "retry-after: 1\r\n"),
  "status 503": failWith(503, "retry-after: Wed, 21 Oct 2099 07:28:00 GMT\r\n"),
  "status 401": failWith(401),
  "a redirect": failWith(307, "location: http://127.0.0.1:1/elsewhere\r\n"),
};

/** After its first content it cannot, and must be told. */
export const afterContent: Record<string, Behaviour> = {
  "reset in mid-stream": streamThen([roleEvent, contentEvent("one ")], "reset"),
  "close in mid-stream": streamThen([roleEvent, contentEvent("one ")], "close"),
  "silence in mid-stream": streamThen([roleEvent, contentEvent("one ")], "stay"),
  "proper end without a finish": streamOf(roleEvent, contentEvent("one ")),
  "malformed event in mid-stream": streamOf(roleEvent, contentEvent("one "), cutEvent, doneEvent),
  "error event in mid-stream": streamOf(roleEvent, contentEvent("one "), 'data: {"error":{"message":"boom"}}\n\n'),
  "error beside the choices in mid-stream": streamOf(
    roleEvent,
    contentEvent("one "),
    errorBesideChoices,
    finishEvent,
    doneEvent,
  ),
  "an answer called off in mid-stream": streamOf(roleEvent, contentEvent("one "), abortedEvent, usageEvent, doneEvent),
  "an answer called off in mid-stream by TensorRT-LLM": streamOf(
    roleEvent,
    contentEvent("one "),
    cancelledEvent,
    usageEvent,
    doneEvent,
  ),
  "broken chunk framing in mid-stream": sendThen(`${streamHead}${frame(contentEvent("one "))}zz\r\n`, "stay"),
};

/** What breaks an answer that is not a stream. */
export const brokenWhole: Record<string, Behaviour> = {
  "reset before headers": sendThen("", "reset"),
  "close before headers": sendThen("", "close"),
  "silence before headers": () => {},
  "reset in the middle of the body": sendThen(jsonHead + wholeAnswer.slice(0, 40), "reset"),
  "close in the middle of the body": sendThen(jsonHead + wholeAnswer.slice(0, 40), "close"),
  "silence in the middle of the body": sendThen(jsonHead + wholeAnswer.slice(0, 40), "stay"),
  "a body that is not JSON": (socket) => answer(socket, 200, "{"),
  "an error with status 200": (socket) => answer(socket, 200, '{"error":{"message":"boom","code":500}}'),
  "an error without its wrapping and with status 200": (socket) =>
    answer(socket, 200, '{"object":"error","message":"boom","code":500}'),
  "an answer called off": (socket) => answer(socket, 200, wholeAnswer.replace('"stop"', '"abort"')),
  "an answer called off by TensorRT-LLM": (socket) => answer(socket, 200, wholeAnswer.replace('"stop"', '"cancelled"')),
  "a null, as TensorRT-LLM answers while it goes down": (socket) => answer(socket, 200, "null"),
  "a packed body": (socket) => answer(socket, 200, "\x1f\x8b\x08", "content-encoding: gzip\r\n"),
  "a body that is no object": (socket) => answer(socket, 200, "[1]"),
  "a stream instead of JSON": streamOf(roleEvent, contentEvent("one "), finishEvent, doneEvent),
  "status 500": failWith(500),
  "status 502": failWith(502),
  "status 429": failWith(429, "retry-after: 1\r\n"),
  "status 503": failWith(503, "retry-after: 1\r\n"),
};

const words = ["one ", "two ", "three"].map((word) => contentEvent(word));
const usage = (fields: object) => `data: ${JSON.stringify({ choices: [], usage: fields })}\n\n`;
/** Writes pieces one after the other, so that each is read by itself. */
const dripped =
  (pieces: readonly string[], end: string, everyMs = 1): Behaviour =>
  (socket) => {
    socket.write(streamHead);
    let next = 0;
    const timer = setInterval(() => {
      if (next < pieces.length) socket.write(frame(pieces[next++]!), "latin1");
      else {
        clearInterval(timer);
        socket.write(end);
      }
    }, everyMs);
    socket.on("close", () => clearInterval(timer));
  };
const proper = "0\r\n\r\n";
const complete = [roleEvent, ...words, finishEvent, usageEvent, doneEvent];
const inPieces = (text: string, size: number) =>
  Array.from({ length: Math.ceil(text.length / size) }, (_, index) => text.slice(index * size, (index + 1) * size));

/** Odd streams that are complete all the same: "one two three", stopped, 11 and 3 tokens unless said otherwise. */
export const oddButComplete: Record<string, { behaviour: Behaviour; counted?: boolean }> = {
  "slow headers": { behaviour: (socket, asked) => void setTimeout(() => wellBehaved(socket, asked), 60) },
  "events cut at odd places": { behaviour: dripped(inPieces(complete.join(""), 37), proper) },
  "lines that end with a return and a line feed": { behaviour: streamOf(complete.join("").replaceAll("\n", "\r\n")) },
  "lines that end with a return": { behaviour: streamOf(complete.join("").replaceAll("\n", "\r")) },
  "comments between events": { behaviour: streamOf(...complete.flatMap((event) => [": ping\n\n", event])) },
  "a byte order mark": { behaviour: streamOf("\xef\xbb\xbf", ...complete) },
  "no sentinel": { behaviour: streamOf(roleEvent, ...words, finishEvent, usageEvent) },
  "no usage": { behaviour: streamOf(roleEvent, ...words, finishEvent, doneEvent), counted: true },
  "usage that makes no sense": {
    behaviour: streamOf(
      roleEvent,
      ...words,
      finishEvent,
      usage({ prompt_tokens: -4, completion_tokens: "many" }),
      doneEvent,
    ),
    counted: true,
  },
  "usage stated twice": {
    behaviour: streamOf(
      roleEvent,
      ...words,
      finishEvent,
      usage({ prompt_tokens: 11, completion_tokens: 1, total_tokens: 12 }),
      usageEvent,
      doneEvent,
    ),
  },
  "early close after the finish reason": {
    behaviour: streamThen([roleEvent, ...words, finishEvent], "close"),
    counted: true,
  },
  "reset after the finish reason": {
    behaviour: streamThen([roleEvent, ...words, finishEvent], "reset"),
    counted: true,
  },
  "silence after the finish reason": {
    behaviour: streamThen([roleEvent, ...words, finishEvent], "stay"),
    counted: true,
  },
};

const silent = new Set<Behaviour>(
  [beforeContent, afterContent, brokenWhole, Object.fromEntries(odd())].flatMap((faults) =>
    Object.entries(faults)
      .filter(([name]) => /silence|never end/.test(name))
      .map(([, behaviour]) => behaviour),
  ),
);

function odd(): [string, Behaviour][] {
  return Object.entries(oddButComplete).map(([name, { behaviour }]) => [name, behaviour]);
}

/** Time limits, ms: short where the fault is that nothing comes, long where a busy machine could be taken for one. */
export function patience(behaviour: Behaviour) {
  const limitMs = silent.has(behaviour) ? 400 : 5_000;
  return { firstTokenTimeoutMs: limitMs, wholeAnswerTimeoutMs: limitMs, idleTimeoutMs: limitMs };
}
