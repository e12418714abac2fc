import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
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
  journal.note(record("lost-2"));
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(told).toEqual([expect.stringContaining("ENOSPC")]);

  rmSync(path);
  await vi.waitFor(() => {
    journal.note(record("kept"));
    expect(readFileSync(path, "utf8")).toContain("kept");
  });
  await journal.close();
  const [first] = readFileSync(path, "utf8").trim().split("\n");
  expect(JSON.parse(first!)).toMatchObject({ requestId: "kept", droppedLines: expect.any(Number) as number });
  rmSync(folder, { recursive: true });
});
