import { handoverField, type Engine, type Peers, type Seal, type ToldGroup } from "../../serve/index.ts";
import type { PeerLink } from "./peer-link.ts";

export interface PeerEngineOptions {
  readonly peers: Peers;
  readonly group: ToldGroup;
  /** Shared by all engines of the same gateway, and closed by whoever made it. */
  readonly link: PeerLink;
  readonly seal: Seal;
}

/**
 * Engines of another gateway as one engine here. The request goes there with a signed statement of who asks and what was decided;
 * the client's key does not.
 */
export function createPeerEngine({ peers, group, link, seal }: PeerEngineOptions): Engine {
  return {
    start({ requestId, path, body, contentType, handover }, events) {
      const run = group.peer.startedEpochMs;
      if (handover === undefined || run === null) {
        let cancelled = false;
        const failure = { kind: "connect", message: "nothing is known of the gateway that holds the engine" } as const;
        queueMicrotask(() => cancelled || events.end(failure));
        return { cancel: () => void (cancelled = true), pause() {}, resume() {} };
      }
      const bytes = contentType !== undefined;
      const statement = {
        ...handover,
        to: group.peer.name,
        run,
        id: requestId,
        path,
        digest: seal.digest(body, bytes),
      };
      const headers = ["content-type", contentType ?? "application/json", "x-request-id", requestId];
      headers.push(handoverField, peers.handovers.write(statement));
      return link.post({ path, headers, body, bytes }, events);
    },
    signals: () => group.signals(),
    close: async () => {},
  } satisfies Engine;
}
