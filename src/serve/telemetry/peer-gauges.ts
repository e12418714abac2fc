import type { Peers } from "../mesh/peers.ts";
import type { PeerStanding } from "../mesh/peer.ts";
import type { Telemetry } from "../wire/ports.ts";
import { metrics } from "./metrics.ts";

const up: Readonly<Record<PeerStanding, number>> = { fresh: 1, unknown: 0.5, suspected: 0, gone: 0 };

/** Shows what is known of the other gateways of a mesh, and whether the network between them works. */
export class PeerGauges {
  readonly #peers: Peers;
  readonly #telemetry: Telemetry;

  constructor(peers: Peers, telemetry: Telemetry) {
    this.#peers = peers;
    this.#telemetry = telemetry;
  }

  show(nowMs: number): void {
    const telemetry = this.#telemetry;
    telemetry.gauge(metrics.meshConnected, {}).set(this.#peers.networkWorks(nowMs) ? 1 : 0);
    for (const peer of this.#peers.others) {
      const labels = { gateway: peer.name };
      const ageMs = nowMs - peer.trueMs;
      telemetry.gauge(metrics.peerAge, labels).set(Number.isFinite(ageMs) ? ageMs / 1_000 : Number.NaN);
      const isOther = peer.servesOtherPlan;
      telemetry.gauge(metrics.peerPlan, labels).set(isOther === null ? Number.NaN : isOther ? 0 : 1);
      telemetry.gauge(metrics.peerStanding, labels).set(up[peer.standing(nowMs)]);
    }
    for (const [reason, count] of Object.entries(this.#peers.takeRefused()))
      telemetry.counter(metrics.meshRefused, { reason }).add(count);
  }
}
