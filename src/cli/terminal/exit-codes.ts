/** What the process says to the shell when it ends. Documented in docs/guide/cli.md. */
export const exitCodes = {
  ok: 0,
  internal: 1,
  /** `disperse diff --detailed-exitcode`: the plans differ. */
  differs: 2,
  /** Bad input: the scenario, a file or the command line itself. */
  invalid: 3,
  infeasible: 4,
  /** Stopped by time, memory or Ctrl-C with a gap above the one asked for. */
  gapAboveTarget: 5,
  /** `disperse ledger verify`: the chain is broken, or a row does not hold. */
  evidenceFails: 6,
  /** `disperse drain --wait`: requests were still running when the time was up. */
  stillRunning: 7,
  /** Ctrl-C ended a simulation or sweep; what was measured until then has been written. */
  interrupted: 130,
  /** A latency objective was missed in simulation. */
  objectiveMissed: 99,
} as const;

/** Ends a command with words for the user; the code is one of `exitCodes`. */
export class CommandFailure extends Error {
  readonly exitCode: number;

  constructor(exitCode: number, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}
