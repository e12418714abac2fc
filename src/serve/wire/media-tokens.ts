import { imageSize } from "./image-size.ts";

/**
 * Tokens of a picture by OpenAI's rule for its 4o models, which other engines' counts are of the order of: a low-detail
 * picture costs the base; otherwise it is fitted into a square of 2,048 pixels, then its shorter side to 768, and each
 * square of 512 begun costs a tile. Source: OpenAI, "Images and vision", seen 2025-11.
 */
const picture = { base: 85, tile: 170, tileSide: 512, largestSide: 2_048, shorterSide: 768 } as const;
/** Taken for a picture that is named by its address, or whose size cannot be read. */
const usualSize = { width: 1_024, height: 1_024 };
/** Sound is a token per 100 ms. Source: OpenAI, "Audio", seen 2025-11. */
const tokensPerSecond = 10;
/** Bytes of sound per second where it is not said: MP3 at 128 kbit/s. */
const usualBytesPerS = 16_000;
/** What a wave file says of itself stands in its first bytes. */
const waveHeadBytes = 44;

/**
 * Tokens of a part of a message that is a picture or sound; null when it is neither. An estimate, for admission and
 * reservation: what is charged comes from the engine's own count as soon as there is one.
 */
export function mediaTokens(part: Readonly<Record<string, unknown>>): number | null {
  const { type } = part;
  if (type === "image_url" || type === "input_image") return pictureTokens(part);
  if (type === "input_audio") return soundTokens(part["input_audio"]);
  return null;
}

function pictureTokens(part: Readonly<Record<string, unknown>>): number {
  const given = part["image_url"];
  const image = (typeof given === "object" && given !== null ? given : { url: given }) as Record<string, unknown>;
  if ((image["detail"] ?? part["detail"]) === "low") return picture.base;
  const { url } = image;
  const { width, height } = (typeof url === "string" ? sizeIn(url) : null) ?? usualSize;
  const fit = Math.min(1, picture.largestSide / Math.max(width, height));
  const scale = fit * Math.min(1, picture.shorterSide / (fit * Math.min(width, height)));
  const tiles = (side: number) => Math.max(1, Math.ceil((side * scale) / picture.tileSide - 1e-9));
  return picture.base + picture.tile * tiles(width) * tiles(height);
}

/** Size of a picture that is part of the request itself (`data:…;base64,…`). */
function sizeIn(url: string): { readonly width: number; readonly height: number } | null {
  const at = url.startsWith("data:") ? url.indexOf(";base64,") : -1;
  return at < 0 ? null : imageSize((bytes) => decoded(url, at + 8, bytes));
}

function soundTokens(given: unknown): number {
  const { data, format } = (typeof given === "object" && given !== null ? given : {}) as Record<string, unknown>;
  if (typeof data !== "string") return tokensPerSecond;
  const padding = data.endsWith("==") ? 2 : data.endsWith("=") ? 1 : 0;
  const bytes = Math.floor(data.length / 4) * 3 - padding;
  const head = format === "wav" ? decoded(data, 0, waveHeadBytes) : "";
  const stated = head.startsWith("RIFF") ? uint32(head, 28) : 0;
  return Math.max(1, Math.ceil((bytes / (stated || usualBytesPerS)) * tokensPerSecond));
}

/** The first `bytes` of what is written in base64 from `from` on, one character a byte; empty when it is no base64. */
function decoded(text: string, from: number, bytes: number): string {
  const end = Math.min(text.length, from + Math.ceil(bytes / 3) * 4);
  try {
    return atob(text.slice(from, from + Math.floor((end - from) / 4) * 4));
  } catch {
    return "";
  }
}

function uint32(bytes: string, at: number): number {
  const byte = (index: number) => bytes.charCodeAt(at + index) || 0;
  return byte(0) + 256 * (byte(1) + 256 * (byte(2) + 256 * byte(3)));
}
