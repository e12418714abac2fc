import { mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
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

it("follows its path when the file there is moved or removed, and loses no line", async () => {
  const folder = mkdtempSync(join(tmpdir(), "journal-"));
  const path = join(folder, "access.jsonl");
  const journal = createJsonJournal({ path, lookMs: 0 });
  const moved = (name: string) => join(folder, name);
  for (const name of ["one", "two"]) {
    for (let line = 0; line < 3; line++) journal.note(record(`${name}-${line}`));
    renameSync(path, moved(name));
  }
  journal.note(record("three-0"));
  rmSync(path);
  journal.note(record("four-0"));
  await journal.close();
  const idsIn = (file: string) =>
    readFileSync(file, "utf8")
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { requestId: string }).requestId);
  expect(idsIn(moved("one"))).toEqual(["one-0", "one-1", "one-2"]);
  expect(idsIn(moved("two"))).toEqual(["two-0", "two-1", "two-2"]);
  expect(idsIn(path)).toEqual(["four-0"]);
  rmSync(folder, { recursive: true });
});
