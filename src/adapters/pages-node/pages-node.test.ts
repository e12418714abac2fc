import { mkdtemp, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createPages } from "./index.ts";

let base = "";
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), "pages-"));
  await mkdir(join(base, "site", "assets"), { recursive: true });
  await writeFile(join(base, "secret.txt"), "secret");
  await writeFile(join(base, "site", "index.html"), "<p>hello");
  await writeFile(join(base, "site", ".env"), "secret");
  await writeFile(join(base, "site", "assets", "a.js"), "1");
  await symlink(join(base, "secret.txt"), join(base, "site", "link.txt"));
});
afterAll(() => rm(base, { recursive: true }));

const pages = () =>
  createPages({ "/console/plan.json": () => ({ contentType: "application/json", text: '"ü"' }) }, join(base, "site"));

describe("pages", () => {
  it("shows documents and files", async () => {
    const text = async (path: string) => String((await pages()(path, true, false))?.body);
    expect(await text("/")).toBe("<p>hello");
    expect(await text("/assets/a.js")).toBe("1");
    expect(await text("/console/plan.json")).toBe('"ü"');
  });

  it("makes a document that lasts once, and packs it for those who read gzip", async () => {
    let made = 0;
    const makeText = () => `${++made} ${"ü".repeat(5000)}`;
    const lasting = createPages({ "/console/plan.json": { contentType: "application/json", makeText } }, null);
    const [packed, plain] = [
      await lasting("/console/plan.json", true, true),
      await lasting("/console/plan.json", true, false),
    ];
    expect(packed?.headers?.join()).toContain("content-encoding,gzip");
    expect(packed?.body.length).toBeLessThan(200);
    expect(String(gunzipSync(packed?.body as Uint8Array))).toBe(String(plain?.body));
    expect(String(plain?.body)).toMatch(/^1 ü{5000}$/);
    expect(plain?.headers?.join()).not.toContain("content-encoding");
  });

  it.each([
    "/../secret.txt",
    "/%2e%2e/secret.txt",
    "/..%2fsecret.txt",
    "/assets/../../secret.txt",
    "/link.txt",
    "/.env",
    "/%2eenv",
    "/assets",
    "/a\0b",
    "/%00",
    "/%zz",
    "/..\\secret.txt",
    "//etc/passwd",
    "/constructor",
    "/absent",
  ])("finds nothing at %j", async (path) => {
    expect(await pages()(path, true, false)).toBeNull();
  });
});
