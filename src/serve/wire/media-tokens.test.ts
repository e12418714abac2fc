import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { endpoints } from "../stream/endpoints.ts";
import { parseInferenceRequest } from "../stream/chat-request.ts";
import { imageSize } from "./image-size.ts";
import { mediaTokens } from "./media-tokens.ts";

const bytes = (...codes: number[]) => String.fromCharCode(...codes);
const be = (value: number, count: number) =>
  bytes(...Array.from({ length: count }, (_, index) => Math.floor(value / 256 ** (count - 1 - index)) % 256));
const le = (value: number, count: number) => be(value, count).split("").toReversed().join("");
const rest = "\0".repeat(64);
const png = (width: number, height: number) =>
  `\x89PNG\r\n\x1a\n${be(13, 4)}IHDR${be(width, 4)}${be(height, 4)}${rest}`;
const gif = (width: number, height: number) => `GIF89a${le(width, 2)}${le(height, 2)}${rest}`;
const jpeg = (width: number, height: number, before = 0) =>
  `\xff\xd8\xff\xe1${be(before + 2, 2)}${"x".repeat(before)}\xff\xc2${be(17, 2)}\x08${be(height, 2)}${be(width, 2)}${rest}`;
const riff = (kind: string, body: string) => `RIFF${le(100, 4)}WEBP${kind}${le(50, 4)}${body}${rest}`;
const webp = {
  extended: (width: number, height: number) => riff("VP8X", `${"\0".repeat(4)}${le(width - 1, 3)}${le(height - 1, 3)}`),
  lossy: (width: number, height: number) => riff("VP8 ", `\0\0\0\x9d\x01\x2a${le(width, 2)}${le(height, 2)}`),
  lossless: (width: number, height: number) => riff("VP8L", `\x2f${le(width - 1 + (height - 1) * 0x4000, 4)}`),
};
const dataUrl = (content: string) => `data:image/x;base64,${btoa(content)}`;
const picture = (content: string, detail?: string) =>
  mediaTokens({ type: "image_url", image_url: { url: dataUrl(content), ...(detail && { detail }) } });

describe("tokens of pictures", () => {
  it("follow the published examples: 85 for low detail, 765 for a square of 1,024, 1,105 for 2,048 by 4,096", () => {
    expect(picture(png(4_096, 8_192), "low")).toBe(85);
    expect(picture(png(1_024, 1_024))).toBe(765);
    expect(picture(png(2_048, 4_096), "high")).toBe(1_105);
    expect(picture(png(20, 20))).toBe(255);
  });

  it("read the size from every common format", () => {
    const side = fc.integer({ min: 1, max: 16_000 });
    fc.assert(
      fc.property(side, side, fc.integer({ min: 0, max: 60_000 }), (width, height, exif) => {
        for (const content of [
          png(width, height),
          gif(width, height),
          jpeg(width, height, exif),
          webp.extended(width, height),
          webp.lossy(width, height),
          webp.lossless(width, height),
        ]) {
          expect(imageSize((count) => content.slice(0, count))).toEqual({ width, height });
        }
      }),
    );
  });

  it("take a usual size where none can be read, and never fall over what they are given", () => {
    const usual = 765;
    expect(mediaTokens({ type: "image_url", image_url: { url: "https://example.com/cat.png" } })).toBe(usual);
    expect(mediaTokens({ type: "input_image", image_url: "https://example.com/cat.png" })).toBe(usual);
    expect(mediaTokens({ type: "input_image", file_id: "file-1" })).toBe(usual);
    expect(picture("no picture at all")).toBe(usual);
    fc.assert(
      fc.property(fc.string(), fc.jsonValue(), (text, value) => {
        const url = `data:image/png;base64,${text}`;
        for (const part of [{ image_url: { url } }, { image_url: url }, { image_url: value }, { input_audio: value }]) {
          for (const type of ["image_url", "input_image", "input_audio"]) {
            const tokens = mediaTokens({ type, ...part })!;
            expect(Number.isSafeInteger(tokens) && tokens > 0).toBe(true);
          }
        }
      }),
    );
  });

  it("are bounded for pictures of any size", () => {
    const side = fc.integer({ min: 1, max: 100_000 });
    fc.assert(
      fc.property(side, side, (width, height) => {
        expect(picture(png(width, height))).toBeLessThanOrEqual(85 + 170 * 8);
        expect(picture(png(width, height))).toBe(picture(png(height, width)));
      }),
    );
  });
});

describe("tokens of sound", () => {
  const sound = (data: string, format: string) => mediaTokens({ type: "input_audio", input_audio: { data, format } });

  it("are ten a second, by the rate a wave file states or by that of a usual MP3", () => {
    const wave = `RIFF${"\0".repeat(4)}WAVEfmt ${"\0".repeat(12)}${le(32_000, 4)}${"\0".repeat(64_000 - 32)}`;
    expect(sound(btoa(wave), "wav")).toBe(20);
    expect(sound(btoa("x".repeat(48_000)), "mp3")).toBe(30);
  });
});

describe("a request with pictures", () => {
  it("counts them beside its text, in chat and in responses", () => {
    const url = dataUrl(png(1_024, 1_024));
    const text = "x".repeat(400);
    const chat = {
      model: "m",
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text },
            { type: "image_url", image_url: { url } },
          ],
        },
      ],
    };
    const responses = {
      model: "m",
      input: [
        {
          role: "user",
          content: [
            { type: "input_text", text },
            { type: "input_image", image_url: url },
          ],
        },
      ],
    };
    for (const [path, body] of [
      ["/v1/chat/completions", chat],
      ["/v1/responses", responses],
    ] as const) {
      const parsed = parseInferenceRequest(JSON.stringify(body), endpoints[path]!);
      expect(parsed.ok && parsed.request.inputTokens).toBe(100 + 765);
    }
  });
});
