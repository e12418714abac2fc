import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import type { RequestRecord } from "../../serve/index.ts";
import { createJsonJournal } from "./json-journal.ts";

const record = (requestId: string): RequestRecord => ({
  requestId,
  epochMs: 0,
  durationMs: 1,
  traceparent: null,
  path: "/v1/chat/completions",
  stream: false,
  keyId: null,
  accountId: null,
  workload: "chat",
  model: "small",
  area: "town",
  site: null,
  outcome: "refused",
  error: "overloaded",
  ttftMs: null,
  requestBytes: 0,
  chargeNanoUsd: 0,
  attempts: [],
});

it("tells of a full disk once, goes on when there is room again, and says how many lines are missing", async () => {
  const folder = mkdtempSync(join(tmpdir(), "journal-"));
  const path = join(folder, "access.jsonl");
  // A device that is always full.
  symlinkSync("/dev/full", path);
  const told: string[] = [];
  const journal = createJsonJournal({ path, retryMs: 0, onTrouble: ({ message }) => void told.push(message) });
  journal.note(record("lost-1"));
  await vi.waitFor(() => expect(told).toHaveLength(1));
  // Opened again and again, and refused each time.
  for (const lost of ["lost-2", "lost-3"]) {
    journal.note(record(lost));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(told).toEqual([expect.stringContaining("ENOSPC")]);

  // The disk was full in the middle of a line.
  rmSync(path);
  writeFileSync(path, '{"requestId":"cut');
  journal.note(record("kept"));
  await journal.close();
  const lines = readFileSync(path, "utf8").trim().split("\n");
  expect(lines.slice(0, -1)).toEqual(['{"requestId":"cut']);
  expect(JSON.parse(lines.at(-1)!)).toMatchObject({ requestId: "kept", droppedLines: 3 });
  rmSync(folder, { recursive: true });
});

it("follows its path when the file there is moved or removed, and loses no line of those that were moved", async () => {
  const folder = mkdtempSync(join(tmpdir(), "journal-"));
  const path = join(folder, "access.jsonl");
  const journal = createJsonJournal({ path, lookMs: 0 });
  let noted = 0;
  const noteUntilThere = () =>
    vi.waitFor(() => {
      journal.note(record(String(noted++)));
      expect(existsSync(path)).toBe(true);
    });
  for (const name of ["one", "two"]) {
    await noteUntilThere();
    renameSync(path, join(folder, name));
  }
  await noteUntilThere();
  const beforeRemoval = noted;
  rmSync(path);
  await noteUntilThere();
  await journal.close();
  const idsIn = (file: string) =>
    readFileSync(file, "utf8")
      .trim()
      .split("\n")
      .map((line) => Number((JSON.parse(line) as { requestId: string }).requestId));
  const moved = ["one", "two"].flatMap((name) => idsIn(join(folder, name)));
  expect(moved).toEqual(Array.from(moved, (_, index) => index));
  expect(moved.length).toBeLessThanOrEqual(beforeRemoval);
  expect(idsIn(path).at(-1)).toBe(noted - 1);
  rmSync(folder, { recursive: true });
});

it("keeps nobody waiting while the disk takes its time over whether the file is still there", async () => {
  const folder = mkdtempSync(join(tmpdir(), "journal-"));
  const path = join(folder, "access.jsonl");
  const journal = createJsonJournal({ path, lookMs: 0 });
  renameSync(path, join(folder, "moved"));
  // Within one turn no answer can have come.
  for (let line = 0; line < 3; line++) journal.note(record(String(line)));
  expect(existsSync(path)).toBe(false);
  await journal.close();
  expect(readFileSync(join(folder, "moved"), "utf8").trim().split("\n")).toHaveLength(3);
  rmSync(folder, { recursive: true });
});
