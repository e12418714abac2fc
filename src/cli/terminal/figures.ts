/** Figures as people read them in a terminal; results keep the plain numbers. */
export function usd(value: number): string {
  const sign = value < 0 ? "-" : "";
  const size = Math.abs(value);
  for (const [limit, suffix] of [
    [1e12, "T"],
    [1e9, "B"],
    [1e6, "M"],
    [1e3, "k"],
  ] as const) {
    if (size >= limit) return `${sign}$${three(size / limit)}${suffix}`;
  }
  return `${sign}$${three(size)}`;
}

export function percent(ratio: number, digits = 1): string {
  return Number.isFinite(ratio) ? `${(ratio * 100).toFixed(digits)} %` : "–";
}

export function ms(value: number): string {
  if (!Number.isFinite(value)) return "–";
  return value >= 10_000 ? `${three(value / 1000)} s` : `${three(value)} ms`;
}

/** A span of time in years where it is whole ones, else in months. */
export function span(years: number): string {
  const months = years * 12;
  const isWhole = (value: number): boolean => Math.abs(value - Math.round(value)) < 1e-6;
  const [amount, unit] = isWhole(years) || !isWhole(months) ? [years, "year"] : [months, "month"];
  const told = isWhole(amount) ? String(Math.round(amount)) : three(amount);
  return `${told} ${unit}${told === "1" ? "" : "s"}`;
}

/** Electric power; in megawatts a small site would be a fraction behind zeros. */
export function power(kw: number): string {
  return kw < 100 ? `${three(kw)} kW` : `${three(kw / 1000)} MW`;
}

/** Electric energy, likewise. */
export function energy(kwh: number): string {
  return Math.abs(kwh) < 1000 ? `${three(kwh)} kWh` : `${three(kwh / 1000)} MWh`;
}

/** Below this a figure is what is left of a sum of many that cancel, not a quantity. */
const negligible = 5e-7;

/** Three significant digits without an exponent. */
export function three(value: number): string {
  if (Math.abs(value) < negligible) return "0";
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(digits, 6));
}
