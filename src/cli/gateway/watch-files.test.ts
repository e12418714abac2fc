import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { watchFiles } from "./watch-files.ts";

const folder = mkdtempSync(join(tmpdir(), "watched-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** How often a change of the file is told within a second and a half of `meanwhile`. */
async function changesTold(path: string, sinceMs: number, meanwhile: () => void): Promise<number> {
  let told = 0;
  const end = watchFiles([path], () => told++, sinceMs);
  await new Promise((resolve) => setTimeout(resolve, 100));
  meanwhile();
  await new Promise((resolve) => setTimeout(resolve, 1_400));
  end();
  return told;
}

it("a file is told to have changed once, also when it did between being read and being watched", async () => {
  const [path, other] = [join(folder, "watched"), join(folder, "other")];
  for (const each of [path, other]) writeFileSync(each, "1");
  await new Promise((resolve) => setTimeout(resolve, 20));
  const readMs = Date.now();
  expect(await changesTold(path, readMs, () => {})).toBe(0);
  expect(await changesTold(path, readMs, () => writeFileSync(path, "2"))).toBe(1);
  expect(await changesTold(path, readMs, () => {})).toBe(1);
  renameSync(other, path);
  expect(await changesTold(path, Date.now() - 50, () => {})).toBe(1);
});
