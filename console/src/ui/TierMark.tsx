import type { Tier } from "../../../src/catalog/index.ts";

/** The mark of a tier as the map draws it: shape and colour. Decorative; the tier's name stands beside it. */
export function TierMark({ tier, size = 12 }: { readonly tier: Tier; readonly size?: number }) {
  return (
    <svg className={`tier-mark tier-${tier}`} width={size} height={size} viewBox="-6 -6 12 12" aria-hidden="true">
      {tier === "core" && <rect x="-4.4" y="-4.4" width="8.8" height="8.8" rx="0.8" />}
      {tier === "regional" && <path d="M0-5.8 5.8 0 0 5.8-5.8 0Z" />}
      {tier === "edge" && <circle r="4.6" />}
    </svg>
  );
}
