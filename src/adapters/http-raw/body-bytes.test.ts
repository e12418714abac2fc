import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BodyBytes } from "./body-bytes.ts";

describe("the body of a message", () => {
  it("is what came, however it was cut and whatever the buffer it was read into holds later", () => {
    const reads = fc.array(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 4 }), { maxLength: 6 });
    fc.assert(
      fc.property(fc.array(reads, { minLength: 1, maxLength: 3 }), fc.boolean(), (messages, declared) => {
        const body = new BodyBytes();
        const buffer = Buffer.alloc(64);
        for (const message of messages) {
          let taken: string | null = null;
          if (declared) body.expect(Buffer.concat(message.flat()).length);
          for (const [index, pieces] of message.entries()) {
            const source = Buffer.concat([Buffer.alloc(3), ...pieces, Buffer.alloc(2)]);
            const shared = source.length <= buffer.length ? buffer : Buffer.alloc(source.length);
            source.copy(shared);
            let at = 3;
            for (const piece of pieces) {
              if (piece.length > 0) body.add(shared, at, at + piece.length);
              at += piece.length;
            }
            if (index === message.length - 1) taken = body.take().toString("hex");
            else body.keep();
            shared.fill(0xee);
          }
          if (message.length > 0) expect(taken).toBe(Buffer.concat(message.flat()).toString("hex"));
        }
      }),
    );
  });
});
