import { createMemoryFiles } from "../../src/adapters/files-memory/index.ts";
import { filesContract } from "./files.ts";

filesContract("files-memory", () => {
  const store = createMemoryFiles();
  return { store, reopen: () => store, close() {} };
});
