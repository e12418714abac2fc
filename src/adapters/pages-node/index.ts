import { readFile, realpath, stat } from "node:fs/promises";
import { extname, join, resolve, sep } from "node:path";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import type { Page, PageSource } from "../../serve/index.ts";

/** A document made when asked for: its type and its text. `known`: who asks may be told the names of tenants. */
export type Document = (known: boolean) => DocumentText | Promise<DocumentText>;

interface DocumentText {
  readonly contentType: string;
  readonly text: string;
}

/**
 * A document that stays as it is. The plan of a large mesh has 25 MB: it is written once, when somebody first asks, and kept
 * packed, so that opening the console holds up no request of the gateway and sends an eighth of that.
 */
export interface LastingDocument {
  readonly contentType: string;
  readonly makeText: () => string;
}

const contentTypes: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".map": "application/json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
  ".txt": "text/plain; charset=utf-8",
};

/** The console needs nothing from elsewhere, so nothing from elsewhere may run in it. */
const securityHeaders = [
  "x-content-type-options",
  "nosniff",
  "referrer-policy",
  "no-referrer",
  "content-security-policy",
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; worker-src 'self' blob:; frame-ancestors 'none'",
];

/**
 * Documents at fixed paths and, below them, the files of one folder (null = none). `/` shows `index.html`.
 * Paths that leave the folder, hidden files and links to the outside are not found.
 */
export function createPages(
  documents: Readonly<Record<string, Document | LastingDocument>>,
  folder: string | null,
): PageSource {
  const packed = new Map<string, Promise<Buffer>>();
  return async (path, known, takesGzip) => {
    const document = Object.hasOwn(documents, path) ? documents[path] : undefined;
    if (typeof document === "object") {
      const whole = packed.get(path) ?? pack(Buffer.from(document.makeText(), "utf8"));
      packed.set(path, whole);
      return lastingPage(document.contentType, await whole, takesGzip);
    }
    if (document) {
      const { contentType, text } = await document(known);
      return { status: 200, contentType, body: Buffer.from(text, "utf8"), headers: ["cache-control", "no-store"] };
    }
    return folder === null ? null : filePage(resolve(folder), path);
  };
}

const pack = promisify<Buffer, Buffer>(gzip);
const unpack = promisify<Buffer, Buffer>(gunzip);

async function lastingPage(contentType: string, packed: Buffer, takesGzip: boolean): Promise<Page> {
  const body = takesGzip ? packed : await unpack(packed);
  const coding = takesGzip ? ["content-encoding", "gzip"] : [];
  return {
    status: 200,
    contentType,
    body,
    headers: ["cache-control", "no-store", "vary", "accept-encoding", ...coding],
  };
}

async function filePage(folder: string, path: string): Promise<Page | null> {
  let name: string;
  try {
    name = decodeURIComponent(path);
  } catch {
    return null;
  }
  if (name.includes("\0") || name.includes("\\") || name.split("/").some((part) => part.startsWith("."))) return null;
  const wanted = join(folder, name === "/" ? "index.html" : name);
  try {
    // Links are followed before the check, so that one inside the folder cannot lead out of it.
    const real = await realpath(wanted);
    if (!real.startsWith((await realpath(folder)) + sep) || !(await stat(real)).isFile()) return null;
    const contentType = contentTypes[extname(real)] ?? "application/octet-stream";
    // Built files carry a hash in their name and never change under it.
    const caching = name.startsWith("/assets/") ? "public, max-age=31536000, immutable" : "no-cache";
    return {
      status: 200,
      contentType,
      body: await readFile(real),
      headers: ["cache-control", caching, ...securityHeaders],
    };
  } catch {
    return null;
  }
}
