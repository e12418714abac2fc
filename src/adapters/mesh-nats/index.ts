export { createNatsMesh, type NatsMeshOptions } from "./nats-mesh.ts";
