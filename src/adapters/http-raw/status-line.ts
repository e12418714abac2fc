/**
 * Reason phrases (RFC 9110 §15 and what is registered besides). Node has them too, but with all of `node:http` around them: 12 MB
 * of memory that nothing here needs.
 */
const phrases: Readonly<Record<number, string>> = {
  100: "Continue",
  200: "OK",
  201: "Created",
  202: "Accepted",
  204: "No Content",
  206: "Partial Content",
  400: "Bad Request",
  401: "Unauthorized",
  402: "Payment Required",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  406: "Not Acceptable",
  408: "Request Timeout",
  409: "Conflict",
  410: "Gone",
  411: "Length Required",
  412: "Precondition Failed",
  413: "Payload Too Large",
  414: "URI Too Long",
  415: "Unsupported Media Type",
  416: "Range Not Satisfiable",
  417: "Expectation Failed",
  421: "Misdirected Request",
  422: "Unprocessable Entity",
  424: "Failed Dependency",
  425: "Too Early",
  426: "Upgrade Required",
  428: "Precondition Required",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  451: "Unavailable For Legal Reasons",
  500: "Internal Server Error",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
  505: "HTTP Version Not Supported",
  507: "Insufficient Storage",
};

const lines = new Map<number, string>();
let dateText = "";
/** The second that `dateText` tells. */
let dateMs = Number.NaN;

/** The beginning of an answer: status line and date field. */
export function statusLine(status: number): string {
  let line = lines.get(status);
  if (line === undefined) {
    line = `HTTP/1.1 ${status} ${phrases[status] ?? "Unknown"}\r\n`;
    lines.set(status, line);
  }
  const nowMs = Date.now();
  // The time of day may be set back as well.
  if (!(nowMs >= dateMs && nowMs < dateMs + 1_000)) {
    dateText = `date: ${new Date(nowMs).toUTCString()}\r\n`;
    dateMs = nowMs - (nowMs % 1_000);
  }
  return line + dateText;
}
