import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BodyBytes, joined } from "./body-bytes.ts";

describe("the body of a message", () => {
  it("is what came, however it was cut and whatever the buffer it was read into holds later", () => {
    const reads = fc.array(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 4 }), { maxLength: 6 });
    fc.assert(
      fc.property(
        fc.array(reads, { minLength: 1, maxLength: 3 }),
        fc.boolean(),
        fc.integer({ min: 1, max: 64 }),
        (messages, declared, pieceBytes) => {
          const body = new BodyBytes(pieceBytes);
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
              if (index === message.length - 1) taken = joined(body.take()).toString("hex");
              else body.keep();
              shared.fill(0xee);
            }
            if (message.length > 0) expect(taken).toBe(Buffer.concat(message.flat()).toString("hex"));
          }
        },
      ),
    );
  });

  it.each([0, 40 * 1024 * 1024])(
    "takes its size of memory, where it was announced (%d bytes) and where not",
    (declared) => {
      const body = new BodyBytes();
      const read = Buffer.alloc(64 * 1024);
      const before = process.memoryUsage().arrayBuffers;
      body.expect(declared);
      for (let at = 0; at < 40 * 1024 * 1024; at += read.length) {
        body.add(read, 0, read.length);
        body.keep();
      }
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(43 * 1024 * 1024);
      expect(joined(body.take()).length).toBe(40 * 1024 * 1024);
    },
  );
});
