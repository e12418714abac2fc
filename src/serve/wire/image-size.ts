export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/** Enough for the headers of all formats but JPEG, whose size stands behind what cameras write in front of it. */
const headBytes = 64;
const jpegBytes = 96 * 1024;
/** Sides of more pixels are no picture but a mistake. */
const longestSide = 100_000;

/**
 * Size of a PNG, GIF, WebP or JPEG picture in pixels, read from its first bytes (one character a byte, as many as
 * `bytesOf` is asked for or fewer); null when it cannot be told.
 */
export function imageSize(bytesOf: (count: number) => string): ImageSize | null {
  const head = bytesOf(headBytes);
  const size = pngSize(head) ?? gifSize(head) ?? webpSize(head) ?? (isJpeg(head) ? jpegSize(bytesOf(jpegBytes)) : null);
  if (size === null) return null;
  const holds = (side: number) => side >= 1 && side <= longestSide;
  return holds(size.width) && holds(size.height) ? size : null;
}

function pngSize(head: string): ImageSize | null {
  if (!head.startsWith("\x89PNG\r\n\x1a\n") || head.length < 24) return null;
  return { width: big(head, 16, 4), height: big(head, 20, 4) };
}

function gifSize(head: string): ImageSize | null {
  return /^GIF8[79]a/.test(head) ? { width: little(head, 6, 2), height: little(head, 8, 2) } : null;
}

function webpSize(head: string): ImageSize | null {
  if (!head.startsWith("RIFF") || head.slice(8, 12) !== "WEBP" || head.length < 30) return null;
  const kind = head.slice(12, 16);
  if (kind === "VP8X") return { width: 1 + little(head, 24, 3), height: 1 + little(head, 27, 3) };
  if (kind === "VP8 ") return { width: little(head, 26, 2) & 0x3fff, height: little(head, 28, 2) & 0x3fff };
  if (kind !== "VP8L") return null;
  // Two sides less one, 14 bits each, behind a byte that marks the format.
  const bits = little(head, 21, 4);
  return { width: 1 + (bits % 0x4000), height: 1 + (Math.floor(bits / 0x4000) % 0x4000) };
}

function isJpeg(head: string): boolean {
  return head.startsWith("\xff\xd8\xff");
}

/** Goes from segment to segment up to the one that begins a frame, whatever way it is coded. */
function jpegSize(bytes: string): ImageSize | null {
  for (let at = 2; at + 9 < bytes.length;) {
    if (bytes.charCodeAt(at) !== 0xff) return null;
    const marker = bytes.charCodeAt(at + 1);
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame) return { width: big(bytes, at + 7, 2), height: big(bytes, at + 5, 2) };
    // Fill bytes may stand in front of a marker.
    at += marker === 0xff ? 1 : 2 + big(bytes, at + 2, 2);
  }
  return null;
}

function big(bytes: string, at: number, count: number): number {
  let value = 0;
  for (let index = 0; index < count; index++) value = value * 256 + bytes.charCodeAt(at + index);
  return value;
}

function little(bytes: string, at: number, count: number): number {
  let value = 0;
  for (let index = count - 1; index >= 0; index--) value = value * 256 + bytes.charCodeAt(at + index);
  return value;
}
