import { createMemoryStore } from "../../src/adapters/store-memory/index.ts";
import { storeContract } from "./store.ts";

storeContract("store-memory", async () => createMemoryStore());
