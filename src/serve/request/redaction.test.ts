import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { redactionKinds, redactJson, redactText } from "./redaction.ts";

const clean = (text: string) => redactText(text, redactionKinds, {});

describe("redaction of a text", () => {
  it.each([
    ["Write to anna.meier+x@mail.example.org, please", "Write to [e-mail address], please"],
    ["Card 4111 1111 1111 1111 until 12/27", "Card [card number] until 12/27"],
    ["Card 5500-0000-0000-0004.", "Card [card number]."],
    ["IBAN DE89 3704 0044 0532 0130 00 of Anna", "IBAN [account number] of Anna"],
    ["IBAN DE89 3704 0044 0532 0130 00 OF ANNA", "IBAN [account number] OF ANNA"],
    ["IBAN GB82WEST12345698765432", "IBAN [account number]"],
    ["Call +49 30 123456 or 0049 (30) 123-4567", "Call [telephone number] or [telephone number]"],
  ])("takes out what was asked: %s", (text, expected) => {
    expect(clean(text)).toBe(expected);
  });

  it.each([
    "Order 4111 1111 1111 1112 of 2026",
    "The sum is 1234567890123456789012",
    "pi is 3.14159265358979323846",
    "IBAN DE89 3704 0044 0532 0130 01",
    "At 12:30 we had 15,000 users at 0.5 %",
    "a @ b, x@y, @home",
    "version 1.2.3-4 of 2026-11-26",
  ])("leaves alone what only looks alike: %s", (text) => {
    expect(clean(text)).toBe(text);
  });

  it("takes out only what was asked for, and counts", () => {
    const counts = {};
    const text = "a@b.org, c@d.org, 4111111111111111";
    expect(redactText(text, ["email"], counts)).toBe("[e-mail address], [e-mail address], 4111111111111111");
    expect(counts).toEqual({ email: 2 });
  });

  it("comes to an end with any text that repeats itself", () => {
    for (const piece of ["a.", "1 ", "1-", "DE00", "+1 ", "a@", "(((", "00"]) {
      const text = piece.repeat(50_000);
      expect(clean(text)).not.toBe("");
    }
  });
});

describe("redaction of a body", () => {
  it("changes texts alone, whatever is in them, and keeps every other byte", () => {
    const body =
      '{ "model": "a@b.org",  "messages": [{"role":"user","content":"x\\nanna@b.org \\u00e9 \\"q\\""}], "n": 1e400 }';
    const start = body.indexOf("[");
    const { body: redacted, counts } = redactJson(body, start, body.indexOf("]") + 1, redactionKinds);
    expect(redacted).toBe(
      '{ "model": "a@b.org",  "messages": [{"role":"user","content":"x\\n[e-mail address] é \\"q\\""}], "n": 1e400 }',
    );
    expect(counts).toEqual({ email: 1 });
  });

  it("leaves pictures inside the body alone", () => {
    const body = '{"messages":[{"image_url":"data:image/png;base64,4111111111111111"}]}';
    expect(redactJson(body, 0, body.length, redactionKinds)).toEqual({ body, counts: {} });
  });

  it("keeps JSON well-formed and leaves nothing that was asked for", () => {
    const secret = fc.constantFrom(
      "anna@mail.example.org",
      "4111 1111 1111 1111",
      "DE89370400440532013000",
      "+49 30 1234567",
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(secret, fc.string({ unit: "grapheme" })), { maxLength: 6 }), (pieces) => {
        const content = pieces.join(" ");
        const body = JSON.stringify({ model: "m", messages: [{ role: "user", content }] });
        const { body: redacted } = redactJson(body, body.indexOf("["), body.length - 1, redactionKinds);
        const { messages } = JSON.parse(redacted) as { messages: { content: string }[] };
        expect(messages[0]!.content).not.toMatch(/anna@mail\.example\.org/);
      }),
    );
  });
});
