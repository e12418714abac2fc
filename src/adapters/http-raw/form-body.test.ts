import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Socket } from "node:net";
import { FormBody, RawCall } from "./raw-call.ts";

describe("a form in pieces", () => {
  it("is searched and cut as the text that it is, wherever one piece ends and the next begins", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", "\r", "\u00ff"), maxLength: 60 });
    const needle = fc.string({ unit: fc.constantFrom("a", "b", "\r", "\u00ff"), minLength: 1, maxLength: 12 });
    const position = fc.integer({ min: 0, max: 70 });
    fc.assert(
      fc.property(text, needle, position, position, fc.integer({ min: 1, max: 20 }), (whole, part, from, to, size) => {
        // Buffers of their own: those of short texts share one, which a form that is read as a text would give back.
        const cut = (at: number) =>
          Buffer.from(Uint8Array.from(Buffer.from(whole.slice(at, at + size), "latin1")).buffer);
        const inPieces = () => {
          const pieces: [Buffer, ...Buffer[]] = [cut(0)];
          for (let at = size; at < whole.length; at += size) pieces.push(cut(at));
          return new FormBody(pieces, true);
        };
        const read = inPieces();
        expect(read.text).toBe(whole);
        for (const form of [inPieces(), read]) {
          expect(form.length).toBe(whole.length);
          expect(form.indexOf(part, from)).toBe(whole.indexOf(part, from));
          expect(form.slice(from, to)).toBe(whole.slice(from, Math.max(from, to)));
          expect(form.startsWith(part, from)).toBe(whole.startsWith(part, from));
          // Once more from its beginning: what was read is still there.
          expect(form.slice(0, whole.length)).toBe(whole);
        }
      }),
    );
  });
});

it.each([
  ["a text", () => "words"],
  ["a form", () => new FormBody([Buffer.from("words")], false)],
  ["a form in pieces", () => new FormBody([Buffer.from(Uint8Array.from(Buffer.from("words")).buffer)], true)],
])("a request without its body is otherwise what it was: %s", (_form, body) => {
  const head = { method: "POST", target: "/v1/x?y=1", status: 0, majorVersion: 1, minorVersion: 1 };
  const fields = ["Host", "here"];
  const call = new RawCall({ ...head, fields, keepAlive: true, upgrade: false, facts: null }, body(), 5, new Socket());
  expect(call.body).toBe("words");
  call.forgetBody();
  const { bodyBytes, path, query } = call;
  expect([call.body, bodyBytes, path, query, call.header("host")]).toEqual(["", 5, "/v1/x", "y=1", "here"]);
});
