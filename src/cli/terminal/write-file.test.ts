import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { writeFile, writeResult } from "./write-file.ts";

const scratch = mkdtempSync(join(tmpdir(), "disperse-write-"));
afterAll(() => rmSync(scratch, { recursive: true }));

describe("writeFile", () => {
  it("leaves what was there where the new text cannot be put on the disk", () => {
    const path = join(scratch, "plan.json");
    writeFileSync(path, "old");
    // Stands where the new text would be kept until it is whole.
    const obstacle = join(scratch, `.plan.json.${process.pid}.new`);
    mkdirSync(obstacle);
    expect(() => writeFile(path, "new")).toThrow(/plan\.json cannot be written: it is a folder/);
    expect(readFileSync(path, "utf8")).toBe("old");
    rmSync(obstacle, { recursive: true });
  });

  it("follows a link and leaves nothing else behind", () => {
    const folder = join(scratch, "links");
    mkdirSync(folder);
    writeFileSync(join(folder, "real.json"), "old");
    symlinkSync("real.json", join(folder, "link.json"));
    writeFile(join(folder, "link.json"), "new");
    expect(readFileSync(join(folder, "real.json"), "utf8")).toBe("new");
    expect(readdirSync(folder).sort()).toEqual(["link.json", "real.json"]);
  });

  it("says in words why a device takes nothing", () => {
    expect(() => writeFile("/dev/full", "text")).toThrow(
      "/dev/full cannot be written: no space is left on the disk (ENOSPC)",
    );
  });
});

describe("writeResult", () => {
  it("keeps what was found among the temporary files where its own cannot be written any more", () => {
    let message = "";
    try {
      writeResult("/dev/full", "an hour's work");
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toMatch(/^\/dev\/full cannot be written: no space is left on the disk/);
    const rescue = /kept in (.*)\.$/.exec(message)![1]!;
    expect(readFileSync(rescue, "utf8")).toBe("an hour's work");
    rmSync(rescue);
  });
});
