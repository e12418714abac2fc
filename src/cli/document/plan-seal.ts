import type { PlanDocument } from "../../plan/index.ts";
import { sha256Of } from "../terminal/sha256.ts";

/**
 * The document with a digest of all of it. The digest proves nothing about who wrote it: it tells a file that was edited or
 * cut from one that was not, also where a changed figure would contradict nothing.
 */
export function seal(document: PlanDocument): PlanDocument {
  return { ...document, seal: digestOf(document) };
}

/** Whether the document is as it was when it was sealed; null when it carries no seal. */
export function isSealWhole(document: PlanDocument): boolean | null {
  return document.seal === undefined ? null : document.seal === digestOf(document);
}

function digestOf({ seal: _own, ...document }: PlanDocument): string {
  return sha256Of(JSON.stringify(document));
}
