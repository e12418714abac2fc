/**
 * A law that fails looks for a smaller case, which can take a thousand times as long as the law itself: cut short, it tells
 * the smallest one found so far instead of seeming to hang. A law that takes as long without failing fails too.
 */
import fc from "fast-check";

const limitMs = 50_000 * Math.max(1, 2 * Number(process.env["DISPERSE_LAW_SHARE"] ?? 0));

fc.configureGlobal({ interruptAfterTimeLimit: limitMs, markInterruptAsFailure: true });
