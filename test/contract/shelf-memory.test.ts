import { createMemoryShelf } from "../../src/adapters/shelf-memory/index.ts";
import { shelfContract } from "./shelf.ts";

shelfContract("shelf-memory", (maxBytes) => ({ shelf: createMemoryShelf(maxBytes), close: async () => {} }));
