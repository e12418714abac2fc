import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createNodeFiles, lockFolder, makeFolder } from "../../src/adapters/files-node/index.ts";
import { filesContract } from "./files.ts";

filesContract("files-node", () => {
  const folder = mkdtempSync(join(tmpdir(), "disperse-files-"));
  return {
    store: createNodeFiles(folder),
    reopen: () => createNodeFiles(folder),
    close: () => rmSync(folder, { recursive: true }),
  };
});

describe("files-node", () => {
  it.each(["../outside", "/etc/passwd", "a/b", "", ".hidden", "a..b"])(
    "touches nothing for the name %j",
    async (name) => {
      const folder = mkdtempSync(join(tmpdir(), "disperse-files-"));
      await expect(createNodeFiles(folder).append(name, "x")).rejects.toThrow("not a name");
      rmSync(folder, { recursive: true });
    },
  );

  it("makes a folder with all that lack above it, and says why it cannot, also where nothing can be made", () => {
    const above = mkdtempSync(join(tmpdir(), "disperse-files-"));
    const folder = join(above, "a", "b");
    makeFolder(folder, 0o700);
    makeFolder(folder, 0o700);
    expect(statSync(join(above, "a")).mode & 0o777).toBe(0o700);
    writeFileSync(join(folder, "file"), "");
    expect(() => makeFolder(join(folder, "file"))).toThrow("EEXIST");
    expect(() => makeFolder(join(folder, "file", "below"))).toThrow("ENOTDIR");
    rmSync(above, { recursive: true });
  });

  it.runIf(process.platform === "linux")("does not try for ever to make a folder within the system's own", () => {
    expect(() => makeFolder("/proc/absent/below")).toThrow("ENOENT");
  });

  it("lets one gateway at a time keep its files in a folder", () => {
    const folder = join(mkdtempSync(join(tmpdir(), "disperse-files-")), "new");
    const unlock = lockFolder(folder);
    expect(() => lockFolder(folder)).toThrow("another gateway keeps its files there");
    unlock();
    lockFolder(folder)();
    rmSync(join(folder, ".."), { recursive: true });
  });
});
