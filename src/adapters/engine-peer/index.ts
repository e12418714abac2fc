export { createPeerEngine } from "./peer-engine.ts";
export { PeerLink, type PeerLinkOptions } from "./peer-link.ts";
