/** What the simulation reads from a lane beside the policy's choice. */
import * as route from "../../route/index.ts";
import { positionOf, rejectReasons, termsAt, type Choices, type Lane, type RejectReason } from "../../route/index.ts";
import type { RejectionReason } from "../measure/measures.ts";
import type { PrefixChain } from "../chance/prefix-chain.ts";

// Of this module, so that they are constants to the compiler: what is imported is fetched and checked at every use.
const { laneTerm } = route;

/** What a sticky rule goes by: the conversation, or the first blocks of a recorded prompt, which its successors share. */
export function stickyKey({ keys, answerJoins }: PrefixChain): number {
  const position = answerJoins ? keys.length - 1 : Math.min(stickyBlocks, keys.length) - 1;
  return keys[position] ?? Number.NaN;
}

/** Far enough into a recorded prompt to be past the system prompt that everybody shares. */
const stickyBlocks = 4;

/** Of the reasons against the sites near by, the one that came last in the order of questions: what was so nearly. */
export function ineligibleReason(lane: Lane): RejectionReason {
  let latest = -1;
  for (const { reason } of lane.rejected) latest = Math.max(latest, rejectReasons.indexOf(reason as RejectReason));
  return latest < 0 ? "no-engine" : rejectReasons[latest]!;
}

/** Position of the group with the shortest round trip; -1 in an empty lane. */
export function nearestOf(lane: Choices): number {
  let nearest = -1;
  let nearestMs = Number.POSITIVE_INFINITY;
  for (let index = 0; index < lane.count; index++) {
    const rttMs = lane.terms[termsAt(lane, index) + laneTerm.rttMs]!;
    if (nearest >= 0 && rttMs >= nearestMs) continue;
    nearest = index;
    nearestMs = rttMs;
  }
  return nearest;
}

/** Round trip of one user to the group, from the distribution the policy decided with. */
export function sampleRtt(lane: Choices, group: number, draw: number): number {
  const { terms } = lane;
  const at = termsAt(lane, positionOf(lane, group));
  return Math.exp(terms[at + laneTerm.mu]! + terms[at + laneTerm.sigma]! * draw);
}
