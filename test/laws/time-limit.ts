/**
 * A law that fails looks for a smaller case, which can take a thousand times as long as the law itself: cut short, it tells
 * the smallest one found so far instead of seeming to hang. A law that takes as long without failing fails too.
 */
import fc from "fast-check";

/** What was asked for beyond the usual number of cases takes longer in proportion: shares of laws, inputs of fuzz properties. */
const more = Math.max(
  1,
  2 * Number(process.env["DISPERSE_LAW_SHARE"] ?? 0),
  Number(process.env["DISPERSE_FUZZ_INPUTS"] ?? 0) / 1_000,
);
const limitMs = 50_000 * more;

fc.configureGlobal({ interruptAfterTimeLimit: limitMs, markInterruptAsFailure: true });
