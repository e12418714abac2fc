/**
 * How many random cases a law is tried on. `npm test` tries a share of them, as it is waited for; `npm run laws` tries
 * many times as many, each time others.
 */
export function runs(cases: number): number {
  return Math.max(1, Math.round(cases * Number(process.env["DISPERSE_LAW_SHARE"] ?? 0.25)));
}
