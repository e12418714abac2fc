/** What nearly every answer is that is no stream. */
const usual = "application/json";

export function isEventStream(contentType: string): boolean {
  return contentType !== usual && /^text\/event-stream/i.test(contentType);
}

export function isJson(contentType: string): boolean {
  return contentType === usual || /^application\/(?:[\w.-]+\+)?json\b/i.test(contentType);
}

/** JSON is text, and what nobody says anything of. */
export function isText(contentType: string): boolean {
  return contentType === "" || isJson(contentType) || /^text\//i.test(contentType);
}
