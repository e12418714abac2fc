/**
 * How gateways of one mesh hear of each other's engines: simulated with the same period and meaning as it is done. A report
 * every `reportMs`; four missed ones make load and health unknown; six make a place suspected.
 */
export const reportTimes = { reportMs: 250, unknownAfterMs: 1_000, suspectAfterMs: 1_500 } as const;
