import { describe, expect, it } from "vitest";
import { misdirected } from "./wrong-path.ts";

describe("a request at no endpoint", () => {
  it.each([
    ["POST", "/chat/completions", 404, /base URL must end in \/v1/],
    ["GET", "/models", 404, /base URL must end in \/v1/],
    ["POST", "/v1/v1/chat/completions", 404, /\/v1 twice/],
    ["POST", "/v1/chat/completions/", 404, /slash at the end/],
    ["GET", "/v1/models/", 404, /slash at the end/],
    ["POST", "//v1/chat/completions", 404, /must not end in a slash/],
    ["GET", "/v1//models", 404, /must not end in a slash/],
    ["POST", "/v1/moderations", 404, /nothing at \/v1\/moderations/],
    ["GET", "/v1/unknown", 404, /nothing/],
  ])("%s %s is answered with %i and what is wrong", (method, path, status, words) => {
    expect(misdirected(method, path)).toMatchObject({
      error: { status, message: expect.stringMatching(words) as string },
    });
  });

  it.each([
    ["GET", "/v1/chat/completions", "POST"],
    ["DELETE", "/v1/embeddings", "POST"],
    ["POST", "/healthz", "GET, HEAD"],
    ["PUT", "/v1/models", "GET, HEAD"],
  ])("%s %s is told the methods there are", (method, path, allow) => {
    expect(misdirected(method, path)).toMatchObject({ error: { status: 405 }, headers: ["allow", allow] });
  });
});
