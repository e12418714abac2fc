import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formBoundary, formParts } from "./form-parts.ts";

const part = (head: string, content: string) => `--b\r\n${head}\r\n\r\n${content}\r\n`;
const field = (name: string, content: string) => part(`Content-Disposition: form-data; name="${name}"`, content);

describe("a form", () => {
  it("has named parts, some of them files, with any bytes in them", () => {
    const file = part(
      'content-disposition: form-data; name="file"; filename="a\\"b.wav"\r\ncontent-type: audio/wav',
      "\x00\r\n--\xff",
    );
    const body = `${field("model", "whisper")}${file}--b--\r\n`;
    const parts = formParts(body, "b")!;
    expect(parts.map(({ name, fileName, start, end }) => [name, fileName, body.slice(start, end)])).toEqual([
      ["model", null, "whisper"],
      ["file", 'a"b.wav', "\x00\r\n--\xff"],
    ]);
  });

  it("names its boundary in the content type", () => {
    expect(formBoundary("multipart/form-data; boundary=abc")).toBe("abc");
    expect(formBoundary('Multipart/Form-Data; charset=utf-8; boundary="a b"')).toBe("a b");
    expect(formBoundary("multipart/form-data")).toBeNull();
    expect(formBoundary("application/json")).toBeNull();
    expect(formBoundary(`multipart/form-data; boundary=${"x".repeat(71)}`)).toBeNull();
  });

  it.each([
    ["no closing boundary", field("a", "1")],
    ["a part without a name", `${part("content-disposition: form-data", "1")}--b--`],
    ["a part without a head", "--b\r\n--b--"],
    ["bare line feeds", '--b\ncontent-disposition: form-data; name="a"\n\n1\n--b--'],
    ["another boundary", `--c\r\ncontent-disposition: form-data; name="a"\r\n\r\n1\r\n--c--`],
    ["nothing", ""],
    ["too many parts", `${field("a", "1").repeat(101)}--b--`],
  ])("is refused with %s", (_name, body) => {
    expect(formParts(body, "b")).toBeNull();
  });

  it("survives any bytes", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(fc.constantFrom("--b", "\r\n", "--", 'content-disposition: form-data; name="a"'), fc.string()),
        ),
        (pieces) => {
          const body = pieces.join("");
          for (const { start, end } of formParts(body, "b") ?? []) {
            expect(start).toBeLessThanOrEqual(end);
            expect(end).toBeLessThanOrEqual(body.length);
          }
        },
      ),
    );
  });
});
