import { formatQuantity } from "../../units/index.ts";

/** USD without its sign, for sentences: three digits; results carry the plain numbers. */
export function money(usd: number): string {
  return formatQuantity(Math.abs(usd), "USD", { digits: 3 });
}
