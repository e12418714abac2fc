import { readFile, realpath, stat } from "node:fs/promises";
import { extname, join, resolve, sep } from "node:path";
import type { Page, PageSource } from "../../serve/index.ts";

/** A document made when asked for: its type and its text. `known`: who asks may be told the names of tenants. */
export type Document = (known: boolean) => DocumentText | Promise<DocumentText>;

interface DocumentText {
  readonly contentType: string;
  readonly text: string;
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
export function createPages(documents: Readonly<Record<string, Document>>, folder: string | null): PageSource {
  return async (path, known) => {
    const document = Object.hasOwn(documents, path) ? documents[path] : undefined;
    if (document) {
      const { contentType, text } = await document(known);
      return { status: 200, contentType, body: Buffer.from(text, "utf8"), headers: ["cache-control", "no-store"] };
    }
    return folder === null ? null : filePage(resolve(folder), path);
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
