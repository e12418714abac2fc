import { describe } from "vitest";
import { createMemoryMesh } from "../../src/adapters/mesh-memory/index.ts";
import { meshContract } from "./mesh.ts";

describe("the control network in memory", () => {
  const network = createMemoryMesh();
  meshContract(() => network.join());
});
