import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createNodeFiles, lockFolder } from "../../src/adapters/files-node/index.ts";
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

  it("lets one gateway at a time keep its files in a folder", () => {
    const folder = join(mkdtempSync(join(tmpdir(), "disperse-files-")), "new");
    const unlock = lockFolder(folder);
    expect(() => lockFolder(folder)).toThrow("another gateway keeps its files there");
    unlock();
    lockFolder(folder)();
    rmSync(join(folder, ".."), { recursive: true });
  });
});
